import type { GatewayError } from '../errors.ts'
import { run } from '../stream/sink.ts'
import { formatSse } from '../stream/sse.ts'
import type { Call, Reply } from './call.ts'
import { clientCodec } from './codecs.ts'
import type { GatewayDeps } from './deps.ts'
import { formatDropped } from './dropped-header.ts'
import { answeredElsewhere, type Exchange } from './exchange.ts'
import { relayedError } from './relay-error.ts'
import { addAnswerHeaders } from './upstream-headers.ts'

/** Headers of every streamed answer: no proxy may hold it back or change it. */
const STREAM_HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-cache, no-transform',
  'x-accel-buffering': 'no',
} as const

/** Sends the head of a streamed answer. Before an upstream has answered, `upstream` is absent. */
export function startStream(exchange: Exchange, upstream?: Readonly<Record<string, string>>): void {
  const headers = provenance(exchange)
  addAnswerHeaders(headers, exchange.client.id, upstream)
  exchange.reply.head(200, Object.assign(headers, STREAM_HEADERS))
}

/** Sends a whole JSON answer. */
export function replyWhole(
  exchange: Exchange,
  body: Buffer | string,
  upstream: Readonly<Record<string, string>>,
  status = 200,
): void {
  const bytes = typeof body === 'string' ? Buffer.from(body, 'utf8') : body
  const headers = provenance(exchange)
  addAnswerHeaders(headers, exchange.client.id, upstream)
  headers['content-type'] = 'application/json'
  headers['content-length'] = String(bytes.length)
  exchange.reply.head(status, headers)
  exchange.reply.write(bytes)
  exchange.reply.end()
}

/** Who answered, how, and what was lost: the same on every answer. */
export function provenance(exchange: Exchange): Record<string, string> {
  const { target, lane, dropped } = exchange
  const lost = formatDropped(dropped)
  const headers: Record<string, string> = {}
  if (target !== undefined) headers['x-dragoman-target'] = headerText(target.name)
  if (answeredElsewhere(exchange)) headers['x-dragoman-model'] = headerText(exchange.answeredBy ?? '')
  if (lane !== undefined) headers['x-dragoman-lane'] = lane
  if (lost !== undefined) headers['x-dragoman-dropped'] = lost
  headers['server-timing'] = timing(exchange)
  return headers
}

/** Milliseconds: what the upstream took to its first byte, and the rest, which is the gateway's. */
function timing({ deps, startedAt, sentAt, answeredAt }: Exchange): string {
  const now = deps.clock.now()
  const upstream = sentAt === undefined ? 0 : (answeredAt ?? now) - sentAt
  const gateway = Math.max(0, now - startedAt - upstream)
  return `gateway;dur=${gateway.toFixed(2)}, upstream;dur=${upstream.toFixed(2)}`
}

/** Tells the client of an error: as a status while nothing was sent, as the stream's terminal event after that. */
export function replyWithError(exchange: Exchange, error: GatewayError): void {
  const { reply, client, call } = exchange
  if (call.signal.aborted || error.code === 'client-closed') return reply.started ? reply.end() : undefined
  if (!reply.started && readsErrorInStream(exchange, error)) startStream(exchange)
  if (reply.started) return endStreamWithError(exchange, error)
  const encoded = client.encodeError(error, call.requestId)
  // The upstream's own request id goes before ours, which has a header of its own.
  const shared = { ...encoded.headers, ...provenance(exchange) }
  addAnswerHeaders(shared, client.id, error.details.upstream?.headers)
  Object.assign(shared, retryHints(encoded.headers))
  const relayed = relayedError(error, call.protocol, exchange.lane)
  if (relayed !== undefined) {
    sendBytes(
      reply,
      relayed.status,
      { ...shared, ...JSON_BODY, ...relayed.headers, ...retryHints(encoded.headers) },
      Buffer.from(relayed.body),
    )
    return
  }
  sendJson(reply, encoded.status, shared, encoded.body)
}

/** What routing knows of the next attempt holds for a relayed error too: other targets, retries that came to nothing. */
function retryHints(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => /^(?:x-should-retry|retry-after)/.test(name)),
  )
}

/** Codex compacts when it reads of an overflow in the stream; a 400 ends its session with the bare body. */
function readsErrorInStream({ stream, context }: Exchange, { code }: GatewayError): boolean {
  return stream && context.profile === 'codex' && code === 'context-overflow'
}

/** The error that ends a stream in which nothing but pings was sent, or bytes of a passthrough. */
export function endStreamWithError(exchange: Exchange, error: GatewayError): void {
  exchange.reply.write(streamedError(exchange, error))
  exchange.reply.end()
}

/** An error as the terminal event of the client's protocol. */
export function streamedError(exchange: Exchange, error: GatewayError): string {
  return run(exchange.client.encodeStream(exchange.context), [{ type: 'error', error }])
    .map(formatSse)
    .join('')
}

/** An error before there is an exchange: the body could not be read at all. */
export function replyWithFault(call: Call, reply: Reply, deps: GatewayDeps, error: GatewayError): void {
  const codec = clientCodec(call.protocol) ?? clientCodec('chat')
  if (codec === undefined || reply.started || call.signal.aborted) return
  deps.log.warn('request refused', { requestId: call.requestId, code: error.code, reason: error.message })
  const { status, headers, body } = codec.encodeError(error, call.requestId)
  sendJson(reply, status, headers, body)
}

function sendJson(
  reply: Reply,
  status: number,
  headers: Readonly<Record<string, string>>,
  body: object,
): void {
  sendBytes(reply, status, { ...headers, ...JSON_BODY }, Buffer.from(JSON.stringify(body), 'utf8'))
}

const JSON_BODY = { 'content-type': 'application/json' } as const

function sendBytes(
  reply: Reply,
  status: number,
  headers: Readonly<Record<string, string>>,
  bytes: Buffer,
): void {
  reply.head(status, { ...headers, 'content-length': String(bytes.length) })
  reply.write(bytes)
  reply.end()
}

/** A header value: printable ASCII, anything else a question mark. */
function headerText(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?')
}
