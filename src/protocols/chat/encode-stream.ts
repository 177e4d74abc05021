import type { GatewayError } from '../../errors.ts'
import type { ModelEvent } from '../../ir/event.ts'
import { asObject, compact } from '../../ir/json.ts'
import type { JsonObject } from '../../ir/json.ts'
import type { Extensions, Part } from '../../ir/part.ts'
import type { Finish } from '../../ir/response.ts'
import { filterVerdicts } from '../content-filter.ts'
import type { Seal } from '../../ir/seal.ts'
import type { Usage } from '../../ir/usage.ts'
import { deltaFrame, type WriteDelta } from '../../stream/delta-frame.ts'
import type { Stage } from '../../stream/sink.ts'
import type { FrameSink, SseEvent } from '../../stream/sse.ts'
import { reportUnshown } from '../openai/report-unshown.ts'
import type { ReplyContext } from '../protocol.ts'
import type { ReplyLosses } from '../reply-losses.ts'
import { replyStage } from '../reply-stage.ts'
import type { ReplyWriter } from '../reply-stage.ts'
import { CallWriter } from './call-writer.ts'
import { AFTER_DELTA, BEFORE_DELTA, chunkHead, headWith } from './chunk-text.ts'
import { errorBody } from './errors.ts'
import { reportForeign } from './extensions.ts'
import { encodeFinish } from './finish.ts'
import { encodeDetail } from './reasoning-details.ts'
import { ReplyCitations } from './reply-citations.ts'
import { encodeReplyMedia } from './reply-parts.ts'
import { encodeUsage } from './usage.ts'

/** A stream for a Chat client: a role first, one finish chunk, usage when asked for, `[DONE]`; or an error. */
export function encodeStream(context: ReplyContext): Stage<ModelEvent, SseEvent> {
  return replyStage(context, (out, losses) => new ChunkWriter(out, context, losses))
}

class ChunkWriter implements ReplyWriter {
  readonly #out: FrameSink
  readonly #context: ReplyContext
  readonly #losses: ReplyLosses
  readonly #calls: CallWriter
  /** What every chunk begins with, as JSON text up to its choices. */
  #head = ''
  #writeText: WriteDelta | undefined
  #writeThought: WriteDelta | undefined
  #begun = false
  #over = false
  readonly #citations = new ReplyCitations()
  readonly #thoughts = new Map<number, { readonly index: number; text: string }>()
  #thoughtCount = 0
  readonly #openTexts = new Set<number>()
  #refusal = ''
  /** Refusal that came while a text was open: Chat has one of each, and readers put the text first. */
  #heldRefusal = ''
  #usage: Usage | undefined

  constructor(out: FrameSink, context: ReplyContext, losses: ReplyLosses) {
    this.#out = out
    this.#context = context
    this.#losses = losses
    this.#calls = new CallWriter({
      form: context.request.legacyFunctions === true ? 'function_call' : 'tool_calls',
      losses: this.#losses,
      delta: (delta) => this.#delta(delta),
      stream: (before, after) => this.#stream(before, after),
    })
  }

  get isOver(): boolean {
    return this.#over
  }

  event(event: ModelEvent): void {
    switch (event.type) {
      case 'response-start':
        this.#begin(event.ext)
        return
      case 'text-start':
        this.#openTexts.add(event.at)
        reportForeign('content', event.ext, this.#losses)
        return
      case 'refusal-start':
        reportForeign('content', event.ext, this.#losses)
        return
      case 'reasoning-start':
        reportForeign('reasoning', event.ext, this.#losses)
        this.#thought(event.at)
        return
      case 'text-delta':
        this.#text(event.at, event.text)
        return
      case 'reasoning-delta':
        this.#thought(event.at).text += event.text
        if (event.text !== '') this.#think(event.text)
        return
      case 'refusal-delta':
        if (this.#openTexts.size > 0) this.#heldRefusal += event.text
        else this.#refuse(event.text)
        return
      case 'tool-call-start':
        reportForeign('tool_calls', event.ext, this.#losses)
        this.#calls.start(event.at, event)
        return
      case 'tool-call-delta':
        this.#calls.input(event.at, event.input)
        return
      case 'part-end':
        reportForeign('content', event.ext, this.#losses)
        this.#endPart(event.at, event.seal)
        return
      case 'part':
        this.#part(event.at, event.part)
        return
      case 'annotation':
        this.#citations.cite(event.at, event.citation)
        return
      case 'usage':
        this.#usage = { ...this.#usage, ...event.usage }
        return
      case 'response-end':
        this.#finish(event.finish, event.ext)
        return
      case 'error':
        this.fail(event.error)
        return
      case 'opaque':
        this.#opaque(event.value)
        return
      case 'ping':
        return
      default:
        event satisfies never
    }
  }

  /** The first chunk says who speaks. Its content is null until there is some, as clients want it beside calls. */
  #begin(ext?: Extensions): void {
    if (this.#begun) return
    this.#begun = true
    reportForeign('', ext, this.#losses)
    const { service_tier, system_fingerprint, ...once } = ext?.chat ?? {}
    this.#head = chunkHead(this.#context, { service_tier, system_fingerprint })
    this.#delta({ role: 'assistant', content: null, refusal: null }, once)
  }

  #text(at: number, text: string): void {
    this.#citations.text(at, text)
    if (text === '') return
    this.#writeText ??= this.#stream('{"content":', '}')
    this.#writeText(text)
  }

  #think(text: string): void {
    this.#writeThought ??= this.#stream('{"reasoning_content":', '}')
    this.#writeThought(text)
  }

  #thought(at: number): { readonly index: number; text: string } {
    const known = this.#thoughts.get(at)
    if (known !== undefined) return known
    const thought = { index: this.#thoughtCount++, text: '' }
    this.#thoughts.set(at, thought)
    return thought
  }

  #refuse(text: string): void {
    if (text === '') return
    this.#refusal += text
    this.#delta({ refusal: text })
  }

  #endText(at: number): void {
    this.#openTexts.delete(at)
    if (this.#openTexts.size > 0 || this.#heldRefusal === '') return
    const held = this.#heldRefusal
    this.#heldRefusal = ''
    this.#refuse(held)
  }

  #endPart(at: number, seal: Seal | undefined): void {
    if (this.#openTexts.has(at)) this.#endText(at)
    const thought = this.#thoughts.get(at)
    if (thought !== undefined) {
      this.#thoughts.delete(at)
      const detail = encodeDetail(
        { kind: 'reasoning', text: thought.text, ...compact({ seal }) },
        thought.index,
      )
      if (detail !== undefined) this.#delta({ reasoning_details: [detail] })
      return
    }
    this.#calls.end(at, seal)
  }

  #part(at: number, part: Part): void {
    reportForeign('content', part.ext, this.#losses)
    switch (part.kind) {
      case 'text':
        this.#text(at, part.text)
        for (const citation of part.citations ?? []) this.#citations.cite(at, citation)
        return
      case 'reasoning': {
        if (part.text !== '') this.#think(part.text)
        const detail = encodeDetail(part, this.#thoughtCount++)
        if (detail !== undefined) this.#delta({ reasoning_details: [detail] })
        return
      }
      case 'refusal':
        this.#refuse(part.text)
        return
      case 'tool-call':
        if (this.#calls.has(at)) return
        this.#calls.start(at, part)
        this.#calls.input(at, part.input)
        this.#calls.end(at, part.seal)
        return
      case 'media': {
        const media = encodeReplyMedia(part)
        if (media === undefined) reportUnshown(part, `content[${at}]`, 'Chat Completions', this.#losses)
        else this.#delta(media)
        return
      }
      case 'server-tool':
      case 'tool-result':
      case 'tool-reference':
      case 'opaque':
        reportUnshown(part, `content[${at}]`, 'Chat Completions', this.#losses)
        return
      default:
        part satisfies never
    }
  }

  /** Chunks of a Chat upstream's other choices. */
  #opaque(value: JsonObject): void {
    const { choices } = value
    if (!Array.isArray(choices)) return
    this.#begin()
    this.#data(`${this.#head},"choices":${JSON.stringify(choices)}}`)
  }

  #finish(finish: Finish, ext: Extensions | undefined): void {
    this.#begin()
    reportForeign('', ext, this.#losses)
    const { choice, message, ...top } = ext?.chat ?? {}
    for (const at of this.#openTexts) this.#endText(at)
    this.#calls.endAll()
    const { detail } = finish
    if (finish.reason === 'refusal' && this.#refusal === '' && detail?.explanation !== undefined)
      this.#delta({ refusal: detail.explanation })
    const said = { ...asObject(message), ...this.#annotations(message) }
    if (Object.keys(said).length > 0) this.#delta(said)
    const reason = encodeFinish(finish, {
      calls: this.#calls.any,
      refusal: this.#refusal !== '',
      complete: this.#calls.complete,
      legacy: this.#context.request.legacyFunctions === true,
    })
    const last = {
      index: 0,
      delta: {},
      logprobs: null,
      ...filterVerdicts(finish),
      ...asObject(choice),
      finish_reason: reason,
    }
    this.#data(`${headWith(this.#head, top)},"choices":[${JSON.stringify(last)}]}`)
    if (this.#usage !== undefined && this.#context.request.streamUsage !== false)
      this.#data(`${this.#head},"choices":[],"usage":${JSON.stringify(encodeUsage(this.#usage))}}`)
    this.#data('[DONE]')
    this.#over = true
  }

  #annotations(message: unknown): { readonly annotations?: readonly unknown[] } {
    const cited = this.#citations.encode(this.#losses)
    const others = asObject(message)['annotations']
    const all = [...(Array.isArray(others) ? others : []), ...cited]
    return all.length === 0 ? {} : { annotations: all }
  }

  fail(error: GatewayError): void {
    this.#over = true
    this.#data(JSON.stringify(errorBody(error)))
  }

  #delta(delta: object, top: JsonObject = {}): void {
    if (!this.#begun) this.#begin()
    this.#data(`${headWith(this.#head, top)}${BEFORE_DELTA}${JSON.stringify(delta)}${AFTER_DELTA}`)
  }

  /** A writer of deltas that are alike up to one string; `before` and `after` are what JSON has around it. */
  #stream(before: string, after: string): WriteDelta {
    if (!this.#begun) this.#begin()
    return deltaFrame(this.#out, {
      before: `${this.#head}${BEFORE_DELTA}${before}`,
      after: `${after}${AFTER_DELTA}`,
    })
  }

  #data(data: string): void {
    this.#out.write({ data })
  }
}
