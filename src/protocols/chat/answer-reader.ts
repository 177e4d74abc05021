import { GatewayError } from '../../errors.ts'
import type { ModelEvent } from '../../ir/event.ts'
import { asArray, asNumber, asObject, asString, isObject } from '../../ir/json.ts'
import type { JsonObject } from '../../ir/json.ts'
import { parseDataUrl } from '../../ir/media.ts'
import type { Extensions, Part } from '../../ir/part.ts'
import type { Sink } from '../../stream/sink.ts'
import { decodeFailure } from '../upstream-failure.ts'
import { decodeAnnotation } from './annotations.ts'
import type { Delta } from './delta.ts'
import { decodeFinish, isFailure } from './finish.ts'
import { KNOWN, KNOWN_CHOICE, KNOWN_DELTA } from './known-fields.ts'
import { ReasoningStream } from './reasoning-stream.ts'
import { ToolCallStream } from './tool-call-stream.ts'
import { UnknownFields } from './unknown-fields.ts'
import { usageIn } from './usage.ts'

type Speech = { readonly kind: 'text' | 'refusal'; readonly at: number }

/**
 * Reads an answer chunk by chunk into events. A whole answer is one chunk with a long delta, so that both ways of
 * answering are read by the same code. Only the first choice becomes events; chunks of others are passed on as they are.
 */
export class AnswerReader {
  readonly #out: Sink<ModelEvent>
  readonly #calls: ToolCallStream
  readonly #reasoning: ReasoningStream
  readonly #top = new UnknownFields()
  readonly #choice = new UnknownFields()
  readonly #message = new UnknownFields()
  #state: 'waiting' | 'open' | 'over' = 'waiting'
  #parts = 0
  #id = ''
  #speech: Speech | undefined
  #lastText: number | undefined
  #refused = false
  #audio: Record<string, string> | undefined
  #finish: string | undefined
  #usageAfterFinish = false
  #several = false

  constructor(out: Sink<ModelEvent>) {
    this.#out = out
    this.#reasoning = new ReasoningStream(out, () => {
      this.#endSpeech()
      return this.#parts++
    })
    this.#calls = new ToolCallStream({
      out,
      nextPart: () => this.#nextPart(),
      makeId: (ordinal) => this.#callId(ordinal),
    })
  }

  /** True after the terminal event. */
  get over(): boolean {
    return this.#state === 'over'
  }

  /** True once the answer has begun, and until it is over. */
  get isOpen(): boolean {
    return this.#state === 'open'
  }

  /** One more chunk like the last one, but for its piece. */
  more(kind: Delta['kind'], piece: string): void {
    if (kind === 'content') this.#say('text', piece)
    else if (kind === 'reasoning') this.#reasoning.text(piece)
    else this.#calls.more(piece)
  }

  chunk(wire: JsonObject): void {
    if (this.over) return
    const { error } = wire
    if ((isObject(error) && Object.keys(error).length > 0) || (typeof error === 'string' && error !== '')) {
      const usage = usageIn(wire)
      if (usage !== undefined && this.#state === 'open') this.#out.write({ type: 'usage', usage })
      this.fail(decodeFailure({ status: 200, headers: {}, body: JSON.stringify(wire) }))
      return
    }
    for (const key in wire) if (!KNOWN.has(key)) this.#top.add(key, wire[key])
    const choices = asArray(wire['choices'])
    if (this.#state === 'waiting') this.#start(wire, choices.length > 0)
    for (const choice of choices) {
      if (!isObject(choice)) continue
      if ((asNumber(choice['index']) ?? 0) > 0) this.#pass(choice)
      else this.#read(choice)
    }
    const usage = usageIn(wire)
    if (usage !== undefined) {
      this.#start(wire, true)
      this.#out.write({ type: 'usage', usage })
      this.#usageAfterFinish ||= this.#finish !== undefined
    }
    if (this.#finish !== undefined && isFailure(this.#finish))
      this.fail(new GatewayError('upstream-broken', `the upstream gave up its answer: ${this.#finish}`))
    else if (this.#usageAfterFinish && !this.#several) this.#complete()
  }

  /** A chunk of another choice. With several choices only the stream's end says that all are complete. */
  #pass(choice: JsonObject): void {
    this.#several = true
    this.#out.write({ type: 'opaque', origin: 'chat', value: { choices: [choice] } })
  }

  /** The upstream says that it is done. A few servers never give a finish reason but for this. */
  done(): void {
    if (this.over) return
    if (this.#finish !== undefined || this.#parts > 0) this.#complete()
    else this.fail(new GatewayError('upstream-broken', 'the upstream ended its answer before it began'))
  }

  /** The input has ended. */
  end(): void {
    if (this.over) return
    if (this.#finish !== undefined) this.#complete()
    else this.fail(new GatewayError('upstream-broken', 'the upstream ended its answer early'))
  }

  fail(error: GatewayError): void {
    if (this.over) return
    this.#state = 'over'
    this.#out.write({ type: 'error', error })
  }

  /** Azure begins with a chunk that has neither id nor choices, only what its filter said of the prompt. */
  #start(wire: JsonObject, hasContent: boolean): void {
    if (this.#state !== 'waiting') return
    this.#id ||= asString(wire['id']) ?? ''
    if (!hasContent && this.#id === '') return
    this.#state = 'open'
    const created = asNumber(wire['created'])
    this.#out.write({
      type: 'response-start',
      id: this.#id,
      model: asString(wire['model']) ?? '',
      ...(created !== undefined && created > 0 && { created }),
      ...extensionOf(this.#top.take()),
    })
  }

  #read(choice: JsonObject): void {
    for (const key in choice) if (!KNOWN_CHOICE.has(key)) this.#choice.add(key, choice[key])
    const logprobs = choice['logprobs']
    if (isObject(logprobs))
      this.#choice.add('logprobs', mergeLogprobs(this.#choice.get('logprobs'), logprobs))
    if (isObject(choice['delta'])) this.#delta(choice['delta'])
    // An empty finish reason means "not yet".
    const finish = asString(choice['finish_reason'])
    if (finish !== undefined && finish !== '') this.#finish = finish
  }

  #delta(delta: JsonObject): void {
    for (const key in delta) if (!KNOWN_DELTA.has(key)) this.#message.add(key, delta[key])
    this.#reasoning.push(delta)
    this.#content(delta['content'])
    for (const call of asArray(delta['tool_calls'])) if (isObject(call)) this.#calls.push(call)
    const legacy = delta['function_call']
    if (isObject(legacy) && (legacy['name'] || legacy['arguments']))
      this.#calls.push({ function: legacy, index: -1 })
    this.#say('refusal', delta['refusal'])
    for (const annotation of asArray(delta['annotations']))
      if (isObject(annotation)) this.#annotate(annotation)
    for (const image of asArray(delta['images'])) if (isObject(image)) this.#image(image)
    if (isObject(delta['audio'])) this.#hear(delta['audio'])
  }

  /** Text, or the list of parts in which Mistral tells thinking from text. */
  #content(content: unknown): void {
    if (!Array.isArray(content)) {
      this.#say('text', content)
      return
    }
    for (const part of content.filter(isObject)) {
      if (part['type'] === 'thinking') {
        const thinking = part['thinking']
        const text = asArray(thinking).map((inner) => asString(asObject(inner)['text']) ?? '')
        this.#reasoning.text(asString(thinking) ?? text.join(''))
      } else this.#say(part['type'] === 'refusal' ? 'refusal' : 'text', part['text'] ?? part['refusal'])
    }
  }

  #say(kind: Speech['kind'], text: unknown): void {
    if (typeof text !== 'string' || text === '') return
    this.#reasoning.end()
    if (this.#speech?.kind !== kind) {
      this.#endSpeech()
      this.#speech = { kind, at: this.#parts++ }
      if (kind === 'text') this.#lastText = this.#speech.at
      else this.#refused = true
      this.#out.write({ type: `${kind}-start`, at: this.#speech.at })
    }
    this.#out.write({ type: `${kind}-delta`, at: this.#speech.at, text })
  }

  #endSpeech(): void {
    if (this.#speech === undefined) return
    this.#out.write({ type: 'part-end', at: this.#speech.at })
    this.#speech = undefined
  }

  /** What was said before ends where another part begins. */
  #nextPart(): number {
    this.#reasoning.end()
    this.#endSpeech()
    return this.#parts++
  }

  #annotate(annotation: JsonObject): void {
    const citation = decodeAnnotation(annotation)
    if (citation === undefined || this.#lastText === undefined) this.#message.add('annotations', [annotation])
    else this.#out.write({ type: 'annotation', at: this.#lastText, citation })
  }

  #image(image: JsonObject): void {
    const url = asString(asObject(image['image_url'])['url'])
    if (url === undefined) return
    const data = url.startsWith('data:') ? parseDataUrl(url) : undefined
    const source =
      data === undefined ? ({ type: 'url', url } as const) : ({ type: 'base64', ...data } as const)
    this.#whole({ kind: 'media', media: 'image', source })
  }

  #hear(audio: JsonObject): void {
    this.#audio ??= {}
    for (const key of ['id', 'expires_at'])
      if (audio[key] !== undefined && audio[key] !== null) this.#audio[key] = String(audio[key])
    for (const key of ['data', 'transcript'])
      this.#audio[key] = (this.#audio[key] ?? '') + (asString(audio[key]) ?? '')
  }

  #whole(part: Part): void {
    this.#out.write({ type: 'part', at: this.#nextPart(), part })
  }

  #endAudio(): void {
    const { data, id, transcript = '', expires_at } = this.#audio ?? {}
    if (data === undefined || data === '') return
    const source = { type: 'base64', mimeType: 'audio/unknown', data } as const
    const audio = { id: id ?? '', transcript, expires_at: Number(expires_at ?? 0) }
    this.#whole({ kind: 'media', media: 'audio', source, ext: { chat: { audio } } })
  }

  #complete(): void {
    this.#start({}, true)
    this.#reasoning.end()
    this.#endSpeech()
    this.#endAudio()
    this.#calls.end()
    this.#state = 'over'
    const choice = this.#choice.take()
    const message = this.#message.take()
    this.#out.write({
      type: 'response-end',
      finish: decodeFinish(this.#finish, choice, { calls: this.#calls.any, refusal: this.#refused }),
      ...extensionOf({
        ...this.#top.take(),
        ...(Object.keys(choice).length > 0 && { choice }),
        ...(Object.keys(message).length > 0 && { message }),
      }),
    })
  }

  /** Made from the answer's own id: unique in the conversation, and the same whenever it is read. */
  #callId(ordinal: number): string {
    const own = this.#id.replaceAll(/[^A-Za-z0-9]/g, '').slice(-24)
    return `call_${own}${own === '' ? '' : '_'}${ordinal}`
  }
}

function extensionOf(fields: JsonObject): { readonly ext?: Extensions } {
  return Object.keys(fields).length === 0 ? {} : { ext: { chat: fields } }
}

function mergeLogprobs(known: unknown, more: JsonObject): JsonObject {
  const before = asObject(known)
  const out: Record<string, unknown> = { ...before, ...more }
  for (const key of ['content', 'refusal'])
    if (Array.isArray(before[key])) out[key] = [...(before[key] as unknown[]), ...asArray(more[key])]
  return out
}
