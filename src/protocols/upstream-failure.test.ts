import { describe, expect, it } from 'vitest'
import { decodeFailure, readFailure, retryAfterMs } from './upstream-failure.ts'

const failure = (status: number, body: unknown, headers: Record<string, string> = {}) => ({
  status,
  headers,
  body: typeof body === 'string' ? body : JSON.stringify(body),
})

describe('reading an error body', () => {
  it.each([
    ['Anthropic', { type: 'error', error: { type: 'invalid_request_error', message: 'no' } }],
    ['OpenAI', { error: { message: 'no', type: 'invalid_request_error', param: null, code: null } }],
    ['API Management', { statusCode: 400, message: 'no' }],
    ['Google, in a stream', [{ error: { code: 400, message: 'no', status: 'INVALID_ARGUMENT' } }]],
    ['a string error', { error: 'no' }],
    ['FastAPI', { detail: 'no' }],
    ['a list of faults', { detail: [{ loc: ['body'], msg: 'no' }] }],
    ['bare text', 'no'],
  ])('finds the message in the envelope of %s', (_, body) => {
    expect(readFailure(failure(400, body)).message).toBe('no')
  })

  it('prefers what the provider behind a router said', () => {
    const raw = JSON.stringify({ error: { message: 'quota of the day' } })
    const body = { error: { code: 429, message: 'Provider returned error', metadata: { raw } } }
    expect(readFailure(failure(429, body)).message).toBe('Provider returned error: quota of the day')
  })

  it('makes a short sentence of a web page, and never an empty one', () => {
    const page = '<html><head><title>502 Bad\n Gateway</title></head><body>…</body></html>'
    expect(readFailure(failure(502, page))).toMatchObject({
      html: true,
      message: 'a web page, not an API, answered: 502 Bad Gateway',
    })
    expect(readFailure(failure(500, '')).message).toContain('500')
  })

  it('does not repeat a key', () => {
    const { message } = readFailure(failure(401, { error: { message: 'bad key sk-abcdefghijklmnop given' } }))
    expect(message).toBe('bad key … given')
  })
})

describe('the meaning of a failure', () => {
  it.each([
    [400, { error: { message: 'x', type: 'invalid_request_error' } }, 'invalid-request', 'never'],
    [401, { error: { message: 'x' } }, 'upstream-auth', 'next'],
    [403, { error: { message: 'x' } }, 'upstream-auth', 'next'],
    [402, { error: { message: 'x' } }, 'billing', 'next'],
    [429, { error: { message: 'x', code: 'insufficient_quota' } }, 'billing', 'next'],
    [404, { error: { code: 'DeploymentNotFound', message: 'x' } }, 'not-found', 'next'],
    [400, { error: { code: 'model_not_found', message: 'x' } }, 'not-found', 'next'],
    [409, { error: { message: 'x' } }, 'conflict', 'same'],
    [413, { error: { message: 'x' } }, 'too-large', 'never'],
    [429, { error: { message: 'x' } }, 'rate-limited', 'same'],
    [529, { error: { type: 'overloaded_error', message: 'x' } }, 'overloaded', 'same'],
    [503, 'Service Unavailable', 'overloaded', 'same'],
    [500, { error: { message: 'x' } }, 'upstream-failed', 'same'],
    [504, '', 'timeout', 'same'],
    [405, '', 'upstream-failed', 'next'],
    [400, '<html><title>nginx</title></html>', 'upstream-failed', 'next'],
    [400, { error: { message: 'x', code: 'context_length_exceeded' } }, 'context-overflow', 'never'],
    [400, { error: { message: 'x', details: [{ reason: 'API_KEY_INVALID' }] } }, 'upstream-auth', 'next'],
  ] as const)('%i %j is %s, retry %s', (status, body, code, retry) => {
    expect(decodeFailure(failure(status, body))).toMatchObject({ code, retry })
  })

  it('a server error keeps its status', () => {
    expect(decodeFailure(failure(500, {})).status).toBe(500)
  })

  it('names the content-filter categories that fired', () => {
    const body = {
      error: {
        message: 'filtered',
        code: 'content_filter',
        innererror: {
          code: 'ResponsibleAIPolicyViolation',
          content_filter_result: { hate: { filtered: false }, jailbreak: { filtered: true, detected: true } },
        },
      },
    }
    expect(decodeFailure(failure(400, body))).toMatchObject({
      code: 'content-filtered',
      details: { categories: ['jailbreak'] },
    })
  })

  it('reads the numbers of a context overflow from the message or from fields', () => {
    const said = failure(400, { error: { message: 'prompt is too long: 12 tokens > 10 maximum' } })
    expect(decodeFailure(said).details).toMatchObject({ tokens: 12, limit: 10 })
    const fields = failure(400, {
      error: { type: 'exceed_context_size_error', message: 'too big', n_prompt_tokens: 12, n_ctx: 10 },
    })
    expect(decodeFailure(fields).details).toMatchObject({ tokens: 12, limit: 10 })
  })

  it('keeps the answer for passthrough, without headers that are nobody’s business', () => {
    const headers = {
      'retry-after': '2',
      'set-cookie': 'a=b',
      'apim-request-id': 'r1',
      'x-should-retry': 'true',
    }
    expect(decodeFailure(failure(429, '{}', headers)).details.upstream).toEqual({
      status: 429,
      headers: { 'retry-after': '2', 'apim-request-id': 'r1', 'x-should-retry': 'true' },
      body: '{}',
    })
  })

  it('takes the status of an error inside a 200 from its type or code', () => {
    expect(decodeFailure(failure(200, { error: { type: 'overloaded_error', message: 'x' } })).code).toBe(
      'overloaded',
    )
    expect(decodeFailure(failure(200, { error: { code: 429, message: 'x' } })).code).toBe('rate-limited')
    expect(decodeFailure(failure(200, { error: { message: 'x' } })).code).toBe('upstream-failed')
  })
})

describe('how long to wait', () => {
  it.each([
    [{ 'retry-after-ms': '1500', 'retry-after': '9' }, 1500],
    [{ 'retry-after': '0.5' }, 500],
    [{ 'retry-after': 'Thu, 01 Jan 2026 00:00:30 GMT', date: 'Thu, 01 Jan 2026 00:00:00 GMT' }, 30_000],
    [{ 'retry-after': 'Thu, 01 Jan 2026 00:00:30 GMT' }, undefined],
    [{}, undefined],
  ])('%j', (headers, expected) => {
    expect(retryAfterMs(headers as Record<string, string>)).toBe(expected)
  })

  it.each([
    ['Please try again in 1.5s.', 1500],
    ['Please try again in 20ms.', 20],
    ['Please try again in 6m0s.', 360_000],
    ['Please retry after 26 seconds.', 26_000],
    ['Slow down.', undefined],
  ])('said in words: %s', (message, expected) => {
    expect(decodeFailure(failure(429, { error: { message } })).details.retryAfterMs).toBe(expected)
  })

  it('said by Google in a detail', () => {
    const body = { error: { code: 429, message: 'x', details: [{ retryDelay: '17s' }] } }
    expect(decodeFailure(failure(429, body)).details.retryAfterMs).toBe(17_000)
  })
})
