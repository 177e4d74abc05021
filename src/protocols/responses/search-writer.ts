import type { Losses } from '../../ir/dropped.ts'
import { asObject, asString, parseJson } from '../../ir/json.ts'
import type { JsonObject } from '../../ir/json.ts'
import type { ServerToolPart } from '../../ir/part.ts'
import type { ItemPlace, OutputItems } from './output-items.ts'

type Search = { readonly place: ItemPlace; readonly query: string }

/**
 * Shows another vendor's web search as this protocol's own: one item, which begins with what was asked and ends with what
 * was found.
 */
export class SearchWriter {
  readonly #items: OutputItems
  readonly #losses: Losses
  readonly #open = new Map<string, Search>()

  constructor(items: OutputItems, losses: Losses) {
    this.#items = items
    this.#losses = losses
  }

  put(part: ServerToolPart, path: string): void {
    if (part.phase === 'call') {
      this.#losses.approximated(path, `the ${part.name} of another vendor, as this protocol's own`)
      this.#end(part.id)
      this.#begin(part)
      if (part.found !== undefined) this.#end(part.id, part)
      return
    }
    this.#losses.approximated(path, 'what was found, as addresses without titles')
    if (!this.#open.has(part.id)) this.#begin(part)
    this.#end(part.id, part)
  }

  /** Ends searches that nothing more was heard of. */
  endAll(): void {
    for (const id of this.#open.keys()) this.#end(id)
  }

  #begin(part: ServerToolPart): void {
    const query = asString(asObject(parseJson(part.input ?? ''))['query']) ?? ''
    const place = this.#items.add('ws', {
      type: 'web_search_call',
      status: 'in_progress',
      action: { type: 'search', query, queries: [query] },
    })
    this.#items.emit('response.web_search_call.in_progress', place, {})
    this.#items.emit('response.web_search_call.searching', place, {})
    this.#open.set(part.id, { place, query })
  }

  #end(id: string, result?: ServerToolPart): void {
    const search = this.#open.get(id)
    if (search === undefined) return
    this.#open.delete(id)
    const { place, query } = search
    const sources: JsonObject[] = (result?.found ?? []).map(({ url }) => ({ type: 'url', url }))
    const failed = result?.error !== undefined
    this.#items.emit('response.web_search_call.completed', place, {})
    this.#items.done(place, {
      type: 'web_search_call',
      status: failed ? 'failed' : 'completed',
      action: { type: 'search', query, queries: [query], ...(result !== undefined && { sources }) },
    })
  }
}
