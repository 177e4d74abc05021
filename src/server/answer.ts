import type { IncomingMessage } from 'node:http'
import { hasBody } from './body.ts'
import type { Exchange } from './exchange.ts'

/** A client that is still sending is listened to this far after the answer, then cut off. */
const LISTEN_BYTES = 8 * 1024 * 1024
const LISTEN_MS = 2_000

/** Answers with a JSON document of the server's own. */
export function answerJson(
  exchange: Exchange,
  status: number,
  body: object,
  headers: Readonly<Record<string, string>> = {},
): void {
  const text = JSON.stringify(body)
  answer(exchange, status, text, { 'content-type': 'application/json', ...headers })
}

/**
 * Answers whole. When the request's body has not been read, closing the socket at once would reset it, and the
 * client would lose the answer while still sending: so the answer goes out complete (its length says so), the
 * body is thrown away for a while, and only then the exchange ends.
 */
export function answer(
  exchange: Exchange,
  status: number,
  text: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  const { request, response } = exchange
  if (response.headersSent || response.destroyed) return
  const sending = isUnread(request)
  const bytes = Buffer.from(text)
  const all = { ...headers }
  if (status !== 204) all['content-length'] = String(bytes.length)
  exchange.addCommonHeaders(all)
  if (sending) all['connection'] = 'close'
  response.writeHead(status, all)
  if (!sending) return void response.end(bytes)
  response.write(bytes)
  discardRest(exchange, () => response.end())
}

/** True while the client may still be sending, and nobody reads it. */
export function isUnread(request: IncomingMessage): boolean {
  return hasBody(request) && !request.readableEnded
}

/** Throws the rest of a request's body away, for a while, before the exchange ends. */
export function discardRest({ request, response }: Exchange, done: () => void): void {
  let size = 0
  const finish = () => {
    clearTimeout(timer)
    request.off('data', onData).off('end', finish).off('close', finish).pause()
    response.off('close', finish)
    done()
  }
  const onData = (chunk: Buffer) => {
    size += chunk.length
    if (size > LISTEN_BYTES) finish()
  }
  const timer = setTimeout(finish, LISTEN_MS)
  response.on('close', finish)
  request.on('data', onData).on('end', finish).on('close', finish).resume()
}
