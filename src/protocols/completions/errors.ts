import type { ErrorCode, GatewayError } from '../../errors.ts'
import type { JsonObject } from '../../ir/json.ts'
import type { ErrorReply } from '../protocol.ts'

type Form = { readonly status?: number; readonly type?: string; readonly code?: string }

/** OpenAI's words for each kind of error: without a status the error's own, without a type a bad request. */
const FORMS: Readonly<Record<ErrorCode, Form>> = {
  'invalid-request': {},
  'context-overflow': { status: 400, code: 'context_length_exceeded' },
  'output-overflow': { status: 400, code: 'context_length_exceeded' },
  'content-filtered': { status: 400, code: 'content_filter' },
  unauthenticated: { status: 401, code: 'invalid_api_key' },
  forbidden: { status: 403 },
  // OpenAI has no 402; its SDKs would retry a bare 429, which `x-should-retry` prevents.
  billing: { status: 429, type: 'insufficient_quota', code: 'insufficient_quota' },
  'not-found': { status: 404, code: 'model_not_found' },
  'method-not-allowed': { status: 405, code: 'method_not_supported' },
  conflict: { status: 409, code: 'conflict' },
  'too-large': { status: 413, code: 'request_too_large' },
  'rate-limited': { status: 429, type: 'rate_limit_error', code: 'rate_limit_exceeded' },
  overloaded: { status: 503, type: 'server_error', code: 'server_is_overloaded' },
  'upstream-auth': { status: 502, type: 'server_error', code: 'upstream_auth' },
  'upstream-failed': { type: 'server_error' },
  'upstream-broken': { status: 502, type: 'server_error', code: 'upstream_broken' },
  timeout: { status: 504, type: 'server_error', code: 'timeout' },
  'not-supported': { status: 501, code: 'not_supported' },
  'client-closed': { status: 499, code: 'client_closed' },
  internal: { status: 500, type: 'server_error' },
}

/** An error for a client, before the first byte. */
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
  const { type = 'invalid_request_error', code } = FORMS[error.code]
  const overflow = error.code === 'context-overflow' || error.code === 'output-overflow'
  return {
    error: {
      message: messageOf(error),
      type,
      param: overflow ? 'prompt' : (error.details.param ?? null),
      code: code ?? error.details.upstreamCode ?? null,
    },
  }
}

/** The SDKs obey `x-should-retry` before anything else, then `retry-after-ms` and `retry-after`. */
function retryHeaders(error: GatewayError, status: number): Readonly<Record<string, string>> {
  const wait = error.details.retryAfterMs
  const futile = error.retry === 'never' || error.code === 'upstream-auth' || error.code === 'billing'
  const retried = status === 401 || status === 408 || status === 409 || status === 429 || status >= 500
  return {
    ...(wait !== undefined && {
      'retry-after': String(Math.ceil(wait / 1000)),
      'retry-after-ms': String(Math.ceil(wait)),
    }),
    ...(futile && retried && { 'x-should-retry': 'false' }),
  }
}

/** Clients shorten a prompt when they read OpenAI's own sentence about the context length. */
function messageOf({ code, message, details }: GatewayError): string {
  const { tokens, limit, maxTokens } = details
  if (tokens === undefined || limit === undefined) return message
  const most = `This model's maximum context length is ${limit} tokens`
  if (code === 'context-overflow')
    return `${most}, however you requested ${tokens} tokens in your prompt. Please reduce your prompt.`
  if (code === 'output-overflow' && maxTokens !== undefined)
    return `${most}, however you requested ${tokens + maxTokens} tokens (${tokens} in your prompt; ${maxTokens} for the completion). Please reduce your prompt; or completion length.`
  return message
}
