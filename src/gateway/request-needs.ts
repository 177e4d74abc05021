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
    return this.#exchange.request.tools.length > 0
  }

  get reasoning(): boolean {
    const { reasoning } = this.#exchange.request
    return reasoning?.mode !== 'disabled' && reasoning?.effort !== 'none'
  }

  get documents(): boolean {
    const { call } = this.#exchange
    if (!DOCUMENTS.some((word) => call.body.includes(word))) return false
    return this.#exchange.request.turns.some((turn) => turn.parts.some(isDocument))
  }

  get webSearch(): boolean {
    const { call } = this.#exchange
    return (
      call.body.includes(WEB_SEARCH) &&
      this.#exchange.request.tools.some((tool) => tool.kind === 'web-search')
    )
  }
}

/** Documents that travel as files; plain text becomes text anywhere. */
function isDocument(part: Part): boolean {
  if (part.kind === 'tool-result') return part.content.some(isDocument)
  return part.kind === 'media' && part.media === 'document' && part.source.type !== 'text'
}
