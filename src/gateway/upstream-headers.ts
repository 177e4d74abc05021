import type { ProtocolId } from '../ir/part.ts'
import { rateLimitHeaders } from './rate-limits.ts'

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
  if (upstream === undefined) return {}
  const out: Record<string, string> = {}
  for (const [name, value] of Object.entries(upstream)) if (KEPT.has(name)) out[name] = value
  const id = upstream['request-id'] ?? upstream['x-request-id'] ?? upstream['apim-request-id']
  const idName = client === 'messages' ? 'request-id' : 'x-request-id'
  if (id !== undefined) out[idName] ??= id
  return { ...out, ...rateLimitHeaders(client, upstream) }
}
