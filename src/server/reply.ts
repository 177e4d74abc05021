import type { Reply } from '../gateway/call.ts'
import { discardRest, isUnread } from './answer.ts'
import type { Exchange } from './exchange.ts'

/** What goes out in one piece with the head. Bytes. */
const SHORT = 8 * 1024

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
    // Node holds the head back until the first byte of the body; a slow first byte must not delay it.
    process.nextTick(() => {
      if (!this.#written && !this.#gone()) this.#exchange.response.flushHeaders()
    })
  }

  write(chunk: Uint8Array | string): boolean {
    if (this.#gone()) return true
    const isFirst = !this.#written
    this.#written = true
    const { response } = this.#exchange
    // As text of one byte a character Node sends it in one piece with the head, for a third of the cost.
    if (isFirst && Buffer.isBuffer(chunk) && chunk.length < SHORT)
      return response.write(chunk.toString('latin1'), 'latin1')
    return response.write(chunk)
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
    if (isUnread(request)) discardRest(this.#exchange, () => response.end())
    else response.end()
  }

  cut(): void {
    this.#exchange.response.destroy()
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
