import type { GatewayError } from '../../errors.ts'
import type { ModelEvent } from '../../ir/event.ts'
import type { JsonObject } from '../../ir/json.ts'
import type { Finish } from '../../ir/response.ts'
import { filterVerdicts } from '../content-filter.ts'
import type { Usage } from '../../ir/usage.ts'
import { sequence } from '../../stream/sequence.ts'
import { pipe } from '../../stream/sink.ts'
import type { Sink, Stage } from '../../stream/sink.ts'
import type { SseEvent } from '../../stream/sse.ts'
import type { ReplyContext } from '../protocol.ts'
import type { ReplyLosses } from '../reply-losses.ts'
import { replyStage } from '../reply-stage.ts'
import type { ReplyWriter } from '../reply-stage.ts'
import { answerText } from './answer-text.ts'
import { echoOf } from './encode-response.ts'
import { errorBody } from './errors.ts'
import { reportForeign } from './extensions.ts'
import { encodeFinish } from './finish.ts'
import { encodeUsage } from './usage.ts'

/** A stream for a client: chunks of text, one with the finish reason, usage when asked for, `[DONE]`; or an error. */
export function encodeStream(context: ReplyContext): Stage<ModelEvent, SseEvent> {
  return pipe(
    sequence(context.onDropped),
    replyStage(context, (out, losses) => new ChunkWriter(out, context, losses)),
  )
}

class ChunkWriter implements ReplyWriter {
  readonly #out: Sink<SseEvent>
  readonly #context: ReplyContext
  readonly #losses: ReplyLosses
  #own: JsonObject = {}
  #begun = false
  #spoke = false
  #over = false
  #usage: Usage | undefined

  constructor(out: Sink<SseEvent>, context: ReplyContext, losses: ReplyLosses) {
    this.#out = out
    this.#context = context
    this.#losses = losses
  }

  get isOver(): boolean {
    return this.#over
  }

  event(event: ModelEvent): void {
    const path = 'at' in event ? `choices[0].content[${event.at}]` : ''
    switch (event.type) {
      case 'response-start':
        reportForeign('', event.ext, this.#losses)
        this.#own = event.ext?.completions ?? {}
        this.#begin()
        return
      case 'text-start':
        reportForeign(path, event.ext, this.#losses)
        return
      case 'refusal-start':
        answerText({ kind: 'refusal', text: '', ...event }, path, this.#losses)
        return
      case 'reasoning-start':
        answerText({ kind: 'reasoning', text: '', ...event }, path, this.#losses)
        return
      case 'tool-call-start':
        answerText({ kind: 'tool-call', input: '', ...event }, path, this.#losses)
        return
      case 'text-delta':
      case 'refusal-delta':
        this.#say(event.text)
        return
      case 'part':
        this.#say(answerText(event.part, path, this.#losses))
        return
      case 'annotation':
        this.#losses.unsupported(`${path}.citations`)
        return
      case 'part-end':
        reportForeign(path, event.ext, this.#losses)
        return
      case 'usage':
        this.#usage = { ...this.#usage, ...event.usage }
        return
      case 'response-end':
        reportForeign('', event.ext, this.#losses)
        this.#finish(event.finish)
        return
      case 'error':
        this.fail(event.error)
        return
      case 'opaque':
        if (event.origin === 'completions' && Array.isArray(event.value['choices'])) this.#send(event.value)
        return
      case 'reasoning-delta':
      case 'tool-call-delta':
      case 'ping':
        return
      default:
        event satisfies never
    }
  }

  /** A prompt that is wanted back comes first. */
  #begin(): void {
    if (this.#begun) return
    this.#begun = true
    const echoed = echoOf(this.#context.request)
    if (echoed !== '') this.#text(echoed)
  }

  #say(text: string): void {
    if (text === '') return
    this.#begin()
    this.#spoke = true
    this.#text(text)
  }

  #text(text: string): void {
    this.#send({ choices: [{ text, index: 0, logprobs: null, finish_reason: null }] })
  }

  #finish(finish: Finish): void {
    this.#begin()
    const finish_reason = encodeFinish(finish, this.#spoke, this.#losses)
    this.#send({
      choices: [{ text: '', index: 0, logprobs: null, ...filterVerdicts(finish), finish_reason }],
    })
    if (this.#usage !== undefined && this.#context.request.streamUsage !== false)
      this.#send({ choices: [], usage: encodeUsage(this.#usage) })
    this.#over = true
    this.#out.write({ data: '[DONE]' })
  }

  fail(error: GatewayError): void {
    this.#over = true
    this.#out.write({ data: JSON.stringify(errorBody(error)) })
  }

  #send(fields: JsonObject): void {
    const { id, created, request } = this.#context
    const identity = { id: `cmpl-${id}`, object: 'text_completion', created, model: request.model }
    this.#out.write({ data: JSON.stringify({ ...identity, ...this.#own, ...fields }) })
  }
}
