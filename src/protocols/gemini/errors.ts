import { GatewayError } from '../../errors.ts'
import type { ErrorCode } from '../../errors.ts'
import type { JsonObject } from '../../ir/json.ts'
import type { ErrorReply, UpstreamFailure } from '../protocol.ts'
import { decodeFailure } from '../upstream-failure.ts'

/** Google's words for each kind of error. */
const STATUS_OF: Readonly<Record<ErrorCode, string>> = {
  'invalid-request': 'INVALID_ARGUMENT',
  'context-overflow': 'INVALID_ARGUMENT',
  'output-overflow': 'INVALID_ARGUMENT',
  'content-filtered': 'INVALID_ARGUMENT',
  unauthenticated: 'UNAUTHENTICATED',
  forbidden: 'PERMISSION_DENIED',
  billing: 'RESOURCE_EXHAUSTED',
  'not-found': 'NOT_FOUND',
  'method-not-allowed': 'INVALID_ARGUMENT',
  conflict: 'ABORTED',
  'too-large': 'INVALID_ARGUMENT',
  'rate-limited': 'RESOURCE_EXHAUSTED',
  overloaded: 'UNAVAILABLE',
  'upstream-auth': 'UNAVAILABLE',
  'upstream-failed': 'INTERNAL',
  'upstream-broken': 'INTERNAL',
  timeout: 'DEADLINE_EXCEEDED',
  'not-supported': 'UNIMPLEMENTED',
  'client-closed': 'CANCELLED',
  internal: 'INTERNAL',
}

/** An error for a client, before the first byte. */
export function encodeError(error: GatewayError, requestId: string): ErrorReply {
  const wait = error.details.retryAfterMs
  return {
    status: error.status,
    headers: {
      'content-type': 'application/json; charset=UTF-8',
      'x-request-id': requestId,
      ...(wait !== undefined && { 'retry-after': String(Math.ceil(wait / 1000)) }),
    },
    body: errorBody(error),
  }
}

/** The body of an error; the same inside a stream. */
export function errorBody({ code, status, message, details }: GatewayError): JsonObject {
  const { retryAfterMs, tokens, limit } = details
  const overflow = code === 'context-overflow' && tokens !== undefined && limit !== undefined
  const retry = { '@type': 'type.googleapis.com/google.rpc.RetryInfo' }
  return {
    error: {
      code: status,
      message: overflow
        ? `The input token count (${tokens}) exceeds the maximum number of tokens allowed (${limit}).`
        : message,
      status: STATUS_OF[code],
      ...(retryAfterMs !== undefined && {
        details: [{ ...retry, retryDelay: `${Math.ceil(retryAfterMs / 1000)}s` }],
      }),
    },
  }
}

/**
 * What an upstream's failure means. Google words every exhausted rate limit like an unpaid bill ("You exceeded your current
 * quota, please check your plan and billing details"); only a limit of zero is one.
 */
export function decodeError(failure: UpstreamFailure): GatewayError {
  const error = decodeFailure(failure)
  const { message, details } = error
  if (error.code !== 'billing' || !/RESOURCE_EXHAUSTED/.test(failure.body) || /limit: 0\b/.test(message))
    return error
  return new GatewayError('rate-limited', message, { details })
}
