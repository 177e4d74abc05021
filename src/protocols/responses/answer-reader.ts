import { GatewayError } from '../../errors.ts'
import type { ModelEvent } from '../../ir/event.ts'
import { asArray, asNumber, asString, isObject } from '../../ir/json.ts'
import type { JsonObject } from '../../ir/json.ts'
import type { Sink } from '../../stream/sink.ts'
import { decodeAnswerFailure } from './answer-failure.ts'
import { keepUnknown } from './extensions.ts'
import { decodeFinish } from './finish.ts'
import { readItem } from './item-reader.ts'
import type { ItemHost, ItemReader } from './item-host.ts'
import { usageIn } from './usage.ts'

type Slot = { readonly id: string; readonly reader: ItemReader; readonly item: JsonObject; done: boolean }

/**
 * Reads an answer event by event. A whole answer is its last event alone, so that both ways of answering are read by the
 * same code.
 */
export class AnswerReader {
  readonly #out: Sink<ModelEvent>
  readonly #host: ItemHost
  readonly #slots = new Map<number, Slot>()
  #state: 'waiting' | 'open' | 'over' = 'waiting'
  #id = ''
  #parts = 0
  #calls = 0
  #refusals = 0
  #searches = 0

  constructor(out: Sink<ModelEvent>) {
    this.#out = out
    this.#host = {
      out,
      nextPart: () => this.#parts++,
      // Made from the answer's own id: unique in the conversation, and the same whenever it is read.
      makeId: () => `call_${this.#id.replaceAll(/[^A-Za-z0-9]/g, '').slice(-24)}_${this.#calls}`,
      saw: (what) => {
        if (what === 'call') this.#calls++
        else if (what === 'refusal') this.#refusals++
        else this.#searches++
      },
    }
  }

  /** True after the terminal event. */
  get over(): boolean {
    return this.#state === 'over'
  }

  event(type: string, event: JsonObject): void {
    if (this.over) return
    switch (type) {
      case 'response.created':
      case 'response.in_progress':
      case 'response.queued':
        this.#start(event['response'])
        return
      case 'response.output_item.added':
        if (isObject(event['item'])) this.#added(event, event['item'])
        return
      case 'response.output_item.done':
        if (isObject(event['item'])) this.#done(event, event['item'])
        return
      case 'response.completed':
      case 'response.incomplete':
      case 'response.failed':
        this.#end(event)
        return
      case 'error':
        this.fail(decodeAnswerFailure(event))
        return
      default:
        this.#slotOf(event)?.reader.event(type, event)
    }
  }

  /** The input has ended. */
  end(): void {
    this.fail(new GatewayError('upstream-broken', 'the upstream ended its answer early'))
  }

  fail(error: GatewayError): void {
    if (this.over) return
    this.#state = 'over'
    this.#out.write({ type: 'error', error })
  }

  #start(response: unknown): void {
    if (this.#state !== 'waiting') return
    this.#state = 'open'
    const { id, model, created_at } = isObject(response) ? response : {}
    this.#id = asString(id) ?? ''
    const created = asNumber(created_at)
    this.#out.write({
      type: 'response-start',
      id: this.#id,
      model: asString(model) ?? '',
      ...(created !== undefined && created > 0 && { created: Math.trunc(created) }),
    })
  }

  #added(event: JsonObject, item: JsonObject): Slot {
    this.#start(undefined)
    const index = asNumber(event['output_index']) ?? this.#slots.size
    const id = asString(item['id']) ?? ''
    const known = this.#slots.get(index)
    if (known !== undefined && (!known.done || (id !== '' && known.id === id))) return known
    const slot = { id, reader: readItem(item, this.#host), item, done: false }
    this.#slots.set(index, slot)
    return slot
  }

  #done(event: JsonObject, item: JsonObject): void {
    const known = this.#slotOf(event) ?? this.#slotById(asString(item['id']))
    const slot = known === undefined || known.done ? this.#added(event, begun(item)) : known
    if (slot.done) return
    slot.done = true
    // A server that leaves the type out at the end means the item that it began.
    slot.reader.done({ ...(item['type'] === undefined && { type: slot.item['type'] }), ...item })
  }

  #slotOf(event: JsonObject): Slot | undefined {
    const index = asNumber(event['output_index'])
    return index === undefined ? this.#slotById(asString(event['item_id'])) : this.#slots.get(index)
  }

  #slotById(id: string | undefined): Slot | undefined {
    if (id === undefined || id === '') return undefined
    return [...this.#slots.values()].findLast((slot) => slot.id === id)
  }

  #end(event: JsonObject): void {
    const response = isObject(event['response']) ? event['response'] : {}
    const status = statusOf(event['type'], response)
    if (status === 'failed') {
      // An answer that fails before it began is nothing but its error.
      if (this.#state === 'open') this.#usage(response)
      this.fail(decodeAnswerFailure(event))
      return
    }
    this.#start(response)
    if (status !== 'completed' && status !== 'incomplete') {
      this.fail(new GatewayError('upstream-broken', `the upstream gave no answer: it is ${status}`))
      return
    }
    for (const [index, item] of asArray(response['output']).entries())
      if (isObject(item)) this.#complete(index, item)
    for (const slot of this.#slots.values()) {
      if (slot.done) continue
      slot.done = true
      slot.reader.done(slot.item)
    }
    this.#usage(response)
    this.#state = 'over'
    this.#out.write({
      type: 'response-end',
      finish: decodeFinish({ ...response, status }, { calls: this.#calls > 0, refusal: this.#refusals > 0 }),
      ...keepUnknown(unknownFields(response)),
    })
  }

  /** An item of the final answer: what the stream left open ends, what it never showed begins and ends. */
  #complete(index: number, item: JsonObject): void {
    const slot = this.#slotById(asString(item['id'])) ?? this.#slots.get(index)
    if (slot === undefined) this.#done({ output_index: index }, item)
    else if (!slot.done) {
      slot.done = true
      slot.reader.done(item)
    }
  }

  #usage(response: JsonObject): void {
    const usage = usageIn(response)
    if (usage === undefined) return
    this.#out.write({
      type: 'usage',
      usage: this.#searches > 0 ? { ...usage, webSearches: this.#searches } : usage,
    })
  }
}

/** An item as it was before anything was in it: all that it says is read when it is done. */
function begun(item: JsonObject): JsonObject {
  const { arguments: _, input: __, ...rest } = item
  return rest
}

function statusOf(type: unknown, response: JsonObject): string {
  if (type === 'response.failed' || response['status'] === 'failed' || isObject(response['error']))
    return 'failed'
  if (type === 'response.incomplete') return 'incomplete'
  const status = asString(response['status']) ?? ''
  // A whole answer may also be none yet; some servers spell the good end in their own way.
  return ['incomplete', 'queued', 'in_progress', 'cancelled'].includes(status) ? status : 'completed'
}

/** What is read, and the request's settings said again, which the client knows. */
const KNOWN = new Set(
  `id object created_at completed_at model status output output_text usage error incomplete_details service_tier
  background billing conversation frequency_penalty instructions max_output_tokens max_tool_calls metadata
  parallel_tool_calls presence_penalty previous_response_id prompt prompt_cache_key prompt_cache_options
  prompt_cache_retention reasoning safety_identifier store temperature text tool_choice tools top_logprobs top_p
  truncation user`.split(/\s+/),
)

function unknownFields(response: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(response).filter(([key]) => !KNOWN.has(key)))
}
