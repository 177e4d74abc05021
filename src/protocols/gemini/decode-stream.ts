import { GatewayError } from '../../errors.ts'
import type { ModelEvent } from '../../ir/event.ts'
import { isObject, parseJson } from '../../ir/json.ts'
import type { Sink, Stage } from '../../stream/sink.ts'
import type { SseEvent } from '../../stream/sse.ts'
import { AnswerReader } from './answer-reader.ts'

/**
 * An upstream's stream (`alt=sse`). It ends well when its input ends after a finish reason; anything else is an error.
 * Needs no dialect: it reads every host's spelling.
 */
export const decodeStream: Stage<SseEvent, ModelEvent> = (out: Sink<ModelEvent>): Sink<SseEvent> => {
  const reader = new AnswerReader(out)
  return {
    write({ data }) {
      if (reader.over || data.trim() === '' || data.trim() === '[DONE]') return
      const parsed = parseJson(data)
      // An error may come as a list of one.
      const chunk: unknown = Array.isArray(parsed) ? parsed[0] : parsed
      if (isObject(chunk)) reader.chunk(chunk)
      else
        reader.fail(new GatewayError('upstream-broken', 'the upstream sent an event that is no JSON object'))
    },
    end() {
      reader.end()
      out.end()
    },
  }
}
