import { GatewayError } from '../../errors.ts'
import type { ModelEvent } from '../../ir/event.ts'
import { asString, isObject, parseJson } from '../../ir/json.ts'
import { DeltaReader } from '../../stream/delta-reader.ts'
import { deltaShape } from '../../stream/delta-template.ts'
import type { Sink } from '../../stream/sink.ts'
import type { SkimmingSink } from '../../stream/sse.ts'
import { AnswerReader } from './answer-reader.ts'

/**
 * An upstream's stream. It ends at `response.completed`, `.incomplete` or `.failed`; an end of the input before that is an
 * error. Events of unknown types are skipped: what they tell comes again in the item that they belong to.
 */
export const decodeStream = (out: Sink<ModelEvent>): SkimmingSink => {
  const reader = new AnswerReader(out)
  const deltas = new DeltaReader(DELTAS, (event) => {
    const type = asString(event['type']) ?? ''
    return (delta) => reader.event(type, { ...event, delta })
  })
  return {
    skim: (text, start) => deltas.skim(text, start),
    write(said) {
      deltas.interrupt()
      const { event: name, data } = said
      if (reader.over || data.trim() === '' || data.trim() === '[DONE]') return
      const event = parseJson(data)
      if (!isObject(event)) {
        reader.fail(new GatewayError('upstream-broken', 'the upstream sent an event that is no JSON object'))
        return
      }
      const type = asString(event['type']) ?? name ?? ''
      // A body of an error that came as an event, without a type.
      reader.event(isObject(event['error']) && !type.startsWith('response.') ? 'error' : type, event)
      deltas.saw(said, event)
    },
    end() {
      reader.end()
      out.end()
    },
  }
}

/** Events whose `delta` is a string, of which nothing else changes but their number and padding. */
const DELTA_TYPES: ReadonlySet<unknown> = new Set([
  'response.output_text.delta',
  'response.refusal.delta',
  'response.reasoning_text.delta',
  'response.reasoning_summary_text.delta',
  'response.function_call_arguments.delta',
  'response.custom_tool_call_input.delta',
])

const DELTAS = deltaShape(['delta'], ['sequence_number', 'obfuscation'], ({ type, delta }) =>
  DELTA_TYPES.has(type) ? asString(delta) : undefined,
)
