import { describe, expect, it } from 'vitest'
import { GatewayError } from '../../errors.ts'
import { decodeError, encodeError } from './errors.ts'

const failure = (status: number, error: object) => ({ status, headers: {}, body: JSON.stringify({ error }) })
const QUOTA = 'You exceeded your current quota, please check your plan and billing details.'

describe('a failure of the Gemini API', () => {
  it('with a bad key is the gateway’s own, though its status is 400', () => {
    const details = [{ '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: 'API_KEY_INVALID' }]
    const error = decodeError(
      failure(400, { code: 400, message: 'API key not valid.', status: 'INVALID_ARGUMENT', details }),
    )
    expect(error).toMatchObject({ code: 'upstream-auth', retry: 'next' })
  })

  it('for an exhausted quota is a rate limit, with the time to wait', () => {
    const details = [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '37s' }]
    const error = decodeError(
      failure(429, { code: 429, message: QUOTA, status: 'RESOURCE_EXHAUSTED', details }),
    )
    expect(error).toMatchObject({ code: 'rate-limited', status: 429, details: { retryAfterMs: 37_000 } })
  })

  it('for a quota of zero is a matter of billing', () => {
    const error = decodeError(
      failure(429, { code: 429, message: `${QUOTA} limit: 0`, status: 'RESOURCE_EXHAUSTED' }),
    )
    expect(error.code).toBe('billing')
  })

  it('for too long a prompt tells the numbers', () => {
    const message = 'The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).'
    expect(decodeError(failure(400, { code: 400, message, status: 'INVALID_ARGUMENT' }))).toMatchObject({
      code: 'context-overflow',
      details: { tokens: 1_200_000, limit: 1_048_576 },
    })
  })
})

describe('an error for a Gemini client', () => {
  it('has Google’s shape and says when to come back', () => {
    const error = new GatewayError('rate-limited', 'slow down', { details: { retryAfterMs: 1500 } })
    expect(encodeError(error, 'req_1')).toMatchObject({
      status: 429,
      headers: { 'retry-after': '2', 'x-request-id': 'req_1' },
      body: {
        error: {
          code: 429,
          message: 'slow down',
          status: 'RESOURCE_EXHAUSTED',
          details: [{ retryDelay: '2s' }],
        },
      },
    })
  })

  it('says a context overflow in Google’s words', () => {
    const error = new GatewayError('context-overflow', 'too long', { details: { tokens: 10, limit: 5 } })
    expect(encodeError(error, 'r').body).toMatchObject({
      error: { message: 'The input token count (10) exceeds the maximum number of tokens allowed (5).' },
    })
  })
})
