import type { JsonObject } from '../ir/json.ts'
import { DeltaTemplate, type DeltaShape } from './delta-template.ts'
import type { SseEvent } from './sse.ts'

/** A delta that its decoder has read in full. */
type Seen = { readonly event: SseEvent; readonly wire: JsonObject }

/** Deltas that may go by before the next template is tried, at most. */
const LONGEST_WAIT = 256

/**
 * The fast path of stream decoders. Most of a stream are deltas that differ in one short string; parsing their JSON is
 * most of what an event costs. After a delta that was read in full, those that follow it at once in the same
 * frame are read by a template, without JSON.
 *
 * It is safe because nothing is between them: the decoder stands as the delta left it, and takes the next
 * piece as it would take the same event with another text. Any other event ends the run, and is read in full. Servers
 * whose frames never repeat pay little: templates that catch nothing are tried ever more seldom.
 */
export class DeltaReader {
  readonly #shape: DeltaShape
  readonly #repeat: (wire: JsonObject) => (piece: string) => void
  #seen: Seen | undefined
  #template: DeltaTemplate | undefined
  #take: ((piece: string) => void) | undefined
  #caught = true
  #wait = 0
  #longer = 1

  /** @param repeat gives what does once more what a delta did, with another piece */
  constructor(shape: DeltaShape, repeat: (wire: JsonObject) => (piece: string) => void) {
    this.#shape = shape
    this.#repeat = repeat
  }

  /** Begins each event that is read in full: it ends the run. */
  interrupt(): void {
    this.#seen = undefined
    this.#template = undefined
  }

  /** Follows an event that was read in full and may be a delta. */
  saw(event: SseEvent, wire: JsonObject): void {
    this.#seen = { event, wire }
  }

  /** Takes the deltas that begin at `start` of whole lines, and returns where the first other event begins. */
  skim(text: string, start: number): number {
    if (this.#seen !== undefined) this.#learn(this.#seen)
    const template = this.#template
    const take = this.#take
    if (template === undefined || take === undefined) return start
    let at = start
    for (;;) {
      const piece = template.read(text, at)
      if (piece === undefined) break
      at = template.end
      take(piece)
    }
    if (at > start) this.#caught = true
    return at
  }

  #learn({ event, wire }: Seen): void {
    this.#seen = undefined
    if (this.#wait > 0) {
      this.#wait--
      return
    }
    this.#longer = this.#caught ? 1 : Math.min(this.#longer * 2, LONGEST_WAIT)
    this.#wait = this.#caught ? 0 : this.#longer
    this.#caught = false
    this.#template = DeltaTemplate.of(event, wire, this.#shape)
    if (this.#template !== undefined) this.#take = this.#repeat(wire)
  }
}
