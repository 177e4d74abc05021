import { GatewayError } from '../../errors.ts'
import type { ModelEvent } from '../../ir/event.ts'
import { isObject, parseJson } from '../../ir/json.ts'
import type { JsonObject } from '../../ir/json.ts'
import type { Sink, Stage } from '../../stream/sink.ts'
import type { SseEvent } from '../../stream/sse.ts'
import { AnswerReader } from './answer-reader.ts'

/**
 * An upstream's stream. It ends well at `[DONE]`, at a usage chunk after a finish reason, or when its input ends after
 * one; anything else is an error. Needs no dialect: it reads every server's spelling.
 */
export const decodeStream: Stage<SseEvent, ModelEvent> = (out: Sink<ModelEvent>): Sink<SseEvent> => {
  const reader = new AnswerReader(out)
  return {
    write(event) {
      const data = event.data.trim()
      if (data === '' || reader.over) return
      if (data === '[DONE]') {
        reader.done()
        return
      }
      const chunk = parseJson(data)
      if (isObject(chunk)) reader.chunk(event.event === 'error' ? asError(chunk) : chunk)
      else
        reader.fail(new GatewayError('upstream-broken', 'the upstream sent an event that is no JSON object'))
    },
    end() {
      reader.end()
      out.end()
    },
  }
}

/** LM Studio and others name the event `error` and may leave out the envelope. */
function asError(chunk: JsonObject): JsonObject {
  return chunk['error'] === undefined ? { error: chunk } : chunk
}
