import type { ErrorCode, GatewayError } from '../../errors.ts'
import type { JsonObject } from '../../ir/json.ts'
import type { ErrorReply } from '../protocol.ts'

type Form = {
  /** Null keeps the error's own. */
  readonly status: number | null
  readonly type: string
  readonly code: string | null
}

/** OpenAI's words for each kind of error. */
const FORMS: Readonly<Record<ErrorCode, Form>> = {
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
  // 426 where a WebSocket is refused: Codex goes on over HTTP at once, and tries five times after a 501.
  'not-supported': { status: null, type: 'invalid_request_error', code: 'not_supported' },
  'client-closed': { status: 499, type: 'invalid_request_error', code: 'client_closed' },
  internal: { status: 500, type: 'server_error', code: null },
}

/** What an error object says in a protocol's own way. */
export type Said = {
  readonly message: string
  readonly param: string | null
  /** Stands in where the kind of error has no code of its own. */
  readonly code?: string | undefined
  /** Further fields of the error object. */
  readonly more?: JsonObject
}

/** An error for a client, before the first byte. */
export function errorReply(error: GatewayError, requestId: string, body: JsonObject): ErrorReply {
  const status = FORMS[error.code].status ?? error.status
  return {
    status,
    headers: {
      'content-type': 'application/json',
      'x-request-id': requestId,
      ...retryHeaders(error, status),
    },
    body,
  }
}

/** The body of an error; the same inside a stream. */
export function errorBodyOf(error: GatewayError, said: Said): JsonObject {
  const { type, code } = FORMS[error.code]
  return {
    error: {
      message: said.message,
      type,
      param: said.param,
      code: code ?? said.code ?? error.details.upstreamCode ?? null,
      ...said.more,
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
