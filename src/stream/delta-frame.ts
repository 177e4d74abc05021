import { byteText } from './byte-text.ts'
import type { SseEvent, FrameSink } from './sse.ts'

/** Writes the next delta of an open part. */
export type WriteDelta = (piece: string) => void

/** The JSON text of a delta around its piece. */
export type DeltaText = {
  readonly event?: string
  readonly before: string
  /** Asked for each delta where it counts them; then it is to be ASCII. */
  readonly after: string | (() => string)
}

/**
 * A writer of deltas that differ in their piece alone: what stands around it is made once for an open part, as it goes
 * over the wire.
 */
export function deltaFrame(out: FrameSink, { event, before, after }: DeltaText): WriteDelta {
  const { frame } = out
  if (frame === undefined) {
    const ending = typeof after === 'string' ? () => after : after
    return (piece) => out.write(named(event, before + JSON.stringify(piece) + ending()))
  }
  const opening = byteText(`${event === undefined ? '' : `event: ${event}\n`}data: ${before}`)
  if (typeof after === 'function')
    return (piece) => frame(`${opening}${byteText(JSON.stringify(piece))}${after()}\n\n`)
  const closing = byteText(`${after}\n\n`)
  return (piece) => frame(opening + byteText(JSON.stringify(piece)) + closing)
}

function named(event: string | undefined, data: string): SseEvent {
  return event === undefined ? { data } : { event, data }
}
