import type { JsonObject } from '../../ir/json.ts'

/**
 * Gathers fields of chunks that the IR does not model: lists grow, everything else is replaced by the latest, null is
 * nothing. What a whole answer says at once and what its stream says in pieces comes out alike.
 */
export class UnknownFields {
  readonly #fields: Record<string, unknown> = {}
  #taken = new Set<string>()

  add(key: string, value: unknown): void {
    if (value === null || value === undefined) return
    const known = this.#fields[key]
    this.#fields[key] = Array.isArray(known) && Array.isArray(value) ? [...known, ...value] : value
    this.#taken.delete(key)
  }

  get(key: string): unknown {
    return this.#fields[key]
  }

  /** The fields that are new or changed since the last time. */
  take(): JsonObject {
    const out: Record<string, unknown> = {}
    for (const [key, value] of Object.entries(this.#fields)) if (!this.#taken.has(key)) out[key] = value
    this.#taken = new Set(Object.keys(this.#fields))
    return out
  }
}
