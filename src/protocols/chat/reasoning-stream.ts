import type { ModelEvent } from '../../ir/event.ts'
import { asArray, asNumber, asString, isObject } from '../../ir/json.ts'
import type { JsonObject } from '../../ir/json.ts'
import type { Seal } from '../../ir/seal.ts'
import type { Sink } from '../../stream/sink.ts'
import { decodeDetails, isOwnDetail, mergeDetail, sealOfDetails, textOfDetail } from './reasoning-details.ts'

/** Reads reasoning from deltas: a readable field of either name, and `reasoning_details` beside or instead of it. */
export class ReasoningStream {
  readonly #out: Sink<ModelEvent>
  readonly #nextPart: () => number
  /** The open part's number. */
  #at: number | undefined
  /** Details of the open part; without a part, ciphertext that nothing readable came with. */
  #details: JsonObject[] = []
  /** The `index` that the details share. */
  #index: number | undefined

  constructor(out: Sink<ModelEvent>, nextPart: () => number) {
    this.#out = out
    this.#nextPart = nextPart
  }

  push(delta: JsonObject): void {
    const plain = asString(delta['reasoning_content']) || asString(delta['reasoning']) || ''
    const details = asArray(delta['reasoning_details']).filter(isObject)
    if (details.some(isOwnDetail)) {
      this.#own(details, plain)
      return
    }
    // OpenRouter repeats the readable text of the details in `reasoning`.
    if (!details.some((detail) => textOfDetail(detail) !== '')) this.text(plain)
    for (const detail of details) this.#detail(detail)
  }

  /** Readable reasoning that belongs to the open part, or opens one. */
  text(text: string): void {
    if (text === '') return
    if (this.#at === undefined) {
      this.#at = this.#nextPart()
      this.#out.write({ type: 'reasoning-start', at: this.#at })
    }
    this.#out.write({ type: 'reasoning-delta', at: this.#at, text })
  }

  /** Ends the open part, with what seals it. */
  end(): void {
    const seal = sealOfDetails(this.#details)
    this.#details = []
    this.#index = undefined
    if (this.#at !== undefined) this.#close(seal)
    else if (seal !== undefined) this.#redacted(seal)
  }

  #detail(detail: JsonObject): void {
    const index = asNumber(detail['index']) ?? this.#index
    if (this.#index !== undefined && index !== this.#index) this.end()
    this.#index = index
    mergeDetail(this.#details, detail)
    this.text(textOfDetail(detail))
  }

  /** Another Dragoman upstream: its seals stand beside the text that it already streamed. */
  #own(details: readonly JsonObject[], plain: string): void {
    if (plain === '' && this.#at !== undefined) {
      const value = details
        .map((detail) => asString(detail['signature']))
        .find((found) => found !== undefined)
      this.#close(value === undefined ? undefined : { value })
      return
    }
    for (const part of decodeDetails(details, plain).parts) {
      if (part.redacted && part.seal !== undefined) this.#redacted(part.seal)
      else {
        const at = this.#nextPart()
        this.#out.write({ type: 'reasoning-start', at })
        if (part.text !== '') this.#out.write({ type: 'reasoning-delta', at, text: part.text })
        this.#at = at
        this.#close(part.seal)
      }
    }
  }

  #close(seal: Seal | undefined): void {
    if (this.#at === undefined) return
    this.#out.write({ type: 'part-end', at: this.#at, ...(seal !== undefined && { seal }) })
    this.#at = undefined
  }

  #redacted(seal: Seal): void {
    this.#out.write({
      type: 'part',
      at: this.#nextPart(),
      part: { kind: 'reasoning', text: '', redacted: true, seal },
    })
  }
}
