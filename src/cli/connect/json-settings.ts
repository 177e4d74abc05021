import { isDeepStrictEqual } from 'node:util'
import { isObject, type JsonObject } from '../../ir/json.ts'
import type { Connection } from './connection.ts'
import { setMember } from './json-edit.ts'

/** A member to set in a JSON settings file. */
export type Member = { readonly path: readonly string[]; readonly value: unknown }

/** Paths of members never hold a slash. */
const keyOf = (path: readonly string[]) => path.join('/')

/**
 * Sets members in a settings file's text and says what stood there. Where an earlier connection wrote what stands there
 * now, what stood before that one counts.
 */
export function connectJson(
  text: string,
  members: readonly Member[],
  earlier: Connection | undefined,
): { readonly text: string; readonly written: JsonObject; readonly previous: JsonObject } {
  const tree = parse(text)
  const written: Record<string, unknown> = {}
  const previous: Record<string, unknown> = {}
  let result = text
  for (const { path, value } of members) {
    const key = keyOf(path)
    const current = at(tree, path)
    const ours =
      earlier !== undefined &&
      Object.hasOwn(earlier.written, key) &&
      isDeepStrictEqual(earlier.written[key], current)
    const before = ours ? earlier.previous[key] : current
    if (before !== undefined) previous[key] = before
    written[key] = value
    if (!isDeepStrictEqual(current, value)) result = setMember(result, path, value)
  }
  return { text: result, written, previous }
}

/** Puts back what a connection replaced, but only where its own values still stand. */
export function disconnectJson(
  text: string,
  connection: Connection,
): { readonly text: string; readonly restored: readonly string[]; readonly kept: readonly string[] } {
  const tree = parse(text)
  const restored: string[] = []
  const kept: string[] = []
  let result = text
  for (const [key, value] of Object.entries(connection.written)) {
    const path = key.split('/')
    const current = at(tree, path)
    if (current === undefined) continue
    if (!isDeepStrictEqual(current, value)) {
      kept.push(path.join('.'))
      continue
    }
    result = setMember(result, path, connection.previous[key])
    restored.push(path.join('.'))
  }
  return { text: withoutEmpty(result, connection), restored, kept }
}

/** An object that was made for our members goes with them. */
function withoutEmpty(text: string, { written, previous }: Connection): string {
  const parents = new Set(
    Object.keys(written).flatMap((key) => (key.includes('/') ? [key.split('/')[0]] : [])),
  )
  let result = text
  for (const parent of parents) {
    if (parent === undefined || Object.keys(previous).some((key) => key.startsWith(`${parent}/`))) continue
    const value = at(parse(result), [parent])
    if (isObject(value) && Object.keys(value).length === 0) result = setMember(result, [parent], undefined)
  }
  return result
}

function parse(text: string): unknown {
  return text.trim() === '' ? {} : JSON.parse(text.replace(/^\uFEFF/, ''))
}

function at(tree: unknown, path: readonly string[]): unknown {
  let value = tree
  for (const step of path) {
    if (!isObject(value) || !Object.hasOwn(value, step)) return undefined
    value = value[step]
  }
  return value
}
