import type { ErrorCode, GatewayError } from '../../errors.ts'
import type { JsonObject } from '../../ir/json.ts'
import type { ErrorReply } from '../protocol.ts'

const TYPE_OF: Readonly<Record<ErrorCode, string>> = {
  'invalid-request': 'invalid_request_error',
  'context-overflow': 'invalid_request_error',
  'output-overflow': 'invalid_request_error',
  'content-filtered': 'invalid_request_error',
  unauthenticated: 'authentication_error',
  forbidden: 'permission_error',
  billing: 'billing_error',
  'not-found': 'not_found_error',
  'method-not-allowed': 'invalid_request_error',
  conflict: 'conflict_error',
  'too-large': 'request_too_large',
  'rate-limited': 'rate_limit_error',
  overloaded: 'overloaded_error',
  'upstream-auth': 'api_error',
  'upstream-failed': 'api_error',
  'upstream-broken': 'api_error',
  timeout: 'timeout_error',
  'not-supported': 'not_supported',
  'client-closed': 'api_error',
  internal: 'api_error',
}

/** Window to name in a context overflow of which no number is known. Tokens. */
const SOME_WINDOW = 200_000

/** Codes that no second attempt of the client cures, although their status looks as if one might. */
const FINAL: ReadonlySet<ErrorCode> = new Set([
  'upstream-auth',
  'not-supported',
  'unauthenticated',
  'billing',
])

/** An error for a client, before the first byte. Clients match types and wordings: see {@link errorBody}. */
export function encodeError(error: GatewayError, requestId: string): ErrorReply {
  const { code, status, details } = error
  const wait = details.retryAfterMs
  return {
    status,
    headers: {
      'request-id': requestId,
      ...(wait !== undefined && {
        'retry-after': String(Math.ceil(wait / 1000)),
        'retry-after-ms': String(Math.ceil(wait)),
      }),
      ...(isRetried(status) && (error.retry === 'never' || FINAL.has(code)) && { 'x-should-retry': 'false' }),
    },
    body: errorBody(error, requestId),
  }
}

/** Statuses that the official SDKs and Claude Code try again. */
const isRetried = (status: number): boolean =>
  status === 401 || status === 408 || status === 409 || status === 429 || status >= 500

/** The error as a body or as the payload of an `error` event. */
export function errorBody(error: GatewayError, requestId?: string): JsonObject {
  return {
    type: 'error',
    error: { type: TYPE_OF[error.code], message: messageOf(error) },
    ...(requestId !== undefined && { request_id: requestId }),
  }
}

/** Claude Code compacts, or asks for less, when it reads Anthropic's own sentences. */
function messageOf({ code, message, details }: GatewayError): string {
  const { tokens, limit, maxTokens, param, categories } = details
  switch (code) {
    case 'context-overflow': {
      const window = limit ?? (tokens === undefined ? SOME_WINDOW : tokens - 1)
      const prompt = Math.max(tokens ?? 0, window + 1)
      return `prompt is too long: ${prompt} tokens > ${window} maximum`
    }
    case 'output-overflow':
      if (tokens === undefined || maxTokens === undefined || limit === undefined) return message
      return `input length and \`max_tokens\` exceed context limit: ${tokens} + ${maxTokens} > ${limit}, decrease input length or \`max_tokens\` and try again`
    case 'content-filtered': {
      const named = categories?.filter((category) => !message.includes(category)) ?? []
      return named.length === 0 ? message : `${message} (content filter: ${named.join(', ')})`
    }
    case 'upstream-auth':
      return `${message} Check the API key or identity of this provider in Dragoman's config; \`dragoman doctor\` helps.`
    case 'invalid-request':
      return param === undefined || message.includes(param) ? message : `${param}: ${message}`
    default:
      return message
  }
}
