import type { ModelEvent } from '../../ir/event.ts'
import type { Part } from '../../ir/part.ts'
import type { Stage } from '../../stream/sink.ts'
import type { ReplyContext } from '../protocol.ts'

/**
 * Clients take the last block of an answer for its last word. Google signs an answer after its words have gone out, and
 * the thinking block that would carry such a seal must not come last: in a whole answer it stands before the words.
 */
export function wordsLast(parts: readonly Part[]): readonly Part[] {
  const last = parts.at(-1)
  const words = parts.at(-2)
  if (last?.kind !== 'reasoning' || last.text !== '' || words?.kind !== 'text') return parts
  return [...parts.slice(0, -2), last, words]
}

/** The same for a stream: a seal without words after a text waits for a further part, and is left out without one. */
export function withWordsLast(onDropped: ReplyContext['onDropped']): Stage<ModelEvent, ModelEvent> {
  return (out) => {
    let afterText = false
    let held: ModelEvent[] = []
    const release = (): void => {
      for (const event of held) out.write(event)
      held = []
    }
    const leaveOut = (): void => {
      const [start] = held
      if (start?.type === 'reasoning-start')
        onDropped?.({
          path: `content[${start.at}]`,
          reason: 'unsupported',
          note: 'a signature after the last words, whose block clients would take for them',
        })
      held = []
    }
    return {
      write(event) {
        const { type } = event
        // Most of a stream; they release what is held, if anything is.
        if (
          held.length === 0 &&
          (type === 'text-delta' || type === 'reasoning-delta' || type === 'tool-call-delta')
        )
          return out.write(event)
        if (type === 'usage' || type === 'ping' || type === 'opaque') return out.write(event)
        if (type === 'reasoning-start' && afterText && held.length === 0) return void held.push(event)
        if (type === 'part-end' && held.length === 1) return void held.push(event)
        if (type === 'response-end' || type === 'error') leaveOut()
        else release()
        if (type.endsWith('-start') || type === 'part') afterText = type === 'text-start'
        out.write(event)
      },
      end: () => out.end(),
    }
  }
}
