import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import { toGatewayError } from '../errors.ts'
import type { Connections } from './connections.ts'
import { clientClosed, Refusal } from './refusal.ts'
import type { ServerOptions } from './options.ts'

/** How long a client that sent garbage may take to read the answer. */
const LISTEN_MS = 2_000

/**
 * Deals with what Node's parser could not read. A request whose body turned out broken is answered by its own
 * exchange; answers under way are completed; otherwise the socket gets a 400 in JSON and is closed.
 */
export function answerMalformed(
  thrown: NodeJS.ErrnoException,
  socket: Socket,
  connections: Connections,
  options: ServerOptions,
): void {
  if (thrown.code === 'ECONNRESET' || !socket.writable) return void socket.destroy()
  const occupants = connections.condemn(socket)
  if (occupants === undefined) return
  const error = malformed(thrown)
  const requestId = options.newId()
  options.log.info('a malformed request was refused', { requestId, reason: thrown.code ?? thrown.message })
  for (const { request, abort } of occupants) if (!request.complete) abort(error)
  if (occupants.length > 0) return

  socket.end(rawAnswer(error, requestId, options))
  // Destroying it now would reset the connection while the answer is on its way.
  const timer = setTimeout(() => socket.destroy(), LISTEN_MS)
  socket.on('close', () => clearTimeout(timer))
}

function malformed({ code, message, cause }: NodeJS.ErrnoException): Refusal {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return new Refusal('invalid-request', 'The request headers are too large', { status: 431 })
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new Refusal('timeout', 'The request headers took too long', { status: 408 })
    case 'ECONNABORTED':
    case 'EPIPE':
      return clientClosed()
    default:
      return new Refusal('invalid-request', `The request is not valid HTTP: ${message}`, { cause })
  }
}

/** The protocol is unknown here; OpenAI's error body with Anthropic's outer `type` is read by both kinds of SDK. */
function rawAnswer(thrown: Refusal, requestId: string, options: ServerOptions): string {
  const error = toGatewayError(thrown)
  const { body } = options.errorFor('chat', error, requestId)
  const text = JSON.stringify({ type: 'error', ...body })
  return [
    `HTTP/1.1 ${error.status} ${STATUS_CODES[error.status] ?? 'Error'}`,
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(text)}`,
    `x-dragoman-request-id: ${requestId}`,
    'connection: close',
    '',
    text,
  ].join('\r\n')
}
