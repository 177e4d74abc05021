const QUOTE = 0x22
const BACKSLASH = 0x5c

/**
 * Tells when a JSON object or array that arrives in pieces is complete, by counting brackets outside strings.
 * Nothing is kept and nothing is parsed again.
 *
 * A bare number or word has no end of its own, and broken JSON may never have one: both stay incomplete, so
 * that whoever waits falls back on the part's end.
 */
export class JsonDepth {
  #depth = 0
  #inString = false
  #escaped = false
  #complete = false

  push(chunk: string): void {
    for (let at = 0; at < chunk.length; at++) {
      const code = chunk.charCodeAt(at)
      if (this.#inString) {
        if (this.#escaped) this.#escaped = false
        else if (code === BACKSLASH) this.#escaped = true
        else if (code === QUOTE) {
          this.#inString = false
          if (this.#depth === 0) this.#complete = true
        }
        continue
      }
      switch (code) {
        case QUOTE:
          this.#inString = true
          break
        case 0x7b: // {
        case 0x5b: // [
          this.#depth++
          break
        case 0x7d: // }
        case 0x5d: // ]
          if (this.#depth > 0 && --this.#depth === 0) this.#complete = true
          break
      }
    }
  }

  /** True once a first whole value was seen and nothing has been opened since. */
  get complete(): boolean {
    return this.#complete && this.#depth === 0 && !this.#inString
  }
}
