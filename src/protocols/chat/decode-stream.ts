import { GatewayError } from '../../errors.ts'
import type { ModelEvent } from '../../ir/event.ts'
import { isObject, parseJson } from '../../ir/json.ts'
import type { JsonObject } from '../../ir/json.ts'
import { DeltaReader } from '../../stream/delta-reader.ts'
import type { Sink } from '../../stream/sink.ts'
import type { SkimmingSink } from '../../stream/sse.ts'
import { AnswerReader } from './answer-reader.ts'
import { deltaOf, DELTAS } from './delta.ts'

/**
 * An upstream's stream. It ends well at `[DONE]`, at a usage chunk after a finish reason, or when its input ends after
 * one; anything else is an error. Needs no dialect: it reads every server's spelling.
 */
export const decodeStream = (out: Sink<ModelEvent>): SkimmingSink => {
  const reader = new AnswerReader(out)
  const deltas = new DeltaReader(DELTAS, (chunk) => {
    const { kind = 'content' } = deltaOf(chunk) ?? {}
    return (piece) => reader.more(kind, piece)
  })
  return {
    skim: (text, start) => deltas.skim(text, start),
    write(event) {
      deltas.interrupt()
      const data = event.data.trim()
      if (data === '' || reader.over) return
      if (data === '[DONE]') {
        reader.done()
        return
      }
      const chunk = parseJson(data)
      const { isOpen } = reader
      if (isObject(chunk)) {
        reader.chunk(event.event === 'error' ? asError(chunk) : chunk)
        // A chunk that began the answer said more than its delta.
        if (isOpen && event.event !== 'error') deltas.saw(event, chunk)
      } else
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
