import { ChunkReader } from './chunk-reader.ts'
import type { Framing } from './response-head.ts'

/** Finds the end of a body, and hands on what belongs to it. */
export interface BodyReader {
  /**
   * Takes bytes from an index on. They are the reader's to change.
   *
   * @returns the index behind the body's last byte; -1 while the body goes on
   * @throws HttpSyntaxError after everything before the fault has been delivered
   */
  read(bytes: Buffer, from: number, deliver: (piece: Buffer) => void): number
  /** Whether the body may end with the connection. */
  readonly endsWithConnection: boolean
}

export function bodyReaderFor(framing: Framing): BodyReader {
  switch (framing.by) {
    case 'length':
      return new LengthReader(framing.length)
    case 'chunks':
      return new ChunkReader()
    case 'close':
      return UNTIL_CLOSE
    default:
      return framing satisfies never
  }
}

class LengthReader implements BodyReader {
  readonly endsWithConnection = false
  #left: number

  constructor(length: number) {
    this.#left = length
  }

  read(bytes: Buffer, from: number, deliver: (piece: Buffer) => void): number {
    const end = Math.min(bytes.length, from + this.#left)
    this.#left -= end - from
    if (end > from) deliver(from === 0 && end === bytes.length ? bytes : bytes.subarray(from, end))
    return this.#left === 0 ? end : -1
  }
}

const UNTIL_CLOSE: BodyReader = {
  endsWithConnection: true,
  read(bytes, from, deliver) {
    if (bytes.length > from) deliver(from === 0 ? bytes : bytes.subarray(from))
    return -1
  },
}
