import { describe, expect, it } from 'vitest'
import { GatewayError, invalidRequest } from '../../errors.ts'
import type { ErrorCode } from '../../errors.ts'
import { asObject } from '../../ir/json.ts'
import { encodeError, failedError } from './errors.ts'
import { responses } from './index.ts'

const reply = (error: GatewayError) => encodeError(error, 'req_1')
const body = (error: GatewayError) => asObject(reply(error).body['error'])

describe('an error before the answer', () => {
  it('comes in OpenAI’s envelope with the request’s id', () => {
    const {
      status,
      headers,
      body: wire,
    } = reply(invalidRequest('input[2].type must be a string', 'input[2].type'))
    expect(status).toBe(400)
    expect(headers).toMatchObject({ 'content-type': 'application/json', 'x-request-id': 'req_1' })
    expect(wire).toEqual({
      error: {
        message: 'input[2].type must be a string',
        type: 'invalid_request_error',
        param: 'input[2].type',
        code: null,
      },
    })
  })

  it('refuses a WebSocket with the status after which Codex goes on over HTTP', () => {
    expect(reply(new GatewayError('not-supported', 'no WebSockets', { status: 426 })).status).toBe(426)
    expect(reply(new GatewayError('not-supported', 'no such thing')).status).toBe(501)
  })

  it('names an unknown previous response as OpenAI does', () => {
    expect(body(invalidRequest('not kept', 'previous_response_id'))['code']).toBe(
      'previous_response_not_found',
    )
  })

  it('tells of a context overflow so that clients compact', () => {
    const error = new GatewayError('context-overflow', 'x', { details: { tokens: 9, limit: 5 } })
    expect(body(error)).toMatchObject({
      code: 'context_length_exceeded',
      param: 'input',
      message: expect.stringContaining('maximum context length is 5 tokens') as string,
    })
  })

  it('says how long to wait, and when waiting is of no use', () => {
    const slow = new GatewayError('rate-limited', 'x', { details: { retryAfterMs: 1500 } })
    expect(reply(slow).headers).toMatchObject({ 'retry-after': '2', 'retry-after-ms': '1500' })
    expect(reply(slow).headers).not.toHaveProperty('x-should-retry')
    expect(reply(new GatewayError('billing', 'x')).headers['x-should-retry']).toBe('false')
    expect(reply(new GatewayError('upstream-auth', 'x')).headers['x-should-retry']).toBe('false')
  })
})

describe('the error of a failed answer', () => {
  it.each<[ErrorCode, string]>([
    ['context-overflow', 'context_length_exceeded'],
    ['output-overflow', 'context_length_exceeded'],
    ['rate-limited', 'rate_limit_exceeded'],
    ['overloaded', 'server_is_overloaded'],
    ['content-filtered', 'invalid_prompt'],
    ['billing', 'insufficient_quota'],
    ['upstream-broken', 'server_error'],
    ['timeout', 'server_error'],
  ])('%s has the code %s', (code, expected) => {
    expect(failedError(new GatewayError(code, 'x'))['code']).toBe(expected)
  })

  it('does not repeat a delay that the upstream told already', () => {
    const details = { retryAfterMs: 2000 }
    const error = new GatewayError('rate-limited', 'Please try again in 2s.', { details })
    expect(failedError(error)['message']).toBe('Please try again in 2s.')
  })
})

describe('the tap of a passthrough', () => {
  it.each([
    [{ event: 'response.completed', data: '{}' }, true],
    [{ event: 'response.incomplete', data: '{}' }, true],
    [{ data: '{"type":"response.failed","response":{}}' }, true],
    [{ event: 'error', data: '{"type":"error","message":"x"}' }, true],
    [{ data: '{"error":{"message":"x"}}' }, true],
    [{ event: 'response.output_text.delta', data: '{"delta":"response.completed"}' }, false],
    [{ data: '{"type":"response.output_text.delta","delta":"\\"type\\":\\"error\\""}' }, false],
  ])('of %j says that it is the end: %s', (event, expected) => {
    expect(responses.isTerminal(event)).toBe(expected)
  })

  it('reads usage from a whole answer and from the last event', () => {
    const response = { usage: { input_tokens: 5, output_tokens: 2 }, service_tier: 'flex' }
    const expected = { uncached: 5, output: 2, serviceTier: 'flex' }
    expect(responses.usageOf(response)).toEqual(expected)
    expect(responses.usageOf({ type: 'response.completed', response })).toEqual(expected)
    expect(responses.usageOf({ type: 'response.created', response: { usage: null } })).toBeUndefined()
  })

  it('keeps a connection alive with an event that clients know', () => {
    const keepalive = 'event: keepalive\ndata: {"type":"keepalive","sequence_number":3}\n\n'
    expect(responses.ping(3)).toBe(keepalive)
    expect(responses.ping(3, { phase: 'answering' })).toBe(keepalive)
    expect(responses.ping(3, { phase: 'opening' })).toMatch(/^:.*\n\n$/)
    expect(responses.ping(3, { phase: 'opening', profile: 'codex' })).toBe(keepalive)
  })
})
