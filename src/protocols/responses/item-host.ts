import type { ModelEvent } from '../../ir/event.ts'
import type { JsonObject } from '../../ir/json.ts'
import type { Sink } from '../../stream/sink.ts'

/** Where items take what they need from the answer they belong to. */
export type ItemHost = {
  readonly out: Sink<ModelEvent>
  /** The next part's number. */
  nextPart(): number
  /** An id for a call that came without one; the same for the same answer. */
  makeId(): string
  /** Tells of a part that decides how the answer ended. */
  saw(what: 'call' | 'refusal' | 'search'): void
}

/** One item of an answer under way. `event` gets every event of the item; `done` gets it as a whole, exactly once. */
export type ItemReader = {
  event(type: string, event: JsonObject): void
  done(item: JsonObject): void
}

/** What a final text has that was not streamed; servers leave deltas out, or send the whole at the end only. */
export function remainder(streamed: string, whole: unknown): string {
  return typeof whole === 'string' && whole.startsWith(streamed) ? whole.slice(streamed.length) : ''
}
