const LF = 0x0a
const CR = 0x0d

/**
 * Lets the bytes of an event stream through in whole frames: what follows the last blank line waits until its frame
 * is complete. So a stream that is torn in mid-frame can be ended by an event of our own, well formed, and the
 * bytes of every whole frame stay exactly as they came.
 */
export class FrameGate {
  readonly #open: (bytes: Buffer) => void
  #held: Buffer[] = []

  constructor(open: (bytes: Buffer) => void) {
    this.#open = open
  }

  push(chunk: Buffer): void {
    const edge = this.#edge()
    const probe = edge.length === 0 ? chunk : Buffer.concat([edge, chunk])
    const cut = lastFrameEnd(probe) - edge.length
    if (cut <= 0) {
      this.#held.push(chunk)
      return
    }
    this.flush()
    this.#open(cut === chunk.length ? chunk : chunk.subarray(0, cut))
    if (cut < chunk.length) this.#held.push(chunk.subarray(cut))
  }

  /** Lets through what is held: the stream ended well without its last blank line. */
  flush(): void {
    for (const bytes of this.#held) this.#open(bytes)
    this.#held = []
  }

  /** The last three bytes held: a blank line may be cut by the edge between two chunks. */
  #edge(): Buffer {
    let edge: Buffer = Buffer.alloc(0)
    for (let i = this.#held.length - 1; i >= 0 && edge.length < 3; i--) {
      edge = Buffer.concat([this.#held[i] as Buffer, edge])
    }
    return edge.subarray(-3)
  }
}

/** One past the last blank line; 0 when there is none. */
function lastFrameEnd(bytes: Buffer): number {
  for (let i = bytes.length - 1; i > 0; i--) {
    const byte = bytes[i]
    const previous = bytes[i - 1]
    if (byte === LF && previous === LF) return i + 1
    if (byte === CR && previous === CR) return i + 1
    if (byte === LF && previous === CR && (bytes[i - 2] === LF || bytes[i - 2] === CR)) return i + 1
  }
  return 0
}
