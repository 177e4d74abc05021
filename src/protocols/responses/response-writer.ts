import { GatewayError } from '../../errors.ts'
import type { ModelEvent } from '../../ir/event.ts'
import type { JsonObject } from '../../ir/json.ts'
import type { Extensions, MediaPart, Part, ServerToolPart } from '../../ir/part.ts'
import type { Finish } from '../../ir/response.ts'
import type { Usage } from '../../ir/usage.ts'
import { reportUnshown } from '../openai/report-unshown.ts'
import type { ReplyContext } from '../protocol.ts'
import { ReplyLosses } from '../reply-losses.ts'
import { CallWriter } from './call-writer.ts'
import { itemPrefix } from './compaction.ts'
import { failedError } from './errors.ts'
import { ownFields, reportForeign } from './extensions.ts'
import { encodeFilters, encodeFinish } from './finish.ts'
import { isToldByItsCall } from './hosted-items.ts'
import { MessageWriter } from './message-writer.ts'
import { OutputItems, type StreamDeltas } from './output-items.ts'
import { ReasoningWriter } from './reasoning-writer.ts'
import { responseObject, wantsSeals } from './response-object.ts'
import type { ResponseState } from './response-object.ts'
import { SearchWriter } from './search-writer.ts'
import type { ResponsesEvent, ResponsesItem } from './wire.ts'

/** Writes an answer as this protocol's events, streamed or not. */
export class ResponseWriter {
  readonly #emit: (event: ResponsesEvent) => void
  readonly #context: ReplyContext
  readonly #response: (state: ResponseState) => JsonObject
  readonly #losses: ReplyLosses
  readonly #items: OutputItems
  readonly #messages: MessageWriter
  readonly #reasoning: ReasoningWriter
  readonly #calls: CallWriter
  readonly #searches: SearchWriter
  #begun = false
  #over = false
  #usage: Usage | undefined
  #extra: JsonObject = {}

  /** @param stream writes deltas; absent where nobody reads them */
  constructor(
    context: ReplyContext,
    emit: (event: ResponsesEvent) => void,
    stream: StreamDeltas = () => () => {},
  ) {
    this.#emit = emit
    this.#context = context
    this.#response = responseObject(context)
    this.#losses = new ReplyLosses(context.onDropped)
    const items = new OutputItems(context.id, emit, stream, context.keeper)
    this.#items = items
    this.#messages = new MessageWriter({
      items,
      losses: this.#losses,
      refusals: context.profile === 'codex' ? 'text' : 'refusal',
    })
    this.#reasoning = new ReasoningWriter({ items, wantsSeals: wantsSeals(context) })
    this.#calls = new CallWriter({ items, losses: this.#losses, tools: context.request.tools })
    this.#searches = new SearchWriter(items, this.#losses)
  }

  write(event: ModelEvent): void {
    if (this.#over) return
    this.#event(event)
    this.#losses.tell()
  }

  end(): void {
    if (!this.#over) this.#fail(new GatewayError('upstream-broken', 'the upstream ended its answer early'))
  }

  #event(event: ModelEvent): void {
    if (event.type !== 'ping' && event.type !== 'opaque') this.#begin()
    switch (event.type) {
      case 'response-start':
        this.#keep(event.ext)
        return
      case 'text-start':
      case 'refusal-start':
        reportForeign('output', event.ext, this.#losses)
        this.#endOthers(event.at)
        this.#messages.start(event.at, event.type === 'text-start' ? 'text' : 'refusal', event.ext)
        return
      case 'text-delta':
        this.#messages.say(event.at, 'text', event.text)
        return
      case 'refusal-delta':
        this.#messages.say(event.at, 'refusal', event.text)
        return
      case 'reasoning-start':
        reportForeign('output', event.ext, this.#losses)
        this.#endOthers(event.at)
        this.#messages.giveWay()
        this.#reasoning.start(event.at, event.ext)
        return
      case 'reasoning-delta':
        if (!this.#reasoning.has(event.at) && event.text !== '') {
          this.#messages.giveWay()
          this.#reasoning.start(event.at)
        }
        this.#reasoning.think(event.at, event.text)
        return
      case 'tool-call-start': {
        reportForeign('output', event.ext, this.#losses)
        this.#startCall(event.at, event)
        return
      }
      case 'tool-call-delta':
        this.#calls.input(event.at, event.input)
        return
      case 'part-end':
        reportForeign('output', event.ext, this.#losses)
        if (this.#messages.has(event.at)) this.#messages.end(event.at, event.ext)
        if (this.#reasoning.has(event.at)) this.#reasoning.end(event.at, event.seal, event.ext)
        else if (event.seal !== undefined)
          this.#losses.foreignSeal(`output[${event.at}]`, 'Responses has no field for a seal on a call')
        this.#calls.end(event.at)
        return
      case 'part':
        this.#part(event.at, event.part)
        return
      case 'annotation':
        this.#messages.cite(event.at, event.citation)
        return
      case 'usage':
        this.#usage = { ...this.#usage, ...event.usage }
        return
      case 'response-end':
        this.#finish(event.finish, event.ext)
        return
      case 'error':
        this.#fail(event.error)
        return
      case 'ping':
      case 'opaque':
        return
      default:
        event satisfies never
    }
  }

  /** The official SDK wants `response.created` before anything else, before an error too. */
  #begin(): void {
    if (this.#begun) return
    this.#begun = true
    const response = this.#response({ status: 'in_progress', output: [] })
    this.#emit({ type: 'response.created', response })
    this.#emit({ type: 'response.in_progress', response })
  }

  /** A number that starts again as another kind of part has ended, whether or not the decoder said so. */
  #endOthers(at: number): void {
    this.#messages.end(at)
    this.#reasoning.end(at)
    this.#calls.end(at)
  }

  #startCall(at: number, called: Parameters<CallWriter['start']>[1]): void {
    if (this.#calls.starts(at, called)) {
      this.#messages.end(at)
      this.#reasoning.end(at)
      this.#messages.giveWay()
    }
    this.#calls.start(at, called)
  }

  #part(at: number, part: Part): void {
    const path = `output[${at}]`
    switch (part.kind) {
      case 'text':
      case 'refusal':
        reportForeign(path, part.ext, this.#losses)
        this.#endOthers(at)
        this.#messages.start(at, part.kind, part.ext)
        this.#messages.say(at, part.kind, part.text)
        if (part.kind === 'text')
          for (const citation of part.citations ?? []) this.#messages.cite(at, citation)
        this.#messages.end(at)
        return
      case 'reasoning':
        reportForeign(path, part.ext, this.#losses)
        this.#messages.giveWay()
        this.#reasoning.put(part)
        return
      case 'tool-call':
        reportForeign(path, part.ext, this.#losses)
        if (!this.#calls.has(at)) {
          this.#startCall(at, part)
          this.#calls.input(at, part.input)
          this.#calls.end(at)
        }
        return
      case 'server-tool':
        this.#serverTool(part, path)
        return
      case 'media':
        this.#picture(part, path)
        return
      case 'opaque':
        if (part.origin === 'responses') this.#putItem(part.value, itemPrefix(part.value))
        else if (part.text === undefined) reportUnshown(part, path, 'Responses', this.#losses)
        else {
          this.#losses.approximated(path, `${part.origin} part, kept as its text`)
          this.#part(at, { kind: 'text', text: part.text })
        }
        return
      case 'tool-result':
      case 'tool-reference':
        reportUnshown(part, path, 'Responses', this.#losses)
        return
      default:
        part satisfies never
    }
  }

  #serverTool(part: ServerToolPart, path: string): void {
    if (isToldByItsCall(part)) return
    if (part.origin === 'responses') this.#putItem(part.value, 'item')
    else if (part.tool === 'web-search') {
      this.#messages.giveWay()
      this.#searches.put(part, path)
    } else reportUnshown(part, path, 'Responses', this.#losses)
  }

  /** A picture is what this protocol's own tool would have made. */
  #picture(part: MediaPart, path: string): void {
    const { media, source } = part
    if (media !== 'image' || source.type !== 'base64') {
      reportUnshown(part, path, 'Responses', this.#losses)
      return
    }
    const own = ownFields(part.ext)['image_generation_call']
    const made = own ?? { status: 'completed', output_format: source.mimeType.replace('image/', '') }
    this.#putItem({ ...(made as JsonObject), type: 'image_generation_call', result: source.data }, 'ig')
  }

  #putItem(item: JsonObject, prefix: string): void {
    this.#messages.giveWay()
    this.#items.put(prefix, item as ResponsesItem)
  }

  #keep(ext: Extensions | undefined): void {
    reportForeign('', ext, this.#losses)
    this.#extra = { ...this.#extra, ...ownFields(ext) }
  }

  #endAll(): void {
    this.#reasoning.endAll()
    this.#calls.endAll()
    this.#searches.endAll()
    this.#messages.endAll()
  }

  #finish(finish: Finish, ext: Extensions | undefined): void {
    this.#keep(ext)
    const { detail } = finish
    if (finish.reason === 'refusal' && !this.#messages.refused && detail?.explanation !== undefined)
      this.#part(-1, { kind: 'refusal', text: detail.explanation })
    this.#endAll()
    const { status, reason } = encodeFinish(finish, {
      calls: this.#calls.any,
      refusal: this.#messages.refused,
    })
    this.#extra = { ...encodeFilters(finish), ...this.#extra }
    if (this.#context.profile === 'codex' && reason !== undefined) this.#finishForCodex(reason, detail)
    else this.#terminate({ status, ...(reason !== undefined && { incompleteReason: reason }) })
  }

  /** Any incomplete answer is an error to Codex, and retried: what was cut short is whole enough, a filter is final. */
  #finishForCodex(reason: 'max_output_tokens' | 'content_filter', detail: Finish['detail']): void {
    if (reason === 'max_output_tokens') this.#terminate({ status: 'completed' })
    else
      this.#terminate({
        status: 'failed',
        error: {
          code: 'invalid_prompt',
          message: detail?.explanation ?? 'The answer was cut off by a content filter.',
        },
      })
  }

  #fail(error: GatewayError): void {
    this.#begin()
    this.#endAll()
    this.#terminate({ status: 'failed', error: failedError(error) })
  }

  #terminate(end: Omit<ResponseState, 'output' | 'usage' | 'extra'>): void {
    this.#over = true
    const response = this.#response({
      ...end,
      output: this.#items.list,
      ...(this.#usage !== undefined && { usage: this.#usage }),
      extra: this.#extra,
    })
    if (end.status !== 'failed') this.#context.keeper?.answer(`resp_${this.#context.id}`, this.#items.list)
    this.#emit({ type: `response.${end.status}`, response })
    this.#losses.tell()
  }
}
