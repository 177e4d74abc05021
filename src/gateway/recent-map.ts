/** How much is kept; without a limit that is not said. */
export type RecentLimits = {
  readonly entries?: number
  /** All entries together, in the unit of the map's measure. */
  readonly size?: number
}

/** A map that holds so much and forgets what was set or used longest ago. It is gone through from there on. */
export class RecentMap<Value> {
  readonly #limits: Required<RecentLimits>
  readonly #sizeOf: (value: Value, key: string) => number
  readonly #entries = new Map<string, Value>()
  #size = 0

  constructor(limits: RecentLimits, sizeOf: (value: Value, key: string) => number = () => 0) {
    this.#limits = { entries: Infinity, size: Infinity, ...limits }
    this.#sizeOf = sizeOf
  }

  get count(): number {
    return this.#entries.size
  }

  /** The value, without counting as a use. */
  get(key: string): Value | undefined {
    return this.#entries.get(key)
  }

  /** The value, which becomes the youngest. */
  use(key: string): Value | undefined {
    const value = this.#entries.get(key)
    if (value === undefined) return undefined
    this.#entries.delete(key)
    this.#entries.set(key, value)
    return value
  }

  set(key: string, value: Value): void {
    this.delete(key)
    this.#entries.set(key, value)
    this.#size += this.#sizeOf(value, key)
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= this.#limits.entries && this.#size <= this.#limits.size) break
      this.delete(oldest)
    }
  }

  delete(key: string): void {
    const value = this.#entries.get(key)
    if (value === undefined) return
    this.#size -= this.#sizeOf(value, key)
    this.#entries.delete(key)
  }

  [Symbol.iterator](): MapIterator<[string, Value]> {
    return this.#entries.entries()
  }
}
