import { GatewayError } from '../../errors.ts'
import type { ModelEvent } from '../../ir/event.ts'
import { asArray, asNumber, asObject, asString, isObject, parseJson } from '../../ir/json.ts'
import type { JsonObject } from '../../ir/json.ts'
import type { Extensions } from '../../ir/part.ts'
import type { Usage } from '../../ir/usage.ts'
import { DeltaReader } from '../../stream/delta-reader.ts'
import { deltaShape } from '../../stream/delta-template.ts'
import type { Sink } from '../../stream/sink.ts'
import type { SkimmingSink, SseEvent } from '../../stream/sse.ts'
import { withoutNulls } from '../extensions.ts'
import { decodeFailure } from '../upstream-failure.ts'
import { decodeCitation } from './citations.ts'
import { decodeBlock } from './decode-content.ts'
import { fullUsage } from './decode-response.ts'
import { keepUnknown } from './extensions.ts'
import { decodeFinish } from './stop-reason.ts'
import { decodeUsage } from './usage.ts'
import { JSON_OUTPUT_TOOL } from './wire.ts'

/** A content block that has begun. */
type OpenBlock = {
  readonly at: number
  readonly kind: 'text' | 'reasoning' | 'tool-call' | 'json-output' | 'whole'
  /** The block as it began; a `whole` one grows here until it stops. */
  block: Record<string, unknown>
  /** JSON text of the input so far. */
  input: string
  signature: string
}

/**
 * An upstream's stream as events. Emits exactly one of `response-end` and `error`: an input that ends before a stop
 * reason was told is an answer that broke off.
 */
export function decodeStream(): (out: Sink<ModelEvent>) => SkimmingSink {
  return (out) => new StreamDecoder(out)
}

/** Where each kind of delta has its piece. */
const PIECE = new Map<unknown, 'text' | 'thinking' | 'partial_json'>([
  ['text_delta', 'text'],
  ['thinking_delta', 'thinking'],
  ['input_json_delta', 'partial_json'],
])

const DELTAS = deltaShape([...PIECE.values()], [], ({ type, delta }) => {
  const { type: kind, ...fields } = asObject(delta)
  const member = type === 'content_block_delta' ? PIECE.get(kind) : undefined
  return member === undefined ? undefined : asString(fields[member])
})

class StreamDecoder implements SkimmingSink {
  readonly #out: Sink<ModelEvent>
  readonly #deltas = new DeltaReader(DELTAS, (event) => this.#repeat(event))
  readonly #open = new Map<number, OpenBlock>()
  #next = 0
  #usage: Partial<Usage> = {}
  #stop: JsonObject | undefined
  #ext: JsonObject = {}
  #toolCalls = false
  #started = false
  #finished = false

  constructor(out: Sink<ModelEvent>) {
    this.#out = out
  }

  skim(text: string, start: number): number {
    return this.#deltas.skim(text, start)
  }

  write(event: SseEvent): void {
    if (this.#finished) return
    this.#deltas.interrupt()
    const value = parseJson(event.data)
    if (!isObject(value)) return
    const type = asString(value['type']) ?? event.event
    switch (type) {
      case 'message_start':
        this.#start(asObject(value['message']))
        return
      case 'content_block_start':
        this.#startBlock(asNumber(value['index']) ?? this.#next, asObject(value['content_block']))
        return
      case 'content_block_delta':
        this.#delta(asNumber(value['index']) ?? -1, asObject(value['delta']), value)
        this.#deltas.saw(event, value)
        return
      case 'content_block_stop':
        this.#stopBlock(asNumber(value['index']) ?? -1)
        return
      case 'message_delta':
        this.#messageDelta(value)
        return
      case 'message_stop':
        this.#finish()
        return
      case 'ping':
        this.#out.write({ type: 'ping' })
        return
      case 'error':
        this.#fail(decodeFailure({ status: 200, headers: {}, body: event.data }))
        return
      default:
        // Some servers send a bare error object in place of an event.
        if (type === undefined && value['error'] !== undefined)
          this.#fail(decodeFailure({ status: 200, headers: {}, body: event.data }))
        else this.#out.write({ type: 'opaque', origin: 'messages', value })
    }
  }

  end(): void {
    if (!this.#finished) {
      if (this.#stop === undefined) {
        this.#fail(
          new GatewayError('upstream-broken', 'the upstream ended its answer before it was complete'),
        )
      } else this.#finish()
    }
    this.#out.end()
  }

  #start(message: JsonObject): void {
    if (this.#next > 0) {
      // A router that retried has spliced two answers: half of the first is with the client already.
      this.#fail(new GatewayError('upstream-broken', 'the upstream began a second answer within the first'))
      return
    }
    const { id, model, usage, content, type: _, role: __, ...rest } = message
    const { stop_reason, stop_sequence, stop_details, ...unknown } = rest
    if (typeof stop_reason === 'string') this.#stop = { stop_reason, stop_sequence, stop_details }
    const begun = { id: asString(id) ?? '', model: asString(model) ?? '', ...keepUnknown(unknown) }
    if (!this.#started) this.#out.write({ type: 'response-start', ...begun })
    this.#started = true
    this.#countUsage(usage)
    // A continued answer may begin with blocks that are already whole.
    for (const block of asArray(content).filter(isObject)) {
      const index = this.#next
      this.#startBlock(index, block)
      this.#stopBlock(index)
      this.#open.clear()
    }
  }

  #countUsage(wire: unknown): void {
    const counted = decodeUsage(wire)
    if (counted === undefined) return
    this.#usage = { ...this.#usage, ...counted }
    const usage = fullUsage(this.#usage)
    if (usage !== undefined) this.#out.write({ type: 'usage', usage })
  }

  #startBlock(index: number, block: JsonObject): void {
    if (this.#open.has(index)) this.#stopBlock(index)
    const at = this.#next++
    const kind = kindOf(block)
    this.#open.set(index, { at, kind, block: { ...block }, input: '', signature: '' })
    switch (kind) {
      case 'text': {
        const { type: _, text, citations, ...rest } = block
        this.#out.write({ type: 'text-start', at, ...keepUnknown(rest) })
        this.#text(at, text)
        for (const citation of asArray(citations)) this.#annotate(at, citation)
        return
      }
      case 'reasoning': {
        const { type: _, thinking, signature, ...rest } = block
        this.#out.write({ type: 'reasoning-start', at, ...keepUnknown(rest) })
        if (typeof thinking === 'string' && thinking !== '')
          this.#out.write({ type: 'reasoning-delta', at, text: thinking })
        this.#open.get(index)!.signature = asString(signature) ?? ''
        return
      }
      case 'tool-call': {
        const { type: _, id, name, input: __, ...rest } = block
        this.#toolCalls = true
        const call = { id: asString(id) ?? '', name: asString(name) ?? '', ...keepUnknown(rest) }
        this.#out.write({ type: 'tool-call-start', at, ...call })
        return
      }
      case 'json-output':
        this.#out.write({ type: 'text-start', at })
        return
      case 'whole':
        return
      default:
        kind satisfies never
    }
  }

  #delta(index: number, delta: JsonObject, event: JsonObject): void {
    const open = this.#open.get(index)
    if (open === undefined) return
    const { at } = open
    switch (delta['type']) {
      case 'text_delta':
        if (open.kind === 'whole') open.block['text'] = joined(open.block['text'], delta['text'])
        else this.#text(at, delta['text'])
        return
      case 'thinking_delta': {
        const text = asString(delta['thinking']) ?? ''
        if (text !== '') this.#out.write({ type: 'reasoning-delta', at, text })
        return
      }
      case 'signature_delta':
        open.signature += asString(delta['signature']) ?? ''
        return
      case 'input_json_delta': {
        const input = asString(delta['partial_json']) ?? ''
        if (input === '') return
        open.input += input
        if (open.kind === 'tool-call') this.#out.write({ type: 'tool-call-delta', at, input })
        if (open.kind === 'json-output') this.#text(at, input)
        return
      }
      case 'citations_delta':
        this.#annotate(at, delta['citation'])
        return
      case 'compaction_delta':
        open.block['content'] = joined(open.block['content'], delta['content'])
        return
      default:
        this.#out.write({ type: 'opaque', origin: 'messages', value: event })
    }
  }

  /** Does what a delta did, with other pieces. */
  #repeat(event: JsonObject): (piece: string) => void {
    const index = asNumber(event['index']) ?? -1
    const { type } = asObject(event['delta'])
    const member = PIECE.get(type) ?? 'text'
    return (piece) => this.#delta(index, { type, [member]: piece }, event)
  }

  #stopBlock(index: number): void {
    const open = this.#open.get(index)
    if (open === undefined) return
    this.#open.delete(index)
    const { at, kind, block, input, signature } = open
    if (kind === 'whole') {
      const value = input === '' ? block : { ...block, input: parseJson(input) ?? block['input'] }
      this.#out.write({ type: 'part', at, part: decodeBlock(value, `content[${at}]`) })
      return
    }
    // A call may come whole with its start, and one without arguments has no delta.
    if (input === '' && (kind === 'tool-call' || kind === 'json-output')) {
      const whole = JSON.stringify(block['input'] ?? {})
      if (kind === 'tool-call') this.#out.write({ type: 'tool-call-delta', at, input: whole })
      else this.#text(at, whole)
    }
    this.#out.write({ type: 'part-end', at, ...(signature !== '' && { seal: { value: signature } }) })
  }

  #messageDelta(event: JsonObject): void {
    const { type: _, delta, usage, ...rest } = event
    const { stop_reason, stop_sequence, stop_details, ...unknown } = asObject(delta)
    if (typeof stop_reason === 'string') this.#stop = { stop_reason, stop_sequence, stop_details }
    this.#ext = { ...this.#ext, ...withoutNulls({ ...unknown, ...rest }) }
    this.#countUsage(usage)
  }

  #finish(): void {
    for (const index of this.#open.keys()) this.#stopBlock(index)
    const ext: { ext?: Extensions } = keepUnknown(this.#ext)
    const finish = decodeFinish(this.#stop ?? {}, { toolCalls: this.#toolCalls, refusal: false })
    this.#finished = true
    this.#out.write({ type: 'response-end', finish, ...ext })
  }

  #fail(error: GatewayError): void {
    this.#finished = true
    this.#out.write({ type: 'error', error })
  }

  #text(at: number, text: unknown): void {
    if (typeof text === 'string' && text !== '') this.#out.write({ type: 'text-delta', at, text })
  }

  #annotate(at: number, wire: unknown): void {
    const citation = decodeCitation(wire)
    if (citation !== undefined) this.#out.write({ type: 'annotation', at, citation })
  }
}

function kindOf({ type, name }: JsonObject): OpenBlock['kind'] {
  if (type === 'text') return 'text'
  if (type === 'thinking') return 'reasoning'
  if (type === 'tool_use') return name === JSON_OUTPUT_TOOL ? 'json-output' : 'tool-call'
  return 'whole'
}

function joined(before: unknown, more: unknown): string {
  return (asString(before) ?? '') + (asString(more) ?? '')
}
