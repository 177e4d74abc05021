import type { ProtocolId } from '../ir/part.ts'
import { addRateLimits } from './rate-limits.ts'

const KEPT = new Set([
  'request-id',
  'x-request-id',
  'apim-request-id',
  'x-ms-region',
  'retry-after',
  'retry-after-ms',
  'openai-processing-ms',
  'openai-model',
  'anthropic-organization-id',
])

/**
 * What of an upstream's response headers goes on to the client: request ids (in the client's family too),
 * retry hints, rate limits. Everything else, hop-by-hop headers and cookies above all, stays behind.
 */
export function answerHeaders(
  client: ProtocolId,
  upstream: Readonly<Record<string, string>> | undefined,
): Record<string, string> {
  const headers: Record<string, string> = {}
  addAnswerHeaders(headers, client, upstream)
  return headers
}

/** Adds them to headers that are there, before which they go. */
export function addAnswerHeaders(
  headers: Record<string, string>,
  client: ProtocolId,
  upstream: Readonly<Record<string, string>> | undefined,
): void {
  if (upstream === undefined) return
  for (const name in upstream) if (KEPT.has(name)) headers[name] = upstream[name] ?? ''
  const id = upstream['request-id'] ?? upstream['x-request-id'] ?? upstream['apim-request-id']
  const idName = client === 'messages' ? 'request-id' : 'x-request-id'
  if (id !== undefined && upstream[idName] === undefined) headers[idName] = id
  addRateLimits(headers, client, upstream)
}
