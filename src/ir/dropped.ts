import type { JsonObject } from './json.ts'

/**
 * One loss on the way from one protocol to another.
 *
 * - `unsupported`: the target has no equivalent; it was left out
 * - `approximated`: it arrived in another form (an error flag as text, a budget as an effort level)
 * - `foreign-seal`: reasoning sealed by another issuer, or a forged envelope
 * - `foreign-extension`: a field of the source protocol that the IR does not model
 */
export type Dropped = {
  /** Where it stood in the client's request, e.g. `messages[3].content[1].citations`. */
  readonly path: string
  readonly reason: 'unsupported' | 'approximated' | 'foreign-seal' | 'foreign-extension'
  readonly note?: string
  /**
   * True for a loss of content (a part, a tool, an instruction), which `lossy: reject` refuses; hints
   * (cache marks, tiers, user ids) and faithful approximations are not content.
   */
  readonly content?: true
}

/** What an encoder made, and what it could not carry. */
export type Encoded<W> = { readonly body: W; readonly dropped: readonly Dropped[] }

/** Collects losses while an encoder walks a request. */
export class Losses {
  readonly #list: Dropped[] = []

  /** The target has no equivalent: left out. */
  unsupported(path: string, note?: string): void {
    this.#list.push({ path, reason: 'unsupported', ...(note !== undefined && { note }) })
  }

  /** Content that the target cannot carry: left out, and refused under `lossy: reject`. */
  content(path: string, note?: string): void {
    this.#list.push({ path, reason: 'unsupported', content: true, ...(note !== undefined && { note }) })
  }

  /** Arrived in another form. */
  approximated(path: string, note?: string): void {
    this.#list.push({ path, reason: 'approximated', ...(note !== undefined && { note }) })
  }

  foreignSeal(path: string, note?: string): void {
    this.#list.push({ path, reason: 'foreign-seal', ...(note !== undefined && { note }) })
  }

  /** Records every field of `ext` as `path.field`. */
  foreignExtension(path: string, ext: JsonObject | undefined): void {
    if (ext === undefined) return
    for (const key of Object.keys(ext)) {
      this.#list.push({ path: path === '' ? key : `${path}.${key}`, reason: 'foreign-extension' })
    }
  }

  add(...losses: readonly Dropped[]): void {
    this.#list.push(...losses)
  }

  get list(): readonly Dropped[] {
    return this.#list
  }
}
