import { describe, expect, it } from 'vitest'
import { GatewayError } from '../../errors.ts'
import type { ErrorCode, ErrorDetails } from '../../errors.ts'
import { chat } from './index.ts'

const encode = (code: ErrorCode, details: ErrorDetails = {}, message = 'Oh') =>
  chat.encodeError(new GatewayError(code, message, { details }), 'req_1')
const decode = (status: number, body: unknown, headers: Record<string, string> = {}) =>
  chat.decodeError({ status, headers, body: typeof body === 'string' ? body : JSON.stringify(body) })

describe('an error for a client', () => {
  it('has OpenAI’s shape', () => {
    expect(encode('invalid-request', { param: 'messages[0].role' })).toEqual({
      status: 400,
      headers: { 'content-type': 'application/json', 'x-request-id': 'req_1' },
      body: {
        error: { message: 'Oh', type: 'invalid_request_error', param: 'messages[0].role', code: null },
      },
    })
  })

  it('about the context length uses the sentence that clients look for', () => {
    const { status, body } = encode('context-overflow', { tokens: 9000, limit: 8192 })
    expect(status).toBe(400)
    expect(body).toMatchObject({
      error: {
        code: 'context_length_exceeded',
        param: 'messages',
        message: expect.stringContaining(
          "This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens",
        ),
      },
    })
    expect(encode('context-overflow').body).toMatchObject({
      error: { message: expect.stringMatching(/maximum context length.*Oh/) },
    })
  })

  it('about the output budget names both sums', () => {
    expect(encode('output-overflow', { tokens: 5000, maxTokens: 4000, limit: 8192 }).body).toMatchObject({
      error: {
        param: 'max_tokens',
        message: expect.stringContaining('9000 tokens (5000 in the messages, 4000 in the completion)'),
      },
    })
  })

  it('about a content filter names what fired, where Azure’s clients look', () => {
    expect(encode('content-filtered', { categories: ['jailbreak'] }).body).toMatchObject({
      error: {
        code: 'content_filter',
        message: 'Oh (filtered for: jailbreak)',
        innererror: { content_filter_result: { jailbreak: { filtered: true } } },
      },
    })
  })

  it('says how long to wait', () => {
    expect(encode('rate-limited', { retryAfterMs: 1500 })).toMatchObject({
      status: 429,
      headers: { 'retry-after': '2', 'retry-after-ms': '1500' },
      body: { error: { code: 'rate_limit_exceeded' } },
    })
  })

  it('that no retry cures says so when its status invites one', () => {
    expect(encode('upstream-auth')).toMatchObject({ status: 502, headers: { 'x-should-retry': 'false' } })
    expect(encode('billing')).toMatchObject({
      status: 429,
      headers: { 'x-should-retry': 'false' },
      body: { error: { code: 'insufficient_quota' } },
    })
    expect(encode('unauthenticated').headers).toMatchObject({ 'x-should-retry': 'false' })
    expect(encode('overloaded')).toMatchObject({ status: 503 })
    expect(encode('overloaded').headers).not.toHaveProperty('x-should-retry')
    expect(encode('invalid-request').headers).not.toHaveProperty('x-should-retry')
  })
})

describe('an upstream’s failure', () => {
  it.each([
    [
      'a content filter of Azure',
      400,
      {
        error: {
          code: 'content_filter',
          message: 'Blocked',
          innererror: {
            code: 'ResponsibleAIPolicyViolation',
            content_filter_result: { hate: { filtered: true } },
          },
        },
      },
      { code: 'content-filtered', retry: 'never', details: { categories: ['hate'] } },
    ],
    [
      'a missing deployment',
      404,
      { error: { code: 'DeploymentNotFound', message: 'No such deployment' } },
      { code: 'not-found', retry: 'next' },
    ],
    ['a refused key', 401, { error: { message: 'Bad key' } }, { code: 'upstream-auth', retry: 'next' }],
    [
      'an exhausted quota',
      429,
      { error: { type: 'insufficient_quota', message: 'No credit' } },
      { code: 'billing' },
    ],
    [
      'a full context',
      400,
      {
        error: {
          code: 'context_length_exceeded',
          message:
            "This model's maximum context length is 100 tokens. However, your messages resulted in 120 tokens.",
        },
      },
      { code: 'context-overflow', details: { tokens: 120, limit: 100 } },
    ],
    [
      'a bare string',
      400,
      { error: 'no model loaded' },
      { code: 'invalid-request', message: 'no model loaded' },
    ],
    [
      'a numeric code',
      500,
      { error: { code: 500, message: 'Oops' } },
      { code: 'upstream-failed', retry: 'same' },
    ],
    ['a web page', 502, '<html><title>Bad gateway</title></html>', { code: 'upstream-failed' }],
  ])('that is %s is recognised', (_, status, body, error) => {
    expect(decode(status, body)).toMatchObject(error)
  })

  it('keeps the wait that was asked for', () => {
    expect(decode(429, { error: { message: 'Slow' } }, { 'retry-after': '3' })).toMatchObject({
      code: 'rate-limited',
      details: { retryAfterMs: 3000 },
    })
  })
})

describe('the tap', () => {
  it('sees the usage wherever it stands', () => {
    expect(chat.usageOf({ usage: { prompt_tokens: 5, completion_tokens: 2 } })).toEqual({
      uncached: 5,
      output: 2,
    })
    expect(
      chat.usageOf({ choices: [], x_groq: { usage: { prompt_tokens: 5, completion_tokens: 2 } } }),
    ).toEqual({ uncached: 5, output: 2 })
    expect(chat.usageOf({ usage: null })).toBeUndefined()
  })

  it.each([
    ['[DONE]', true],
    ['{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}', true],
    ['{"error":{"message":"x"}}', true],
    [
      '{"choices":[{"index":0,"delta":{"content":"\\"finish_reason\\": \\"stop\\""},"finish_reason":null}]}',
      false,
    ],
    ['{"choices":[{"index":0,"delta":{"content":"a \\"error\\""},"finish_reason":""}]}', false],
    ['not JSON with "error"', false],
  ])('takes %s for the end: %s', (data, terminal) => {
    expect(chat.isTerminal({ data })).toBe(terminal)
  })

  it('pings with a comment, which every parser skips', () => {
    expect(chat.ping(1)).toMatch(/^:.*\n\n$/)
  })
})
