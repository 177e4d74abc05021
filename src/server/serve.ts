import type { IncomingMessage, ServerResponse } from 'node:http'
import type { GatewayError } from '../errors.ts'
import type { Call } from '../gateway/call.ts'
import { answer } from './answer.ts'
import { readBody } from './body.ts'
import { carryOver } from './carry.ts'
import type { Connections } from './connections.ts'
import type { Exchange } from './exchange.ts'
import { plainHeaders } from './headers.ts'
import { nearbyRoutes } from './nearby.ts'
import { answerHere } from './own-answers.ts'
import { clientClosed, noRoute, Refusal, wrongMethod } from './refusal.ts'
import { refuse } from './refuse.ts'
import { SocketReply } from './reply.ts'
import { readTarget, withoutKey, type RequestTarget } from './request-target.ts'
import { ANY_PATH, matchRoute, type Match, type Target } from './routes.ts'
import type { Site } from './site.ts'

/** More headers than any client sends; Node would silently ignore what exceeds its own limit. */
const HEADER_COUNT = 256
const BODY_IDLE_MS = 60_000

/** Answers one request. Never throws; every path ends in one answer or a closed socket. */
export function serve(site: Site, request: IncomingMessage, response: ServerResponse): void {
  const { log, newId } = site.options
  const controller = new AbortController()
  const target = readTarget(request.url ?? '/')
  let granted: Readonly<Record<string, string>> | undefined
  const exchange: Exchange = {
    request,
    response,
    requestId: newId(),
    log,
    signal: controller.signal,
    addCommonHeaders(headers) {
      headers['x-dragoman-request-id'] = exchange.requestId
      if (granted !== undefined) Object.assign(headers, granted)
      if (!site.isServing()) headers['connection'] = 'close'
    },
  }
  follow(exchange, site.connections, controller)
  const known = matchRoute(request.method ?? 'GET', target.path)
  const isCarried = !known.found && site.options.handler.carriesAnyPath === true
  const match: Match = isCarried ? { found: true, route: ANY_PATH, id: '' } : known

  const attempt = async () => {
    const passage = site.origins.admit({
      method: request.method ?? 'GET',
      headers: request.headers,
      httpVersion: request.httpVersion,
      ...(target.authority !== undefined && { authority: target.authority }),
    })
    granted = passage.headers
    if (passage.preflight) return answer(exchange, 204, '')
    await perform(site, exchange, target, match)
  }
  attempt().catch((thrown: unknown) => refuse(site, exchange, target, match, thrown))
}

/** Ties the abort signal to the socket, whichever half of the exchange it dies in. */
function follow(exchange: Exchange, connections: Connections, controller: AbortController): void {
  const { request, response } = exchange
  const { socket } = request
  const occupant = {
    request,
    abort(reason: GatewayError) {
      if (!response.writableFinished) controller.abort(reason)
    },
  }
  connections.enter(socket, occupant)
  response.on('close', () => {
    if (!response.writableFinished) controller.abort(clientClosed())
    connections.leave(socket, occupant)
  })
  // Both emit errors when their socket dies; the abort above has already said so.
  response.on('error', () => {})
  request.on('error', () => {})
}

/** Checks head, route and key, in this order, and answers. Throws what the client is to be told. */
async function perform(site: Site, exchange: Exchange, asked: RequestTarget, match: Match): Promise<void> {
  const { request } = exchange
  if (request.rawHeaders.length > 2 * HEADER_COUNT) {
    throw new Refusal('invalid-request', `The request has more than ${HEADER_COUNT} headers`, { status: 431 })
  }
  if (!match.found) {
    throw match.allow.length > 0
      ? wrongMethod(request.method, match.allow)
      : noRoute(request.method, asked.path, nearbyRoutes(asked.path))
  }
  const clientKey = match.route.open
    ? undefined
    : site.auth.admit({
        headers: request.headers,
        query: asked.query,
        remoteAddress: request.socket.remoteAddress,
      })
  const { target } = match.route
  if (target.kind === 'call') return handOver(site, exchange, target, withoutKey(asked.query), clientKey)
  if (target.kind === 'carry') return carryOver(site, exchange, target, asked, clientKey)
  return answerHere(site, exchange, target, asked, match.id)
}

/**
 * Reads the body and lets the gateway answer. A chain rather than an `await`: a suspended function would keep the
 * body in memory for as long as the answer streams.
 */
function handOver(
  site: Site,
  exchange: Exchange,
  { protocol, operation }: Target & { kind: 'call' },
  query: string,
  clientKey: string | undefined,
): Promise<void> {
  const { request, response, requestId, signal } = exchange
  const { bodyLimit, bodyIdleMs, handler } = site.options
  const onReady = () => {
    if (request.headers.expect?.toLowerCase() === '100-continue') response.writeContinue()
  }
  const toCall = (body: Buffer): Call => ({
    protocol,
    operation,
    body,
    headers: plainHeaders(request),
    query,
    requestId,
    ...(clientKey !== undefined && { clientKey }),
    signal,
  })
  return readBody(request, { limit: bodyLimit, idleMs: bodyIdleMs ?? BODY_IDLE_MS, signal, onReady })
    .then((body) => handler.handle(toCall(body), new SocketReply(exchange)))
    .then(() => {
      if (response.writableEnded || signal.aborted) return
      throw new Error('the gateway returned without completing its answer')
    })
}
