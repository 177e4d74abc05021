import { GatewayError } from '../../errors.ts'
import type { ModelEvent } from '../../ir/event.ts'
import { asObject, compact, parseJson } from '../../ir/json.ts'
import type { JsonObject } from '../../ir/json.ts'
import type { Citation, Extensions, Part } from '../../ir/part.ts'
import type { Finish } from '../../ir/response.ts'
import type { Seal } from '../../ir/seal.ts'
import type { Usage } from '../../ir/usage.ts'
import type { Sink, Stage } from '../../stream/sink.ts'
import type { SseEvent } from '../../stream/sse.ts'
import type { ReplyContext } from '../protocol.ts'
import { errorBody } from './errors.ts'
import { reportForeign } from './extensions.ts'
import { encodeFinish } from './finish.ts'
import { encodeDetail } from './reasoning-details.ts'
import { ReplyLosses, reportUnshown } from './reply-losses.ts'
import { CallIds, encodeCitations, encodeReplyMedia, encodeSignature } from './reply-parts.ts'
import { encodeUsage } from './usage.ts'

/** A stream for a Chat client: a role first, one finish chunk, usage when asked for, `[DONE]`; or an error. */
export function encodeStream(context: ReplyContext): Stage<ModelEvent, SseEvent> {
  return (out) => new ChunkWriter(out, context)
}

type Call = {
  /** The call's place among the calls that the client sees; undefined for one that it is not shown. */
  readonly index: number | undefined
  readonly id: string
  readonly custom: boolean
  input: string
  open: boolean
}

class ChunkWriter implements Sink<ModelEvent> {
  readonly #out: Sink<SseEvent>
  readonly #context: ReplyContext
  readonly #losses: ReplyLosses
  readonly #legacy: boolean
  /** What every chunk begins with, as JSON text up to its choices. */
  #head = ''
  #begun = false
  #over = false
  readonly #calls = new Map<number, Call>()
  readonly #ids = new CallIds()
  #callCount = 0
  readonly #texts = new Map<number, { readonly offset: number; length: number }>()
  #contentLength = 0
  readonly #thoughts = new Map<number, { readonly index: number; text: string }>()
  #thoughtCount = 0
  #refusal = ''
  readonly #citations: { readonly at: number; readonly citation: Citation }[] = []
  #usage: Usage | undefined

  constructor(out: Sink<SseEvent>, context: ReplyContext) {
    this.#out = out
    this.#context = context
    this.#losses = new ReplyLosses(context.onDropped)
    this.#legacy = context.request.legacyFunctions === true
  }

  write(event: ModelEvent): void {
    if (this.#over) return
    this.#event(event)
    this.#losses.tell()
  }

  end(): void {
    if (!this.#over) this.#fail(new GatewayError('upstream-broken', 'the upstream ended its answer early'))
    this.#out.end()
  }

  #event(event: ModelEvent): void {
    switch (event.type) {
      case 'response-start':
        this.#begin(event.ext)
        return
      case 'text-start':
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
        if (event.text !== '') this.#delta({ reasoning_content: event.text })
        return
      case 'refusal-delta':
        this.#refusal += event.text
        if (event.text !== '') this.#delta({ refusal: event.text })
        return
      case 'tool-call-start':
        reportForeign('tool_calls', event.ext, this.#losses)
        this.#startCall(event.at, event.id, event.name, event.custom === true)
        return
      case 'tool-call-delta':
        this.#callInput(event.at, event.input)
        return
      case 'part-end':
        reportForeign('content', event.ext, this.#losses)
        this.#endPart(event.at, event.seal)
        return
      case 'part':
        this.#part(event.at, event.part)
        return
      case 'annotation':
        this.#citations.push({ at: event.at, citation: event.citation })
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
    const identity = {
      id: `chatcmpl-${this.#context.id}`,
      object: 'chat.completion.chunk',
      created: this.#context.created,
      model: this.#context.request.model,
      ...compact({ service_tier, system_fingerprint }),
    }
    this.#head = JSON.stringify(identity).slice(0, -1)
    this.#delta({ role: 'assistant', content: null, refusal: null }, once)
  }

  #text(at: number, text: string): void {
    const known = this.#texts.get(at)
    if (known === undefined) this.#texts.set(at, { offset: this.#contentLength, length: text.length })
    else known.length += text.length
    this.#contentLength += text.length
    if (text !== '') this.#delta({ content: text })
  }

  #thought(at: number): { readonly index: number; text: string } {
    const known = this.#thoughts.get(at)
    if (known !== undefined) return known
    const thought = { index: this.#thoughtCount++, text: '' }
    this.#thoughts.set(at, thought)
    return thought
  }

  #startCall(at: number, id: string, name: string, custom: boolean): void {
    const known = this.#calls.get(at)
    if (name === '' || (known !== undefined && (known.id === id || known.open))) return
    // One answer of the old form holds one call.
    const shown = !this.#legacy || this.#callCount === 0
    const call: Call = {
      index: shown ? this.#callCount : undefined,
      id: this.#ids.take(id),
      custom,
      input: '',
      open: true,
    }
    this.#calls.set(at, call)
    if (!shown) {
      this.#losses.content(`function_call ${name}`, 'a second call; the client reads one')
      return
    }
    this.#callCount++
    if (this.#legacy) this.#delta({ function_call: { name, arguments: '' } })
    else if (custom)
      this.#delta({
        tool_calls: [{ index: call.index, id: call.id, type: 'custom', custom: { name, input: '' } }],
      })
    else {
      const called = { name, arguments: '' }
      this.#delta({ tool_calls: [{ index: call.index, id: call.id, type: 'function', function: called }] })
    }
  }

  #callInput(at: number, input: string): void {
    const call = this.#calls.get(at)
    if (call?.index === undefined || input === '') return
    call.input += input
    if (this.#legacy) this.#delta({ function_call: { arguments: input } })
    else if (call.custom) this.#delta({ tool_calls: [{ index: call.index, custom: { input } }] })
    else this.#delta({ tool_calls: [{ index: call.index, function: { arguments: input } }] })
  }

  #endPart(at: number, seal: Seal | undefined): void {
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
    const call = this.#calls.get(at)
    if (call?.index === undefined || !call.open) return
    call.open = false
    if (call.input === '' && !call.custom) this.#callInput(at, '{}')
    if (seal !== undefined) this.#delta({ tool_calls: [{ index: call.index, ...encodeSignature(seal) }] })
  }

  #part(at: number, part: Part): void {
    reportForeign('content', part.ext, this.#losses)
    switch (part.kind) {
      case 'text':
        this.#text(at, part.text)
        for (const citation of part.citations ?? []) this.#citations.push({ at, citation })
        return
      case 'reasoning': {
        if (part.text !== '') this.#delta({ reasoning_content: part.text })
        const detail = encodeDetail(part, this.#thoughtCount++)
        if (detail !== undefined) this.#delta({ reasoning_details: [detail] })
        return
      }
      case 'refusal':
        this.#refusal += part.text
        this.#delta({ refusal: part.text })
        return
      case 'tool-call':
        if (this.#calls.has(at)) return
        this.#startCall(at, part.id, part.name, part.custom === true)
        this.#callInput(at, part.input)
        this.#endPart(at, part.seal)
        return
      case 'media': {
        const media = encodeReplyMedia(part)
        if (media === undefined) reportUnshown(part, `content[${at}]`, this.#losses)
        else this.#delta(media)
        return
      }
      case 'server-tool':
      case 'tool-result':
      case 'tool-reference':
      case 'opaque':
        reportUnshown(part, `content[${at}]`, this.#losses)
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
    for (const at of this.#calls.keys()) this.#endPart(at, undefined)
    const { detail } = finish
    if (finish.reason === 'refusal' && this.#refusal === '' && detail?.explanation !== undefined)
      this.#delta({ refusal: detail.explanation })
    const said = { ...asObject(message), ...this.#annotations(message) }
    if (Object.keys(said).length > 0) this.#delta(said)
    const calls = [...this.#calls.values()].filter((call) => call.index !== undefined)
    const reason = encodeFinish(finish, {
      calls: calls.length > 0,
      refusal: this.#refusal !== '',
      complete: calls.every((call) => call.custom || parseJson(call.input) !== undefined),
      legacy: this.#legacy,
    })
    const last = { index: 0, delta: {}, logprobs: null, ...asObject(choice), finish_reason: reason }
    this.#data(`${this.#headWith(top)},"choices":[${JSON.stringify(last)}]}`)
    if (this.#usage !== undefined && this.#context.request.streamUsage !== false)
      this.#data(`${this.#head},"choices":[],"usage":${JSON.stringify(encodeUsage(this.#usage))}}`)
    this.#data('[DONE]')
    this.#over = true
  }

  #annotations(message: unknown): { readonly annotations?: readonly unknown[] } {
    const cited = this.#citations.flatMap(({ at, citation }) => {
      const place = this.#texts.get(at) ?? { offset: 0, length: this.#contentLength }
      return encodeCitations([citation], place, `content[${at}]`, this.#losses)
    })
    const others = asObject(message)['annotations']
    const all = [...(Array.isArray(others) ? others : []), ...cited]
    return all.length === 0 ? {} : { annotations: all }
  }

  #fail(error: GatewayError): void {
    this.#over = true
    this.#data(JSON.stringify(errorBody(error)))
  }

  #delta(delta: object, top: JsonObject = {}): void {
    if (!this.#begun) this.#begin()
    const said = JSON.stringify(delta)
    this.#data(
      `${this.#headWith(top)},"choices":[{"index":0,"delta":${said},"logprobs":null,"finish_reason":null}]}`,
    )
  }

  /** Fields that belong to one chunk, after those of every chunk. */
  #headWith(top: JsonObject): string {
    return Object.keys(top).length === 0 ? this.#head : `${this.#head},${JSON.stringify(top).slice(1, -1)}`
  }

  #data(data: string): void {
    this.#out.write({ data })
  }
}
