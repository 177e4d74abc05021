import type { Losses } from '../../ir/dropped.ts'
import type { JsonObject } from '../../ir/json.ts'
import type { Citation } from '../../ir/part.ts'
import { encodeCitations } from './reply-parts.ts'

/** The citations of a streamed answer, and where the texts that they belong to stand in the message's content. */
export class ReplyCitations {
  readonly #texts = new Map<number, { readonly offset: number; length: number }>()
  #contentLength = 0
  readonly #citations: { readonly at: number; readonly citation: Citation }[] = []

  text(at: number, text: string): void {
    const known = this.#texts.get(at)
    if (known === undefined) this.#texts.set(at, { offset: this.#contentLength, length: text.length })
    else known.length += text.length
    this.#contentLength += text.length
  }

  cite(at: number, citation: Citation): void {
    this.#citations.push({ at, citation })
  }

  encode(losses: Losses): JsonObject[] {
    return this.#citations.flatMap(({ at, citation }) => {
      const place = this.#texts.get(at) ?? { offset: 0, length: this.#contentLength }
      return encodeCitations([citation], place, `content[${at}]`, losses)
    })
  }
}
