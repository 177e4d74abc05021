import type { BodyReader } from './body-reader.ts'
import { HttpSyntaxError, MAX_HEAD_BYTES, readFields } from './syntax.ts'

const CR = 0x0d
const LF = 0x0a
const SEMICOLON = 0x3b

/** Bytes of one chunk's extensions, which nobody reads. */
const MAX_EXTENSION = 16 * 1024

/** Hexadecimal digits of a size: 2 ** 52 at most, where numbers are still exact. */
const MAX_DIGITS = 13

/** Digits of the sizes that are read at once. */
const USUAL_DIGITS = 6

/** From here on a chunk is handed on as it lies instead of being moved next to the one before. Bytes. */
const LARGE_CHUNK = 8 * 1024

/** What comes next. `data-cr` and so on: the line end behind it. */
type Expecting = 'size' | 'extension' | 'size-lf' | 'data' | 'data-cr' | 'data-lf' | 'trailers'

/**
 * Reads chunked bodies (RFC 9112, section 7.1).
 *
 * Models send a chunk an event, hundreds of them in one read of the socket. Their payloads are moved together
 * within the read's own memory, over the sizes between them, so that all of them are handed on as one piece:
 * whoever follows is called once a read instead of once an event.
 */
export class ChunkReader implements BodyReader {
  readonly endsWithConnection = false
  #expecting: Expecting = 'size'
  #digits = 0
  /** The size while it is read, then the bytes that are still to come of the chunk. */
  #left = 0
  #extension = 0
  #trailers = ''

  read(bytes: Buffer, from: number, deliver: (piece: Buffer) => void): number {
    // Payload that was moved together: bytes[start..end).
    let start = from
    let end = from
    let at = from
    let fault: HttpSyntaxError | undefined
    let done = -1
    while (at < bytes.length && done === -1 && fault === undefined) {
      if (this.#expecting === 'data') {
        const size = Math.min(this.#left, bytes.length - at)
        if (end > start && size >= LARGE_CHUNK) {
          deliver(bytes.subarray(start, end))
          start = end
        }
        if (end === start) start = end = at
        else if (end !== at) bytes.copyWithin(end, at, at + size)
        end += size
        at += size
        this.#left -= size
        if (this.#left === 0) {
          this.#expecting = 'data-cr'
          at = this.#nextChunk(bytes, at)
        }
      } else if (this.#expecting === 'trailers') {
        const line = this.#readTrailers(bytes, at)
        if (typeof line === 'number') done = line
        else fault = line
        if (done === -1) break
      } else {
        fault = this.#step(bytes[at]!)
        at++
      }
    }
    if (end > start) deliver(start === 0 && end === bytes.length ? bytes : bytes.subarray(start, end))
    if (fault !== undefined) throw fault
    return done
  }

  /**
   * The line end of a chunk and the size of the next at once, where they are whole and as most are: a third of the
   * time that a burst of small chunks takes. Everything else goes byte by byte.
   *
   * @returns where the next payload begins; `from` when nothing was taken
   */
  #nextChunk(bytes: Buffer, from: number): number {
    const last = Math.min(bytes.length - 1, from + 2 + USUAL_DIGITS)
    if (from + 2 >= last || bytes[from] !== CR || bytes[from + 1] !== LF) return from
    let size = 0
    let at = from + 2
    for (; at < last; at++) {
      const digit = hexadecimal(bytes[at]!)
      if (digit < 0) break
      size = size * 16 + digit
    }
    if (size === 0 || bytes[at] !== CR || bytes[at + 1] !== LF) return from
    this.#left = size
    this.#expecting = 'data'
    return at + 2
  }

  /** One byte of what stands around the payload. */
  #step(byte: number): HttpSyntaxError | undefined {
    switch (this.#expecting) {
      case 'size': {
        const digit = hexadecimal(byte)
        if (digit >= 0) {
          if (++this.#digits > MAX_DIGITS) return new HttpSyntaxError('A chunk is too large')
          this.#left = this.#left * 16 + digit
          return undefined
        }
        if (this.#digits === 0) return new HttpSyntaxError('A chunk has no size')
        if (byte === CR) this.#expecting = 'size-lf'
        else if (byte === SEMICOLON) this.#expecting = 'extension'
        else return new HttpSyntaxError('The size of a chunk is no number')
        return undefined
      }
      case 'extension':
        if (byte === CR) this.#expecting = 'size-lf'
        else if (byte !== 0x09 && (byte < 0x20 || byte === 0x7f))
          return new HttpSyntaxError('A chunk extension holds control characters')
        else if (++this.#extension > MAX_EXTENSION)
          return new HttpSyntaxError('A chunk extension is too long', 'ERR_HTTP_HEAD_TOO_LARGE')
        return undefined
      case 'size-lf':
        if (byte !== LF) return new HttpSyntaxError('A chunk size is not followed by a line end')
        this.#digits = this.#extension = 0
        this.#expecting = this.#left === 0 ? 'trailers' : 'data'
        return undefined
      case 'data-cr':
        if (byte !== CR) return new HttpSyntaxError('A chunk is longer than its size')
        this.#expecting = 'data-lf'
        return undefined
      case 'data-lf':
        if (byte !== LF) return new HttpSyntaxError('A chunk is not followed by a line end')
        this.#expecting = 'size'
        return undefined
      case 'data':
      case 'trailers':
        return undefined
      default:
        return this.#expecting satisfies never
    }
  }

  /** The lines behind the last chunk, up to an empty one. They are checked and dropped. */
  #readTrailers(bytes: Buffer, from: number): number | HttpSyntaxError {
    if (this.#trailers === '' && bytes[from] === CR && bytes[from + 1] === LF) return from + 2
    const known = this.#trailers.length
    const room = MAX_HEAD_BYTES + 4 - known
    const text = this.#trailers + bytes.toString('latin1', from, Math.min(bytes.length, from + room))
    const empty = text.startsWith('\r\n') ? 0 : text.indexOf('\r\n\r\n', Math.max(0, known - 3))
    if (empty === -1) {
      this.#trailers = text
      if (text.length <= MAX_HEAD_BYTES) return -1
      return new HttpSyntaxError('The trailers are too large', 'ERR_HTTP_HEAD_TOO_LARGE')
    }
    try {
      readFields(text.slice(0, empty), 0)
    } catch (thrown) {
      return thrown as HttpSyntaxError
    }
    return from + empty + (empty === 0 ? 2 : 4) - known
  }
}

/** -1 for what is no digit. */
function hexadecimal(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30
  const lower = byte | 0x20
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1
}
