import { describe, expect, it } from 'vitest'
import { GatewayError } from '../../errors.ts'
import type { ErrorCode, ErrorDetails } from '../../errors.ts'
import { decodeFailure } from '../upstream-failure.ts'
import { encodeError } from './errors.ts'

const encode = (code: ErrorCode, details: ErrorDetails = {}, message = 'it failed') =>
  encodeError(new GatewayError(code, message, { details }), 'req_1')

describe('an error for a client', () => {
  it.each([
    ['invalid-request', 400, 'invalid_request_error', undefined],
    ['unauthenticated', 401, 'authentication_error', 'false'],
    ['billing', 402, 'billing_error', undefined],
    ['forbidden', 403, 'permission_error', undefined],
    ['not-found', 404, 'not_found_error', undefined],
    ['conflict', 409, 'conflict_error', 'false'],
    ['too-large', 413, 'request_too_large', undefined],
    ['rate-limited', 429, 'rate_limit_error', undefined],
    ['internal', 500, 'api_error', 'false'],
    ['not-supported', 501, 'not_supported', 'false'],
    ['upstream-auth', 502, 'api_error', 'false'],
    ['upstream-failed', 502, 'api_error', undefined],
    ['timeout', 504, 'timeout_error', undefined],
    ['overloaded', 529, 'overloaded_error', undefined],
  ] as const)('%s is %i %s', (code, status, type, shouldRetry) => {
    const reply = encode(code)
    expect(reply.status).toBe(status)
    expect(reply.body).toMatchObject({ type: 'error', error: { type }, request_id: 'req_1' })
    expect(reply.headers['request-id']).toBe('req_1')
    expect(reply.headers['x-should-retry']).toBe(shouldRetry)
  })

  it('tells how long to wait, whole seconds rounded up', () => {
    expect(encode('rate-limited', { retryAfterMs: 1200 }).headers).toMatchObject({
      'retry-after': '2',
      'retry-after-ms': '1200',
    })
  })

  it.each([
    [{ tokens: 210, limit: 200 }, 'prompt is too long: 210 tokens > 200 maximum'],
    [{ limit: 200 }, 'prompt is too long: 201 tokens > 200 maximum'],
    [{ tokens: 210 }, 'prompt is too long: 210 tokens > 209 maximum'],
    [{ tokens: 150, limit: 200 }, 'prompt is too long: 201 tokens > 200 maximum'],
    [{}, 'prompt is too long: 200001 tokens > 200000 maximum'],
  ])('context overflow %j in the words that make clients compact', (details, message) => {
    expect(encode('context-overflow', details)).toMatchObject({ status: 400, body: { error: { message } } })
  })

  it('output overflow in the words that make clients ask for less', () => {
    const message =
      'input length and `max_tokens` exceed context limit: 190 + 32 > 200, decrease input length or `max_tokens` and try again'
    expect(encode('output-overflow', { tokens: 190, maxTokens: 32, limit: 200 }).body).toMatchObject({
      error: { message },
    })
    expect(encode('output-overflow').body).toMatchObject({ error: { message: 'it failed' } })
  })

  it('names the field and the filter’s categories unless the message does', () => {
    expect(encode('invalid-request', { param: 'n' }).body).toMatchObject({
      error: { message: 'n: it failed' },
    })
    expect(encode('invalid-request', { param: 'n' }, 'n is odd').body).toMatchObject({
      error: { message: 'n is odd' },
    })
    expect(encode('content-filtered', { categories: ['jailbreak'] }).body).toMatchObject({
      error: { message: 'it failed (content filter: jailbreak)' },
    })
  })

  it('an upstream’s overflow in OpenAI’s words arrives in Anthropic’s', () => {
    const error = decodeFailure({
      status: 400,
      headers: {},
      body: JSON.stringify({
        error: {
          code: 'context_length_exceeded',
          message:
            "This model's maximum context length is 100 tokens. However, your messages resulted in 120 tokens.",
        },
      }),
    })
    expect(encodeError(error, 'r').body).toMatchObject({
      error: { message: 'prompt is too long: 120 tokens > 100 maximum' },
    })
  })
})
