import type { ModelEvent } from '../../ir/event.ts'
import { deltaFrame } from '../../stream/delta-frame.ts'
import type { Stage } from '../../stream/sink.ts'
import type { SseEvent } from '../../stream/sse.ts'
import type { ReplyContext } from '../protocol.ts'
import { ResponseWriter } from './response-writer.ts'

/**
 * A stream for a Responses client: `response.created`, items, and exactly one of `response.completed`, `.incomplete` and
 * `.failed`, which says all of it again. Events are numbered from 0.
 */
export function encodeStream(context: ReplyContext): Stage<ModelEvent, SseEvent> {
  return (out) => {
    let sequence = 0
    const writer = new ResponseWriter(
      context,
      (event) =>
        out.write({ event: event.type, data: JSON.stringify({ ...event, sequence_number: sequence++ }) }),
      (before, after) => {
        const fields = Object.keys(after).length === 0 ? '' : `,${JSON.stringify(after).slice(1, -1)}`
        return deltaFrame(out, {
          event: before.type,
          before: `${JSON.stringify(before).slice(0, -1)},"delta":`,
          after: () => `${fields},"sequence_number":${sequence++}}`,
        })
      },
    )
    return {
      write: (event) => writer.write(event),
      end() {
        writer.end()
        out.end()
      },
    }
  }
}
