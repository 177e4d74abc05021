import type { Reply } from '../gateway/call.ts'
import type { Exchange } from './exchange.ts'

/**
 * A Reply over a socket. What is written after the client went away is discarded, and whoever waits for room
 * is let go, so that a pump ends by its abort signal and never hangs.
 */
export function createReply(exchange: Exchange): Reply {
  const { response, signal } = exchange
  let started = false
  let written = false
  let waiting: (() => void)[] | undefined

  const release = () => {
    for (const callback of waiting?.splice(0) ?? []) callback()
  }
  const gone = () => signal.aborted || response.destroyed || response.writableEnded

  return {
    get started() {
      return started
    },
    head(status, headers) {
      started = true
      if (gone()) return
      sendHead(exchange, status, { ...headers, ...exchange.commonHeaders() })
      // Node holds the head back until the first byte of the body; a slow first byte must not delay it.
      process.nextTick(() => {
        if (!written && !gone()) response.flushHeaders()
      })
    },
    write(chunk) {
      if (gone()) return true
      written = true
      return response.write(chunk)
    },
    onDrain(callback) {
      if (gone() || !response.writableNeedDrain) return process.nextTick(callback)
      if (waiting === undefined) {
        waiting = []
        response.on('drain', release)
        signal.addEventListener('abort', release)
      }
      waiting.push(callback)
    },
    end() {
      written = true
      if (!gone()) response.end()
    },
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
