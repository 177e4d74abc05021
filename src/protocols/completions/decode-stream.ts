import { GatewayError } from '../../errors.ts'
import type { ModelEvent } from '../../ir/event.ts'
import { asArray, asNumber, asString, compact, isObject, parseJson } from '../../ir/json.ts'
import type { JsonObject } from '../../ir/json.ts'
import type { Sink, Stage } from '../../stream/sink.ts'
import type { SseEvent } from '../../stream/sse.ts'
import { decodeFailure } from '../upstream-failure.ts'
import { keepUnknown } from './extensions.ts'
import { decodeFinish } from './finish.ts'
import { decodeUsage } from './usage.ts'

/**
 * An upstream's stream. It ends well at `[DONE]`, or when its input ends, after a finish reason; anything else is an
 * error. Only the first choice becomes events; chunks of others are passed on as they are.
 */
export const decodeStream: Stage<SseEvent, ModelEvent> = (out) => new StreamDecoder(out)

class StreamDecoder implements Sink<SseEvent> {
  readonly #out: Sink<ModelEvent>
  #started = false
  #speaking = false
  #finish: { readonly raw: string; readonly matched: unknown } | undefined
  #over = false

  constructor(out: Sink<ModelEvent>) {
    this.#out = out
  }

  write({ data }: SseEvent): void {
    const text = data.trim()
    if (this.#over || text === '') return
    if (text === '[DONE]') {
      this.#end()
      return
    }
    const chunk = parseJson(text)
    if (isObject(chunk)) this.#chunk(chunk)
    else this.#fail(new GatewayError('upstream-broken', 'the upstream sent an event that is no JSON object'))
  }

  end(): void {
    if (!this.#over) this.#end()
    this.#out.end()
  }

  #chunk(chunk: JsonObject): void {
    const { id, object: _, created, model, choices, usage, error, ...rest } = chunk
    if (error !== undefined && error !== null) {
      this.#fail(decodeFailure({ status: 200, headers: {}, body: JSON.stringify(chunk) }))
      return
    }
    if (!this.#started && (Array.isArray(choices) || usage !== undefined)) {
      this.#started = true
      this.#out.write({
        type: 'response-start',
        id: asString(id) ?? '',
        model: asString(model) ?? '',
        ...compact({ created: asNumber(created) }),
        ...keepUnknown(rest),
      })
    }
    for (const choice of asArray(choices).filter(isObject)) {
      if ((asNumber(choice['index']) ?? 0) > 0)
        this.#out.write({ type: 'opaque', origin: 'completions', value: { choices: [choice] } })
      else this.#read(choice)
    }
    const counted = decodeUsage(usage)
    if (counted !== undefined) this.#out.write({ type: 'usage', usage: counted })
  }

  #read({ text, finish_reason, stop_reason }: JsonObject): void {
    if (typeof text === 'string' && text !== '') {
      if (!this.#speaking) this.#out.write({ type: 'text-start', at: 0 })
      this.#speaking = true
      this.#out.write({ type: 'text-delta', at: 0, text })
    }
    if (typeof finish_reason === 'string' && finish_reason !== '')
      this.#finish = { raw: finish_reason, matched: stop_reason }
  }

  #end(): void {
    if (this.#finish === undefined) {
      this.#fail(new GatewayError('upstream-broken', 'the upstream ended its answer early'))
      return
    }
    this.#over = true
    if (this.#speaking) this.#out.write({ type: 'part-end', at: 0 })
    const { raw, matched } = this.#finish
    this.#out.write({ type: 'response-end', finish: decodeFinish(raw, matched) })
  }

  #fail(error: GatewayError): void {
    this.#over = true
    this.#out.write({ type: 'error', error })
  }
}
