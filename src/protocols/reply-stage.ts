import { GatewayError } from '../errors.ts'
import type { ModelEvent } from '../ir/event.ts'
import type { Sink, Stage } from '../stream/sink.ts'
import type { SseEvent } from '../stream/sse.ts'
import type { ReplyContext } from './protocol.ts'
import { ReplyLosses } from './reply-losses.ts'

/** Writes the events of one answer in a protocol's form. */
export type ReplyWriter = {
  /** True after the terminal event. */
  readonly isOver: boolean
  readonly event: (event: ModelEvent) => void
  /** Writes the terminal event of an answer that failed. */
  readonly fail: (error: GatewayError) => void
}

/**
 * What every stream for a client keeps to: nothing follows the terminal event, losses are told as they happen, and an answer
 * that breaks off ends as an error.
 */
export function replyStage(
  context: ReplyContext,
  writerTo: (out: Sink<SseEvent>, losses: ReplyLosses) => ReplyWriter,
): Stage<ModelEvent, SseEvent> {
  return (out) => {
    const losses = new ReplyLosses(context.onDropped)
    const writer = writerTo(out, losses)
    return {
      write(event) {
        if (writer.isOver) return
        writer.event(event)
        losses.tell()
      },
      end() {
        if (!writer.isOver)
          writer.fail(new GatewayError('upstream-broken', 'the upstream ended its answer early'))
        out.end()
      },
    }
  }
}
