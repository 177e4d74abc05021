import { GatewayError } from '../../errors.ts'
import type { ModelEvent } from '../../ir/event.ts'
import { asString, isObject, parseJson } from '../../ir/json.ts'
import type { Sink, Stage } from '../../stream/sink.ts'
import type { SseEvent } from '../../stream/sse.ts'
import { AnswerReader } from './answer-reader.ts'

/**
 * An upstream's stream. It ends at `response.completed`, `.incomplete` or `.failed`; an end of the input before that is an
 * error. Events of unknown types are skipped: what they tell comes again in the item that they belong to.
 */
export const decodeStream: Stage<SseEvent, ModelEvent> = (out: Sink<ModelEvent>): Sink<SseEvent> => {
  const reader = new AnswerReader(out)
  return {
    write({ event: name, data }) {
      if (reader.over || data.trim() === '' || data.trim() === '[DONE]') return
      const event = parseJson(data)
      if (!isObject(event)) {
        reader.fail(new GatewayError('upstream-broken', 'the upstream sent an event that is no JSON object'))
        return
      }
      const type = asString(event['type']) ?? name ?? ''
      // A body of an error that came as an event, without a type.
      reader.event(isObject(event['error']) && !type.startsWith('response.') ? 'error' : type, event)
    },
    end() {
      reader.end()
      out.end()
    },
  }
}
