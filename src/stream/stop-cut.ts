import type { ModelEvent } from '../ir/event.ts'
import type { Sink, Stage } from './sink.ts'

/**
 * Enforces stop sequences for an upstream that has none, or takes fewer. Text is cut before the match that is
 * complete first, as a model that stops by itself would have; then the answer ends with `stop-sequence`, `onCut` is
 * called and whatever follows is ignored. Usage that has not come by then stays unknown.
 *
 * Only what may still become a match is held back, and only inside one text part; reasoning, tool calls and
 * refusals are left alone.
 */
export function cutAtStop(stops: readonly string[], onCut: () => void): Stage<ModelEvent, ModelEvent> {
  const sequences = stops.filter((stop) => stop !== '')
  if (sequences.length === 0) return (out) => out
  return (out) => new StopCutter(out, sequences, onCut)
}

/** The text before the first stop sequence in it, and that sequence. */
export function cutText(text: string, stops: readonly string[]): { text: string; stop?: string } {
  let found: { start: number; end: number; stop: string } | undefined
  for (const stop of stops) {
    const start = stop === '' ? -1 : text.indexOf(stop)
    if (start === -1) continue
    const end = start + stop.length
    const earlier = found === undefined || end < found.end || (end === found.end && start < found.start)
    if (earlier) found = { start, end, stop }
  }
  return found === undefined ? { text } : { text: text.slice(0, found.start), stop: found.stop }
}

class StopCutter implements Sink<ModelEvent> {
  readonly #out: Sink<ModelEvent>
  readonly #stops: readonly string[]
  readonly #onCut: () => void
  /** Open parts, and what is held back of each text. */
  readonly #open = new Map<number, string>()
  #cut = false

  constructor(out: Sink<ModelEvent>, stops: readonly string[], onCut: () => void) {
    this.#out = out
    this.#stops = stops
    this.#onCut = onCut
  }

  write(event: ModelEvent): void {
    if (this.#cut) return
    switch (event.type) {
      case 'text-start':
      case 'reasoning-start':
      case 'refusal-start':
      case 'tool-call-start':
        this.#release()
        this.#open.set(event.at, '')
        break
      case 'text-delta':
        this.#text(event.at, event.text)
        return
      case 'part-end':
        this.#releaseOne(event.at)
        this.#open.delete(event.at)
        break
      case 'part':
        this.#release()
        if (event.part.kind === 'text') {
          const { text, stop } = cutText(event.part.text, this.#stops)
          if (stop === undefined) break
          this.#out.write({ ...event, part: { ...event.part, text } })
          this.#end(stop)
          return
        }
        break
      case 'response-end':
      case 'error':
        this.#release()
        break
      case 'response-start':
      case 'reasoning-delta':
      case 'refusal-delta':
      case 'tool-call-delta':
      case 'annotation':
      case 'usage':
      case 'ping':
      case 'opaque':
        break
      default:
        event satisfies never
    }
    this.#out.write(event)
  }

  end(): void {
    if (!this.#cut) this.#release()
    this.#out.end()
  }

  #text(at: number, delta: string): void {
    const { text, stop } = cutText((this.#open.get(at) ?? '') + delta, this.#stops)
    const held = stop === undefined ? heldLength(text, this.#stops) : 0
    const ready = text.slice(0, text.length - held)
    if (ready !== '') this.#out.write({ type: 'text-delta', at, text: ready })
    this.#open.set(at, text.slice(text.length - held))
    if (stop !== undefined) this.#end(stop)
  }

  #end(stop: string): void {
    this.#cut = true
    for (const at of this.#open.keys()) this.#out.write({ type: 'part-end', at })
    this.#open.clear()
    this.#out.write({ type: 'response-end', finish: { reason: 'stop-sequence', stop } })
    this.#onCut()
  }

  /** Lets all held text go: what comes next ends it or stands after it. */
  #release(): void {
    for (const at of this.#open.keys()) this.#releaseOne(at)
  }

  #releaseOne(at: number): void {
    const text = this.#open.get(at)
    if (text === undefined || text === '') return
    this.#open.set(at, '')
    this.#out.write({ type: 'text-delta', at, text })
  }
}

/** The length of the longest end of `text` that begins a stop sequence. */
function heldLength(text: string, stops: readonly string[]): number {
  let longest = 0
  for (const stop of stops) {
    for (let length = Math.min(stop.length - 1, text.length); length > longest; length--) {
      if (text.endsWith(stop.slice(0, length))) longest = length
    }
  }
  return longest
}
