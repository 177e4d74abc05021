import { asArray, isObject } from '../../ir/json.ts'
import type { JsonObject } from '../../ir/json.ts'
import { camelFields } from './fields.ts'

/** Longest list that a path may make. */
const MOST_ITEMS = 10_000

type Step = string | number

/**
 * Arguments that come in pieces (Vertex, `streamFunctionCallArguments`): each piece names a place by its JSON path and
 * gives a value for it, or more of a string that is there already.
 */
export class PartialArguments {
  /** Without a prototype: a path may name anything. */
  #root: Record<string, unknown> = Object.create(null) as Record<string, unknown>

  push(pieces: unknown): void {
    for (const piece of asArray(pieces).filter(isObject)) {
      const { jsonPath, stringValue, numberValue, boolValue, nullValue } = camelFields(piece)
      const value = stringValue ?? numberValue ?? boolValue ?? (nullValue === undefined ? undefined : null)
      if (typeof jsonPath === 'string' && value !== undefined) this.#put(stepsOf(jsonPath), value)
    }
  }

  /** Arguments that came whole. */
  take(args: JsonObject): void {
    Object.assign(this.#root, args)
  }

  get json(): string {
    return JSON.stringify(this.#root)
  }

  #put(steps: readonly Step[], value: unknown): void {
    let at: Record<Step, unknown> = this.#root
    for (const [index, step] of steps.entries()) {
      if (typeof step === 'number' && (!Array.isArray(at) || step > MOST_ITEMS)) return
      if (typeof step === 'string' && Array.isArray(at)) return
      const next = steps[index + 1]
      const known = at[step]
      if (next === undefined) {
        at[step] = typeof known === 'string' && typeof value === 'string' ? known + value : value
        return
      }
      if (typeof known !== 'object' || known === null)
        at[step] = typeof next === 'number' ? [] : Object.create(null)
      at = at[step] as Record<Step, unknown>
    }
  }
}

/** `$.recipe.items[0]['the name']` as its steps. */
function stepsOf(path: string): readonly Step[] {
  const found = path.matchAll(/\[(\d+)\]|\['((?:[^'\\]|\\.)*)'\]|\["((?:[^"\\]|\\.)*)"\]|\.?([^.[\]$]+)/g)
  return [...found].map(([, index, single, double, name]) =>
    index === undefined ? (single ?? double ?? name ?? '') : Number(index),
  )
}
