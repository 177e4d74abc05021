import type { ErrorCode, GatewayError } from '../../errors.ts'
import type { JsonObject } from '../../ir/json.ts'
import type { ErrorReply } from '../protocol.ts'

type Form = {
  /** Null keeps the error's own. */
  readonly status: number | null
  readonly type: string
  readonly code: string | null
  /** The code of a failed answer; Codex acts on some of them. */
  readonly failed: string
}

/** OpenAI's words for each kind of error, before an answer and in one. */
const FORMS: Readonly<Record<ErrorCode, Form>> = {
  'invalid-request': { status: null, type: 'invalid_request_error', code: null, failed: 'invalid_prompt' },
  'context-overflow': {
    status: 400,
    type: 'invalid_request_error',
    code: 'context_length_exceeded',
    failed: 'context_length_exceeded',
  },
  'output-overflow': {
    status: 400,
    type: 'invalid_request_error',
    code: 'context_length_exceeded',
    failed: 'context_length_exceeded',
  },
  'content-filtered': {
    status: 400,
    type: 'invalid_request_error',
    code: 'content_filter',
    failed: 'invalid_prompt',
  },
  unauthenticated: {
    status: 401,
    type: 'invalid_request_error',
    code: 'invalid_api_key',
    failed: 'invalid_prompt',
  },
  forbidden: { status: 403, type: 'invalid_request_error', code: null, failed: 'invalid_prompt' },
  // OpenAI has no 402; its SDKs would retry a bare 429, which `x-should-retry` prevents.
  billing: {
    status: 429,
    type: 'insufficient_quota',
    code: 'insufficient_quota',
    failed: 'insufficient_quota',
  },
  'not-found': {
    status: 404,
    type: 'invalid_request_error',
    code: 'model_not_found',
    failed: 'invalid_prompt',
  },
  'method-not-allowed': {
    status: 405,
    type: 'invalid_request_error',
    code: 'method_not_supported',
    failed: 'invalid_prompt',
  },
  conflict: { status: 409, type: 'invalid_request_error', code: 'conflict', failed: 'server_error' },
  'too-large': {
    status: 413,
    type: 'invalid_request_error',
    code: 'request_too_large',
    failed: 'invalid_prompt',
  },
  'rate-limited': {
    status: 429,
    type: 'rate_limit_error',
    code: 'rate_limit_exceeded',
    failed: 'rate_limit_exceeded',
  },
  overloaded: {
    status: 503,
    type: 'server_error',
    code: 'server_is_overloaded',
    failed: 'server_is_overloaded',
  },
  'upstream-auth': { status: 502, type: 'server_error', code: 'upstream_auth', failed: 'server_error' },
  'upstream-failed': { status: null, type: 'server_error', code: null, failed: 'server_error' },
  'upstream-broken': { status: 502, type: 'server_error', code: 'upstream_broken', failed: 'server_error' },
  timeout: { status: 504, type: 'server_error', code: 'timeout', failed: 'server_error' },
  'not-supported': {
    status: 501,
    type: 'invalid_request_error',
    code: 'not_supported',
    failed: 'invalid_prompt',
  },
  'client-closed': {
    status: 499,
    type: 'invalid_request_error',
    code: 'client_closed',
    failed: 'server_error',
  },
  internal: { status: 500, type: 'server_error', code: null, failed: 'server_error' },
}

/** An error for a Responses client, before the first byte. */
export function encodeError(error: GatewayError, requestId: string): ErrorReply {
  const { type, code } = FORMS[error.code]
  const status = FORMS[error.code].status ?? error.status
  return {
    status,
    headers: {
      'content-type': 'application/json',
      'x-request-id': requestId,
      ...retryHeaders(error, status),
    },
    body: {
      error: {
        message: messageOf(error),
        type,
        param: paramOf(error),
        code: code ?? codeOfParam(error) ?? error.details.upstreamCode ?? null,
        ...innerError(error),
      },
    },
  }
}

/** The `error` of an answer that failed. */
export function failedError(error: GatewayError): JsonObject {
  return { code: FORMS[error.code].failed, message: withDelay(messageOf(error), error) }
}

/** Codex reads from the message how long to wait, in OpenAI's own words. */
function withDelay(message: string, { code, details }: GatewayError): string {
  if (code !== 'rate-limited' || details.retryAfterMs === undefined) return message
  if (/try again in \d/i.test(message)) return message
  return `${message} Please try again in ${Math.ceil(details.retryAfterMs / 1000)}s.`
}

/** Clients that keep their history at OpenAI send it whole again when they read this. */
function codeOfParam({ details }: GatewayError): string | undefined {
  return details.param === 'previous_response_id' ? 'previous_response_not_found' : undefined
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
  if (code === 'context-overflow') return 'input'
  if (code === 'output-overflow') return 'max_output_tokens'
  if (code === 'content-filtered') return details.param ?? 'input'
  return details.param ?? null
}

/** Clients compact a conversation when they read OpenAI's own sentence about the context length. */
function messageOf(error: GatewayError): string {
  const { tokens, limit, maxTokens, categories } = error.details
  switch (error.code) {
    case 'context-overflow':
      if (tokens === undefined || limit === undefined) {
        if (/maximum context length|context window/i.test(error.message)) return error.message
        const most = limit === undefined ? "This model's maximum context length is exceeded" : maximum(limit)
        return `${most}. Please reduce the length of the input. (${error.message})`
      }
      return `${maximum(limit)}. However, your input resulted in ${tokens} tokens. Please reduce the length of the input.`
    case 'output-overflow':
      if (tokens === undefined || limit === undefined || maxTokens === undefined) return error.message
      return `${maximum(limit)}. However, you requested ${tokens + maxTokens} tokens (${tokens} in the input, ${maxTokens} in the output). Please reduce the length of the input or output.`
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
