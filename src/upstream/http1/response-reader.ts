import { bodyReaderFor, type BodyReader } from './body-reader.ts'
import { readHead, type ResponseHead } from './response-head.ts'
import { HttpSyntaxError, MAX_HEAD_BYTES } from './syntax.ts'

/** Hears an answer as it is read. */
export type ResponseListener = {
  head(head: ResponseHead): void
  data(piece: Buffer): void
}

/**
 * What a reader makes of what it has so far: the answer goes on, it is complete, or it is complete and bytes
 * followed that nobody asked for.
 */
export type Reading = 'more' | 'complete' | 'overrun'

/** Reads one answer from bytes however they are cut. Knows nothing of sockets. */
export class ResponseReader {
  readonly #method: string
  readonly #listener: ResponseListener
  readonly #deliver: (piece: Buffer) => void
  /** An incomplete head. */
  #held: Buffer | undefined
  /** Bytes of heads, informational ones included. */
  #headBytes = 0
  #body: BodyReader | undefined
  #begun = false

  constructor(method: string, listener: ResponseListener) {
    this.#method = method
    this.#listener = listener
    this.#deliver = (piece) => listener.data(piece)
  }

  /** Whether a byte of an answer has come. */
  get begun(): boolean {
    return this.#begun
  }

  /** Whether its head, informational ones apart, has been read. */
  get hasHead(): boolean {
    return this.#body !== undefined
  }

  /** Whether the answer is complete when the connection ends now. */
  get endsWithConnection(): boolean {
    return this.#body?.endsWithConnection === true
  }

  /**
   * Takes the next bytes, which are the reader's to change. Not to be called again after an answer's end.
   *
   * @throws HttpSyntaxError
   */
  read(bytes: Buffer): Reading {
    this.#begun = true
    let at = 0
    let all = bytes
    if (this.#body === undefined) {
      const from = this.#held?.length ?? 0
      if (this.#held !== undefined) all = Buffer.concat([this.#held, bytes])
      at = this.#readHeads(all, from)
      if (at === -1 || this.#body === undefined) return 'more'
    }
    const end = this.#body.read(all, at, this.#deliver)
    if (end === -1) return 'more'
    return end === all.length ? 'complete' : 'overrun'
  }

  /**
   * Reads the head of the answer, and passes over informational ones before it: 103 and the like.
   *
   * @param known bytes of `all` in which no head ends
   * @returns where the body begins; -1 while there is no head yet
   */
  #readHeads(all: Buffer, known: number): number {
    for (let at = 0, from = Math.max(0, known - 3); ; from = at) {
      const end = all.indexOf('\r\n\r\n', from, 'latin1')
      if ((end === -1 ? all.length : end) - at + this.#headBytes > MAX_HEAD_BYTES) {
        throw new HttpSyntaxError('The head of the answer is too large', 'ERR_HTTP_HEAD_TOO_LARGE')
      }
      if (end === -1) {
        refuseOther(all, at)
        this.#held = at === 0 ? all : all.subarray(at)
        return -1
      }
      const head = readHead(all.toString('latin1', at, end), this.#method)
      this.#headBytes += end + 4 - at
      at = end + 4
      if (head.status === 101) throw new HttpSyntaxError('The answer changes to a protocol nobody asked for')
      if (head.status < 200) continue
      this.#held = undefined
      this.#body = bodyReaderFor(head.framing)
      this.#listener.head(head)
      return at
    }
  }
}

const BEGINNING = 'HTTP/1.'

/** What does not begin like HTTP will not become it: said at once, not when the other side has hung up. */
function refuseOther(bytes: Buffer, from: number): void {
  const seen = bytes.toString('latin1', from, Math.min(bytes.length, from + BEGINNING.length))
  if (!BEGINNING.startsWith(seen)) throw new HttpSyntaxError('What came is not HTTP/1')
}
