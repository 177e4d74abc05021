import type { Socket } from 'node:net'
import { STAMP_DIGITS } from '../traffic/answer.ts'
import type { Frame } from '../traffic/frames.ts'

type Stream = { readonly socket: Socket; readonly frames: readonly Frame[]; next: number }

/**
 * Streams that get an event every so often. Each has its own place in the interval, as streams of real models do:
 * sent all in one instant they would be read in one instant too, and look cheaper than they are.
 */
export class PacedStreams {
  /** One slot a millisecond of the interval. */
  #slots: Set<Stream>[] = [new Set()]
  #opened = 0
  #timer: NodeJS.Timeout | undefined
  #ticks = 0

  /** The interval between two events of a stream, in milliseconds; for streams yet to be opened. */
  every(ms: number): void {
    if (this.#slots.length === ms) return
    for (const slot of this.#slots) for (const stream of slot) stream.socket.destroy()
    this.#slots = Array.from({ length: ms }, () => new Set<Stream>())
    this.#ticks = Math.floor(performance.now())
  }

  open(socket: Socket, head: Buffer, frames: readonly Frame[]): void {
    socket.write(head)
    // Neighbours in time get slots far from each other.
    const slot = this.#slots[(this.#opened++ * 7) % this.#slots.length]!
    slot.add({ socket, frames, next: 0 })
    if (this.#timer !== undefined) return
    this.#ticks = Math.floor(performance.now())
    this.#timer = setInterval(() => this.#tick(), 1)
  }

  #tick(): void {
    const now = Math.floor(performance.now())
    for (; this.#ticks < now; this.#ticks++) {
      const slot = this.#slots[this.#ticks % this.#slots.length]!
      for (const stream of slot) if (!sendNext(stream)) slot.delete(stream)
    }
    if (this.#slots.some((slot) => slot.size > 0)) return
    clearInterval(this.#timer)
    this.#timer = undefined
  }
}

/** False when the stream is over. */
function sendNext(stream: Stream): boolean {
  const { socket, frames } = stream
  const frame = frames[stream.next++]
  if (frame === undefined || socket.destroyed) return false
  if (frame.stampAt === undefined) socket.write(frame.bytes)
  else {
    // A copy: the socket may still hold the last one.
    const bytes = Buffer.from(frame.bytes)
    bytes.write(stampNow(), frame.stampAt, 'latin1')
    socket.write(bytes)
  }
  return stream.next < frames.length
}

const stampNow = (): string => String(process.hrtime.bigint() / 1000n).padStart(STAMP_DIGITS, '0')
