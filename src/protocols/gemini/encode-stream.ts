import { GatewayError } from '../../errors.ts'
import type { ModelEvent } from '../../ir/event.ts'
import { asObject } from '../../ir/json.ts'
import type { JsonObject } from '../../ir/json.ts'
import type { Extensions, Part, ServerToolPart, ToolCallPart } from '../../ir/part.ts'
import type { Finish } from '../../ir/response.ts'
import type { Usage } from '../../ir/usage.ts'
import { sequence } from '../../stream/sequence.ts'
import { pipe } from '../../stream/sink.ts'
import type { Sink, Stage } from '../../stream/sink.ts'
import type { SseEvent } from '../../stream/sse.ts'
import type { ReplyContext } from '../protocol.ts'
import { ReplyLosses } from '../reply-losses.ts'
import { encodePart } from './encode-parts.ts'
import { groundingIn } from './encode-response.ts'
import { errorBody } from './errors.ts'
import { ownFields, reportForeign } from './extensions.ts'
import { encodeFinish } from './finish.ts'
import { encodeUsage } from './usage.ts'
import type { WirePart } from './wire.ts'

/** A stream for a client: chunks that each are an answer, calls whole, the finish reason last; or an error. */
export function encodeStream(context: ReplyContext): Stage<ModelEvent, SseEvent> {
  return pipe(sequence(context.onDropped), (out) => new ChunkWriter(out, context))
}

type StartOf = Extract<ModelEvent, { type: 'tool-call-start' }>

class ChunkWriter implements Sink<ModelEvent> {
  readonly #out: Sink<SseEvent>
  readonly #context: ReplyContext
  readonly #losses: ReplyLosses
  #over = false
  #own: JsonObject = {}
  #usage: Usage | undefined
  /** The kind of part that is being written. */
  #kind: 'text' | 'reasoning' | 'tool-call' | undefined
  /** Fields of the part, for its first chunk. */
  #fields: JsonObject = {}
  #call: { readonly start: StartOf; input: string } | undefined
  #thinks = false
  /** A signature on its way to the part after the thinking; `thought`: the thinking had words. */
  #pending: { readonly signature: string; readonly thought: boolean } | undefined
  readonly #searches: ServerToolPart[] = []

  constructor(out: Sink<SseEvent>, context: ReplyContext) {
    this.#out = out
    this.#context = context
    this.#losses = new ReplyLosses(context.onDropped)
  }

  write(event: ModelEvent): void {
    if (this.#over) return
    this.#event(event)
    this.#losses.tell()
  }

  end(): void {
    if (!this.#over)
      this.#fail(new GatewayError('upstream-broken', 'the upstream ended its answer before it was complete'))
    this.#out.end()
  }

  #event(event: ModelEvent): void {
    switch (event.type) {
      case 'response-start':
        reportForeign('', event.ext, this.#losses)
        this.#own = ownFields(event.ext)
        return
      case 'text-start':
        this.#begin('text', event.ext)
        return
      case 'reasoning-start':
        this.#settle()
        this.#begin('reasoning', event.ext)
        return
      case 'refusal-start':
        this.#losses.approximated(`parts[${event.at}]`, 'a refusal as text')
        this.#begin('text', event.ext)
        return
      case 'text-delta':
      case 'refusal-delta':
        this.#say(event.text)
        return
      case 'reasoning-delta':
        this.#think(event.text)
        return
      case 'tool-call-start':
        this.#begin('tool-call', undefined)
        this.#call = { start: event, input: '' }
        return
      case 'tool-call-delta':
        if (this.#call !== undefined) this.#call.input += event.input
        return
      case 'part-end':
        this.#endPart(event)
        return
      case 'part':
        this.#whole(event.part, event.at)
        return
      case 'annotation':
        this.#losses.unsupported(`parts[${event.at}].citations`)
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
      case 'opaque':
        if (event.origin === 'gemini' && Array.isArray(event.value['candidates'])) this.#send(event.value)
        return
      case 'ping':
        return
      default:
        event satisfies never
    }
  }

  #begin(kind: 'text' | 'reasoning' | 'tool-call', ext: Extensions | undefined): void {
    reportForeign('parts', ext, this.#losses)
    this.#kind = kind
    this.#fields = ownFields(ext)
    this.#thinks = false
  }

  #say(text: string): void {
    if (text === '' || this.#kind !== 'text') return
    this.#bear({ text, ...this.#fields })
    this.#fields = {}
  }

  #think(text: string): void {
    if (text === '' || this.#kind !== 'reasoning') return
    this.#parts([{ text, thought: true, ...this.#fields }])
    this.#fields = {}
    this.#thinks = true
  }

  #endPart({ at, seal, ext }: Extract<ModelEvent, { type: 'part-end' }>): void {
    reportForeign('parts', ext, this.#losses)
    const kind = this.#kind
    this.#kind = undefined
    if (kind === 'reasoning' && seal !== undefined)
      this.#pending = { signature: seal.value, thought: this.#thinks }
    // A signature that came after the words of a text.
    const { thoughtSignature } = ownFields(ext)
    if (kind === 'text' && typeof thoughtSignature === 'string') this.#parts([{ text: '', thoughtSignature }])
    if (kind !== 'tool-call' || this.#call === undefined) return
    const { start, input } = this.#call
    const { type: _, at: __, ...call } = start
    this.#call = undefined
    this.#whole({ kind: 'tool-call', ...call, input, ...(seal !== undefined && { seal }) }, at)
  }

  #whole(part: Part, at: number): void {
    if (part.kind === 'reasoning') {
      this.#settle()
      if (part.redacted) this.#losses.approximated(`parts[${at}]`, 'redacted thinking as a mere signature')
      if (part.text !== '') this.#parts([{ text: part.text, thought: true, ...ownFields(part.ext) }])
      if (part.seal !== undefined) this.#pending = { signature: part.seal.value, thought: part.text !== '' }
      return
    }
    if (part.kind === 'server-tool') this.#searches.push(part)
    const context = { losses: this.#losses, callIds: true, towards: 'client' } as const
    const [first, ...others] = encodePart(part, `parts[${at}]`, context)
    if (first === undefined) return
    if (part.kind === 'tool-call') this.#bear(first, part)
    else this.#bear(first)
    if (others.length > 0) this.#parts(others)
  }

  /** Sends a part with the signature that waits for it, if the part can bear one. */
  #bear(part: WirePart, call?: ToolCallPart): void {
    const bears = part['functionCall'] !== undefined || typeof part['text'] === 'string'
    const own = call?.seal?.value
    if (!bears || (own !== undefined && own !== this.#pending?.signature)) this.#settle()
    const signature = own ?? this.#pending?.signature
    this.#pending = undefined
    this.#parts([signature === undefined ? part : { ...part, thoughtSignature: signature }])
  }

  /** No part came to bear the signature: it stays with its thought, or with an empty text. */
  #settle(): void {
    if (this.#pending === undefined) return
    const { signature, thought } = this.#pending
    this.#pending = undefined
    this.#parts([{ text: '', ...(thought && { thought }), thoughtSignature: signature }])
  }

  #finish(finish: Finish, ext: Extensions | undefined): void {
    reportForeign('', ext, this.#losses)
    this.#settle()
    const { candidate, ...own } = ownFields(ext)
    this.#send({
      candidates: [
        {
          content: { role: 'model', parts: [{ text: '' }] },
          finishReason: encodeFinish(finish, this.#losses),
          index: 0,
          ...groundingIn(this.#searches),
          ...asObject(candidate),
        },
      ],
      ...(this.#usage !== undefined && { usageMetadata: encodeUsage(this.#usage) }),
      ...own,
    })
    this.#over = true
  }

  #fail(error: GatewayError): void {
    this.#over = true
    this.#out.write({ data: JSON.stringify(errorBody(error)) })
  }

  #parts(parts: readonly WirePart[]): void {
    this.#send({ candidates: [{ content: { role: 'model', parts }, index: 0 }] })
  }

  #send(fields: JsonObject): void {
    const identity = { modelVersion: this.#context.request.model, responseId: this.#context.id }
    this.#out.write({ data: JSON.stringify({ ...fields, ...identity, ...this.#own }) })
  }
}
