import type { IncomingMessage } from 'node:http'
import { toGatewayError, type GatewayError } from '../errors.ts'
import type { ClientProtocol } from '../gateway/call.ts'
import { answerJson } from './answer.ts'
import type { Exchange } from './exchange.ts'
import { Refusal } from './refusal.ts'
import type { RequestTarget } from './request-target.ts'
import type { Match } from './routes.ts'
import type { Site } from './site.ts'

/** Answers with an error, or closes the socket when the answer has begun and nothing honest can be added. */
export function refuse(
  site: Site,
  exchange: Exchange,
  asked: RequestTarget,
  match: Match,
  thrown: unknown,
): void {
  const { request, response, requestId } = exchange
  const { log, errorFor } = site.options
  const error = toGatewayError(thrown)
  const facts = { requestId, method: request.method, path: asked.path.slice(0, 200) }
  if (error.code === 'client-closed' || response.destroyed) return log.debug('the client went away', facts)
  if (error.code === 'internal') log.error('a request failed', { ...facts, cause: thrown })
  else log.info('a request was refused', { ...facts, status: error.status, reason: error.message })
  if (response.headersSent) return void response.destroy()
  try {
    const { status, headers, body } = errorFor(dialectFor(request, asked, match), error, requestId)
    const refusal = error instanceof Refusal ? error.headers : {}
    answerJson(exchange, status, body, { ...noRetry(error), ...headers, ...refusal })
  } catch (cause) {
    log.error('an error could not be told to the client', { ...facts, cause })
    response.destroy()
  }
}

/** SDKs retry every 5xx; where that cannot help they are told so. */
function noRetry(error: GatewayError): Record<string, string> {
  return error.retry === 'never' && error.status >= 500 ? { 'x-should-retry': 'false' } : {}
}

/** The protocol to put an error in: the route's, else what path and headers suggest. */
function dialectFor(request: IncomingMessage, { path }: RequestTarget, match: Match): ClientProtocol {
  if (match.found && 'protocol' in match.route.target) return match.route.target.protocol
  const looksLikeMessages =
    request.headers['anthropic-version'] !== undefined || /\/messages(?:\/|$)/.test(path)
  return looksLikeMessages ? 'messages' : 'chat'
}
