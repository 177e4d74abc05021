import type { Part } from '../ir/part.ts'
import type { Exchange } from './exchange.ts'
import type { Needs } from './target.ts'

/** Words without which no client's protocol can hold a document, or ask for a search. */
const DOCUMENTS = ['"document"', '"file"', '"input_file"']
const WEB_SEARCH = 'web_search'

/**
 * What a request needs of the protocol that carries it, found out when asked. A look at the bytes comes first: most
 * requests hold no such thing, and on passthrough the body would not be decoded otherwise.
 */
export class ExchangeNeeds implements Needs {
  readonly #exchange: Exchange

  constructor(exchange: Exchange) {
    this.#exchange = exchange
  }

  get tools(): boolean {
    return this.#exchange.outlinedRequest.tools.length > 0
  }

  get reasoning(): boolean {
    const { reasoning } = this.#exchange.outlinedRequest
    return reasoning?.mode !== 'disabled' && reasoning?.effort !== 'none'
  }

  get documents(): boolean {
    if (!DOCUMENTS.some((word) => this.#mentions(word))) return false
    return this.#exchange.outlinedRequest.turns.some((turn) => turn.parts.some(isDocument))
  }

  get webSearch(): boolean {
    return (
      this.#mentions(WEB_SEARCH) &&
      this.#exchange.outlinedRequest.tools.some((tool) => tool.kind === 'web-search')
    )
  }

  /** False when the word stands nowhere but within long texts, which say nothing to the gateway. */
  #mentions(word: string): boolean {
    const { call, outline } = this.#exchange
    return outline?.mentions(word) ?? call.body.includes(word)
  }
}

/** Documents that travel as files; plain text becomes text anywhere. */
function isDocument(part: Part): boolean {
  if (part.kind === 'tool-result') return part.content.some(isDocument)
  return part.kind === 'media' && part.media === 'document' && part.source.type !== 'text'
}
