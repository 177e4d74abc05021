import type { ModelEvent } from '../ir/event.ts'
import type { Stage } from '../stream/sink.ts'

/**
 * Puts an estimate of the prompt's size at the head of an answer whose upstream tells it only at the end, as all but
 * Anthropic do: Claude Code draws its context bar from the start of a message. The real counts replace it when they
 * come. `estimate` gives tokens; it is asked once, and only where it is needed.
 */
export function estimateEarly(estimate: () => number): Stage<ModelEvent, ModelEvent> {
  return (out) => {
    let isKnown = false
    return {
      write(event) {
        if (!isKnown && event.type !== 'response-start' && event.type !== 'ping') {
          isKnown = true
          if (event.type !== 'usage' && event.type !== 'error')
            out.write({ type: 'usage', usage: { uncached: estimate(), output: 0, estimated: true } })
        }
        out.write(event)
      },
      end: () => out.end(),
    }
  }
}
