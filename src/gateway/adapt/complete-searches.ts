import type { Citation, ProtocolId, ServerToolPart } from '../../ir/part.ts'
import type { ModelEvent } from '../../ir/event.ts'
import type { Usage } from '../../ir/usage.ts'
import type { Sink, Stage } from '../../stream/sink.ts'
import { lastQuestion } from '../no-web-search.ts'
import type { Adapt } from './adaptation.ts'

type PartEvent = Extract<ModelEvent, { type: 'part' }>

/**
 * For clients that read what a search found as a result of its call. OpenAI names its sources without their titles, if at
 * all, and search models on Chat only cite: such a result waits for the citations, which complete it at the end of the
 * answer, or is made of them. Agents list what was found by title, and take a call without a result for a search that
 * was never made.
 */
export function completeSearches(origin: ProtocolId): Adapt {
  return (request) => {
    if (!request.tools.some((tool) => tool.kind === 'web-search')) return { request }
    // Read here: the stage lives as long as its stream, the request need not.
    const question = lastQuestion(request)
    const restore: Stage<ModelEvent, ModelEvent> = (out) => new SearchCompletion(out, { origin, question })
    return { request, restore }
  }
}

type Context = { readonly origin: ProtocolId; readonly question: string }

class SearchCompletion implements Sink<ModelEvent> {
  readonly #out: Sink<ModelEvent>
  readonly #context: Context
  /** Calls whose result has not been told. */
  readonly #pending = new Map<string, string>()
  /** Titles by address. */
  readonly #cited = new Map<string, string>()
  /** Results with pages that have no title yet. */
  readonly #waiting: PartEvent[] = []
  #searches = 0
  #parts = 0
  #usage: Usage | undefined

  constructor(out: Sink<ModelEvent>, context: Context) {
    this.#out = out
    this.#context = context
  }

  write(event: ModelEvent): void {
    if ('at' in event) this.#parts = Math.max(this.#parts, event.at + 1)
    if (event.type === 'usage') this.#usage = { ...this.#usage, ...event.usage }
    if (event.type === 'annotation') this.#cite(event.citation)
    if (event.type === 'part' && event.part.kind === 'text')
      event.part.citations?.forEach((citation) => this.#cite(citation))
    if (event.type === 'response-end') this.#complete()
    if (event.type === 'error') this.#release()
    if (event.type !== 'part' || this.#follow(event)) this.#out.write(event)
  }

  end(): void {
    this.#out.end()
  }

  #cite({ kind, url, title = '' }: Citation): void {
    if (kind === 'web' && url !== undefined && !this.#cited.get(url)) this.#cited.set(url, title)
  }

  /** False for a result that is to be told later: it tells nothing yet, or not by title. */
  #follow(event: PartEvent): boolean {
    const { part } = event
    if (part.kind !== 'server-tool' || part.tool !== 'web-search') return true
    const { phase, id, name, found, error } = part
    const isTold = found !== undefined || error !== undefined
    if (phase === 'call') this.#searches++
    if (phase === 'call' && !isTold) this.#pending.set(id, name)
    else if (isTold) this.#pending.delete(id)
    if (phase === 'call') return true
    const isUntitled = found?.some(({ title }) => title === '') === true
    if (isUntitled) this.#waiting.push(event)
    return isTold && !isUntitled
  }

  /** In its own place: a whole answer is put together by the numbers of its parts. */
  #release(): void {
    for (const { part, ...event } of this.#waiting.splice(0)) {
      if (part.kind !== 'server-tool') continue
      const found = part.found?.map((page) => ({
        ...page,
        title: page.title || (this.#cited.get(page.url) ?? ''),
      }))
      this.#out.write({ ...event, part: { ...part, ...(found !== undefined && { found }) } })
    }
  }

  #complete(): void {
    this.#release()
    if (this.#searches === 0 && this.#cited.size > 0) this.#call()
    // Which of several searches found what nobody says: all is told with the last one.
    const last = [...this.#pending.keys()].at(-1)
    const pages = [...this.#cited].map(([url, title]) => ({ url, title }))
    for (const [id, name] of this.#pending)
      this.#tell({ phase: 'result', id, name, found: id === last ? pages : [] })
  }

  /** A search that only its citations tell of. */
  #call(): void {
    const input = JSON.stringify({ query: this.#context.question })
    this.#tell({ phase: 'call', id: 'search', name: 'web_search', input })
    this.#pending.set('search', 'web_search')
    if (this.#usage !== undefined)
      this.#out.write({ type: 'usage', usage: { ...this.#usage, webSearches: 1 } })
  }

  #tell(said: Pick<ServerToolPart, 'phase' | 'id' | 'name' | 'input' | 'found'>): void {
    const part = {
      kind: 'server-tool',
      tool: 'web-search',
      ...said,
      origin: this.#context.origin,
      value: {},
    } as const
    this.#out.write({ type: 'part', at: this.#parts++, part })
  }
}
