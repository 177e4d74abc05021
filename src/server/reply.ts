import type { Reply } from '../gateway/call.ts'
import { byteText } from '../stream/byte-text.ts'
import { discardRest, isUnread } from './answer.ts'
import type { Exchange } from './exchange.ts'

/** Up to here text of one byte a character is sent faster than bytes: in one piece with its frame, and with the head. */
const SHORT = 2 * 1024

/** RFC 9112, section 7.1. */
const chunkHead = (length: number): string => `${length.toString(16)}\r\n`
const LAST_CHUNK = '0\r\n\r\n'

/** A chunk in one piece: copying it costs less than sending it in three. */
function asChunk(length: number, put: (to: Buffer, at: number) => void): Buffer {
  const head = chunkHead(length)
  const chunk = Buffer.allocUnsafe(head.length + length + 2)
  chunk.write(head, 'latin1')
  put(chunk, head.length)
  chunk.write('\r\n', head.length + length, 'latin1')
  return chunk
}

/**
 * A Reply over a socket. What is written after the client went away is discarded, and whoever waits for room
 * is let go, so that a pump ends by its abort signal and never hangs.
 *
 * A class for `started`: V8 makes a hidden class for every object literal with a getter, which would keep each
 * request in memory until the next full collection.
 */
export class SocketReply implements Reply {
  readonly #exchange: Exchange
  #started = false
  #finished = false
  #written = false
  /** The body is framed here. */
  #chunked = false
  #waiting: (() => void)[] | undefined

  constructor(exchange: Exchange) {
    this.#exchange = exchange
  }

  get started(): boolean {
    return this.#started
  }

  /** True after `end`, though the socket may stay open a little for a client that is still sending. */
  get finished(): boolean {
    return this.#finished
  }

  head(status: number, headers: Readonly<Record<string, string>>): void {
    this.#started = true
    if (this.#gone()) return
    const all = { ...headers }
    this.#exchange.addCommonHeaders(all)
    if (isUnread(this.#exchange.request)) all['connection'] = 'close'
    sendHead(this.#exchange, status, all)
    this.#takeFraming()
    // Node holds the head back until the first byte of the body; a slow first byte must not delay it.
    process.nextTick(() => {
      if (!this.#written && !this.#gone()) this.#exchange.response.flushHeaders()
    })
  }

  write(chunk: Uint8Array | string): boolean {
    if (typeof chunk === 'string') return this.writeBytes(byteText(chunk))
    if (chunk.length < SHORT && Buffer.isBuffer(chunk)) return this.writeBytes(chunk.toString('latin1'))
    // A chunk of nothing would be the last one.
    if (chunk.length === 0 || this.#gone()) return true
    this.#written = true
    const { response } = this.#exchange
    return response.write(this.#chunked ? asChunk(chunk.length, (to, at) => to.set(chunk, at)) : chunk)
  }

  writeBytes(text: string): boolean {
    if (text === '' || this.#gone()) return true
    this.#written = true
    const { response } = this.#exchange
    if (!this.#chunked) return response.write(text, 'latin1')
    if (text.length < SHORT) return response.write(`${chunkHead(text.length)}${text}\r\n`, 'latin1')
    return response.write(asChunk(text.length, (to, at) => to.write(text, at, 'latin1')))
  }

  onDrain(callback: () => void): void {
    const { response } = this.#exchange
    if (this.#gone() || !response.writableNeedDrain) return process.nextTick(callback)
    if (this.#waiting === undefined) this.#watch()
    this.#waiting = [...(this.#waiting ?? []), callback]
  }

  end(): void {
    this.#written = true
    this.#finished = true
    if (this.#gone()) return
    const { request, response } = this.#exchange
    if (this.#chunked) response.write(LAST_CHUNK, 'latin1')
    if (isUnread(request)) discardRest(this.#exchange, () => response.end())
    else response.end()
  }

  cut(): void {
    this.#exchange.response.destroy()
  }

  /**
   * A body without a length goes out in chunks, whose frames are written here: Node makes four writes of
   * each chunk, which for a token that comes alone is a tenth of its whole cost.
   */
  #takeFraming(): void {
    const { response } = this.#exchange
    this.#chunked = response.chunkedEncoding
    response.chunkedEncoding = false
  }

  #gone(): boolean {
    const { response, signal } = this.#exchange
    return signal.aborted || response.destroyed || response.writableEnded
  }

  #watch(): void {
    const { response, signal } = this.#exchange
    const release = () => {
      const callbacks = this.#waiting ?? []
      this.#waiting = []
      for (const callback of callbacks) callback()
    }
    response.on('drain', release)
    signal.addEventListener('abort', release)
  }
}

/**
 * Writes status and headers. Values that HTTP cannot carry (an upstream's text in a header of ours) are
 * repaired instead of failing the answer.
 */
function sendHead(exchange: Exchange, status: number, headers: Readonly<Record<string, string>>): void {
  try {
    exchange.response.writeHead(status, headers)
  } catch (cause) {
    const { requestId } = exchange
    exchange.log.warn('a header of the answer was not valid and was repaired', { requestId, cause })
    const legal = Object.entries(headers).filter(([name]) => /^[-!#$%&'*+.^_`|~0-9A-Za-z]+$/.test(name))
    const repaired = legal.map(([name, value]) => [name, value.replace(/[^\t\x20-\x7e\x80-\xff]/g, '?')])
    exchange.response.writeHead(status, Object.fromEntries(repaired) as Record<string, string>)
  }
}
