import type { ErrorCode, GatewayError } from '../../errors.ts'
import type { JsonObject } from '../../ir/json.ts'
import type { ErrorReply } from '../protocol.ts'

/** OpenAI's words for each kind of error. A null status keeps the error's own. */
const FORMS: Readonly<
  Record<ErrorCode, { readonly status: number | null; readonly type: string; readonly code: string | null }>
> = {
  'invalid-request': { status: null, type: 'invalid_request_error', code: null },
  'context-overflow': { status: 400, type: 'invalid_request_error', code: 'context_length_exceeded' },
  'output-overflow': { status: 400, type: 'invalid_request_error', code: 'context_length_exceeded' },
  'content-filtered': { status: 400, type: 'invalid_request_error', code: 'content_filter' },
  unauthenticated: { status: 401, type: 'invalid_request_error', code: 'invalid_api_key' },
  forbidden: { status: 403, type: 'invalid_request_error', code: null },
  // OpenAI has no 402; its SDKs would retry a bare 429, which `x-should-retry` prevents.
  billing: { status: 429, type: 'insufficient_quota', code: 'insufficient_quota' },
  'not-found': { status: 404, type: 'invalid_request_error', code: 'model_not_found' },
  'method-not-allowed': { status: 405, type: 'invalid_request_error', code: 'method_not_supported' },
  conflict: { status: 409, type: 'invalid_request_error', code: 'conflict' },
  'too-large': { status: 413, type: 'invalid_request_error', code: 'request_too_large' },
  'rate-limited': { status: 429, type: 'rate_limit_error', code: 'rate_limit_exceeded' },
  overloaded: { status: 503, type: 'server_error', code: 'server_is_overloaded' },
  'upstream-auth': { status: 502, type: 'server_error', code: 'upstream_auth' },
  'upstream-failed': { status: null, type: 'server_error', code: null },
  'upstream-broken': { status: 502, type: 'server_error', code: 'upstream_broken' },
  timeout: { status: 504, type: 'server_error', code: 'timeout' },
  'not-supported': { status: 501, type: 'invalid_request_error', code: 'not_supported' },
  'client-closed': { status: 499, type: 'invalid_request_error', code: 'client_closed' },
  internal: { status: 500, type: 'server_error', code: null },
}

/** An error for a Chat client, before the first byte. */
export function encodeError(error: GatewayError, requestId: string): ErrorReply {
  const status = FORMS[error.code].status ?? error.status
  return {
    status,
    headers: {
      'content-type': 'application/json',
      'x-request-id': requestId,
      ...retryHeaders(error, status),
    },
    body: errorBody(error),
  }
}

/** The body of an error; the same inside a stream. */
export function errorBody(error: GatewayError): JsonObject {
  const { type, code } = FORMS[error.code]
  const { upstreamCode } = error.details
  return {
    error: {
      message: messageOf(error),
      type,
      param: paramOf(error),
      code: code ?? upstreamCode ?? null,
      ...innerError(error),
    },
  }
}

/** The SDKs obey `x-should-retry` before anything else, then `retry-after-ms` and `retry-after`. */
function retryHeaders(error: GatewayError, status: number): Readonly<Record<string, string>> {
  const { retryAfterMs } = error.details
  const futile = error.retry === 'never' || error.code === 'upstream-auth' || error.code === 'billing'
  return {
    ...(retryAfterMs !== undefined && {
      'retry-after': String(Math.ceil(retryAfterMs / 1000)),
      'retry-after-ms': String(Math.ceil(retryAfterMs)),
    }),
    ...(futile && isRetried(status) && { 'x-should-retry': 'false' }),
  }
}

function isRetried(status: number): boolean {
  return status === 401 || status === 408 || status === 409 || status === 429 || status >= 500
}

function paramOf({ code, details }: GatewayError): string | null {
  if (code === 'context-overflow') return 'messages'
  if (code === 'output-overflow') return 'max_tokens'
  if (code === 'content-filtered') return details.param ?? 'prompt'
  return details.param ?? null
}

/** Clients compact a conversation when they read OpenAI's own sentence about the context length. */
function messageOf(error: GatewayError): string {
  const { tokens, limit, maxTokens, categories } = error.details
  switch (error.code) {
    case 'context-overflow':
      if (tokens === undefined || limit === undefined) {
        if (/maximum context length/i.test(error.message)) return error.message
        const most = limit === undefined ? "This model's maximum context length is exceeded" : maximum(limit)
        return `${most}. Please reduce the length of the messages. (${error.message})`
      }
      return `${maximum(limit)}. However, your messages resulted in ${tokens} tokens. Please reduce the length of the messages.`
    case 'output-overflow':
      if (tokens === undefined || limit === undefined || maxTokens === undefined) return error.message
      return `${maximum(limit)}. However, you requested ${tokens + maxTokens} tokens (${tokens} in the messages, ${maxTokens} in the completion). Please reduce the length of the messages or completion.`
    case 'content-filtered':
      if (categories === undefined || categories.length === 0) return error.message
      return `${error.message} (filtered for: ${categories.join(', ')})`
    default:
      return error.message
  }
}

const maximum = (limit: number): string => `This model's maximum context length is ${limit} tokens`

/** Azure's clients look here for what its filter found. */
function innerError({ code, details }: GatewayError): JsonObject {
  const { categories = [] } = details
  if (code !== 'content-filtered' || categories.length === 0) return {}
  return {
    innererror: {
      code: 'ResponsibleAIPolicyViolation',
      content_filter_result: Object.fromEntries(categories.map((category) => [category, { filtered: true }])),
    },
  }
}
