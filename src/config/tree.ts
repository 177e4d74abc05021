import { asObject, type JsonObject } from '../ir/json.ts'
import type { Path } from './issues.ts'

/** The value at a path; undefined when there is none. */
export function valueAt(tree: unknown, path: Path): unknown {
  let value = tree
  for (const step of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined
    value = (value as Readonly<Record<string | number, unknown>>)[step]
  }
  return value
}

/** A copy of the tree with the value at the path replaced; sections on the way are made. */
export function replaceAt(tree: JsonObject, path: Path, value: unknown): JsonObject {
  return replaceIn(tree, path, value) as JsonObject
}

function replaceIn(tree: unknown, path: Path, value: unknown): unknown {
  const [step, ...rest] = path
  if (step === undefined) return value
  if (Array.isArray(tree)) {
    return tree.map((item, index) => (index === step ? replaceIn(item, rest, value) : item))
  }
  const object = asObject(tree)
  return { ...object, [step]: replaceIn(object[step], rest, value) }
}
