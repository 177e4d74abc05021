import Anthropic from '@anthropic-ai/sdk'
import OpenAI from 'openai'
import { describe, expect, it } from 'vitest'
import type { Answer, Failure } from '../../src/simulator/script.ts'
import { ask } from '../support/ask.ts'
import { startGateway } from '../support/gateway.ts'
import { readSse } from '../support/sse.ts'

const config = (extra = '') => `
timeouts: { connect: 2s, firstByte: 500ms, idle: 400ms }
retries: 0
providers:
  azure:   { type: azure-openai, endpoint: "$UPSTREAM", apiKey: azure-key-1 }
  foundry: { type: azure-foundry, baseUrl: "$UPSTREAM/anthropic", apiKey: foundry-key-1 }
  gone:    { type: openai-compatible, baseUrl: "http://127.0.0.1:9/v1", apiKey: none-1 }
models:
  "both": [azure/gpt-4.1, foundry/claude-sonnet-4-5]
  "*": azure/gpt-4.1
${extra}`

const ROUTES = { messages: '/v1/messages', chat: '/v1/chat/completions' } as const
type Route = keyof typeof ROUTES
const routes = Object.keys(ROUTES) as Route[]
const models = ['azure/gpt-4.1', 'foundry/claude-sonnet-4-5'] as const
const cells = routes.flatMap((route) => models.map((model) => [route, model] as const))

async function started(answer: Answer) {
  const gateway = await startGateway({ config: config() })
  gateway.simulator.respond(() => answer)
  return gateway
}

const bodyFor = (model: string, stream = false) =>
  JSON.stringify({ model, max_tokens: 100, stream, messages: [{ role: 'user', content: 'Hi' }] })

const stream = async (url: string, route: Route, model: string) =>
  fetch(url + ROUTES[route], {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: bodyFor(model, true),
  })

describe.each(cells)('%s to a failing %s', (route, model) => {
  const failures: readonly (readonly [
    what: string,
    failure: Failure,
    status: number,
    retry: string | undefined,
  ])[] = [
    ['400', { status: 400, message: 'bad thing' }, 400, undefined],
    ['its credentials refused', { status: 401, message: 'wrong key' }, 502, 'false'],
    ['forbidden', { status: 403, message: 'no role' }, 502, 'false'],
    ['404', { status: 404, message: 'no such deployment' }, 404, undefined],
    ['429', { status: 429, message: 'slow down', headers: { 'retry-after': '7' } }, 429, undefined],
    ['500', { status: 500, message: 'oops' }, 500, undefined],
    // What is relayed keeps its status; Anthropic's own word for it is 529.
    [
      '503',
      { status: 503, message: 'busy' },
      route === 'messages' && model.startsWith('azure/') ? 529 : 503,
      undefined,
    ],
  ]
  it.each(failures)('tells %s by its status, streamed or not', async (_, failure, status, retry) => {
    const { url } = await started({ error: failure })
    for (const streamed of [false, true]) {
      const answer = await ask(url + ROUTES[route], { body: bodyFor(model, streamed) })
      expect(answer.status).toBe(status)
      expect(answer.json.error.message).toBeTruthy()
      if (retry !== undefined) expect(answer.headers['x-should-retry']).toBe(retry)
      if (failure.headers !== undefined) expect(answer.headers['retry-after']).toBe('7')
    }
  })

  it('says so when the answer is a web page, nothing, or no JSON', async () => {
    for (const faults of [
      { htmlBody: '<html><title>Sign in</title></html>' },
      { emptyBody: true },
    ] as const) {
      const { url } = await started({ text: 'x', faults })
      for (const streamed of [false, true]) {
        const answer = await ask(url + ROUTES[route], { body: bodyFor(model, streamed) })
        expect(answer.status).toBe(502)
        expect(answer.text).not.toContain('<html>')
      }
    }
  })

  it('gives up on an upstream that never answers', async () => {
    const { url } = await started({ text: 'x', faults: { firstByteDelayMs: 60_000 } })
    const answer = await ask(url + ROUTES[route], { body: bodyFor(model) })
    expect(answer.status).toBe(504)
  })

  it('gives up on a whole answer that stalls', async () => {
    const { url } = await started({
      text: 'x'.repeat(500),
      faults: { chunkBytes: 20, stallAfterEvents: { events: 0 } },
    })
    const answer = await ask(url + ROUTES[route], { body: bodyFor(model) })
    expect(answer.status).toBe(504)
  })

  const breaks = [
    ['cut off', { cutAfterEvents: 4 }],
    ['ended early', { endAfterEvents: 4 }],
    ['stalled', { stallAfterEvents: { events: 4 } }],
    ['in error', { inStreamError: { status: 500, message: 'overloaded', afterEvents: 4 } }],
  ] as const
  it.each(breaks)('never looks like a success when the stream is %s', async (_, faults) => {
    const { url } = await started({
      text: 'One sentence after another, so that there is something to cut off here.',
      faults,
    })
    const answer = await stream(url, route, model)
    // Where nothing had gone out yet the failure keeps its status, which is better still.
    if (answer.status !== 200) return expect(answer.status).toBeGreaterThanOrEqual(500)
    const { events, broken } = await readSse(answer)
    expect(broken).toBe(false)
    const last = events.at(-1)
    expect(last?.json?.error?.message).toBeTruthy()
    if (route === 'messages') expect(last?.event).toBe('error')
    const all = events.map((event) => event.data).join('')
    expect(all).not.toContain('message_stop')
    expect(all).not.toContain('[DONE]')
    expect(all).not.toMatch(/"(?:stop_reason|finish_reason)":"/)
    expect(events.filter((event) => event.json?.error !== undefined)).toHaveLength(1)
  })

  it('goes on being there for the next request', async () => {
    const gateway = await startGateway({ config: config() })
    gateway.simulator.enqueue({ text: 'x', faults: { cutAfterBytes: 10 } }, { text: 'fine' })
    await ask(gateway.url + ROUTES[route], { body: bodyFor(model) })
    expect((await ask(gateway.url + ROUTES[route], { body: bodyFor(model) })).status).toBe(200)
  })

  it('is hung up on within a second when the client leaves', async () => {
    const gateway = await startGateway({ config: config().replace('idle: 400ms', 'idle: 60s') })
    gateway.simulator.respond(() => ({ text: 'word '.repeat(500), faults: { pacingMs: 50 } }))
    const abort = new AbortController()
    const arrived = gateway.simulator.next()
    const answer = await fetch(gateway.url + ROUTES[route], {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: bodyFor(model, true),
      signal: abort.signal,
    })
    await answer.body?.getReader().read()
    abort.abort()
    const request = await arrived
    await expect.poll(() => request.clientClosedAt, { timeout: 1_000 }).toBeDefined()
    await expect.poll(() => gateway.log.some((line) => line['message'] === 'client went away')).toBe(true)
  })
})

describe('fallback', () => {
  it.each(routes)(
    'goes to the second target when the first fails, and says who answered (%s)',
    async (route) => {
      const gateway = await startGateway({ config: config() })
      gateway.simulator.respond((request) =>
        request.path.includes('openai')
          ? { error: { status: 500, message: 'oops' } }
          : { text: 'from Claude' },
      )
      const answer = await ask(gateway.url + ROUTES[route], { body: bodyFor('both') })
      expect(answer.status).toBe(200)
      expect(answer.text).toContain('from Claude')
      expect(answer.headers['x-dragoman-target']).toBe('foundry/claude-sonnet-4-5')
    },
  )

  it('also when the first dies before it says anything', async () => {
    const gateway = await startGateway({ config: config() })
    gateway.simulator.respond((request) =>
      request.path.includes('openai') ? { text: 'x', faults: { cutAfterBytes: 0 } } : { text: 'from Claude' },
    )
    const { events } = await readSse(await stream(gateway.url, 'messages', 'both'))
    expect(events.map((event) => event.data).join('')).toContain('from Claude')
  })

  it('not for what the client must change', async () => {
    const gateway = await startGateway({ config: config() })
    gateway.simulator.respond(() => ({ error: { status: 400, message: 'bad thing' } }))
    await ask(gateway.url + ROUTES.messages, { body: bodyFor('both') })
    expect(gateway.simulator.requests).toHaveLength(1)
  })
})

describe('retries', () => {
  it('try a passing failure again before anything reached the client', async () => {
    const gateway = await startGateway({ config: config().replace('retries: 0', 'retries: 2') })
    gateway.simulator.enqueue(
      { error: { status: 503, message: 'busy', headers: { 'retry-after-ms': '5' } } },
      { text: 'now' },
    )
    const answer = await ask(gateway.url + ROUTES.messages, { body: bodyFor('azure/gpt-4.1') })
    expect(answer.status).toBe(200)
    expect(gateway.simulator.requests).toHaveLength(2)
  })
})

describe('an upstream that cannot be reached', () => {
  it('is a 502 that names the host and the reason', async () => {
    const { url } = await startGateway({ config: config() })
    const answer = await ask(url + ROUTES.messages, { body: bodyFor('gone/x') })
    expect(answer.status).toBe(502)
    expect(answer.json.error.message).toMatch(/127\.0\.0\.1:9/)
  })
})

describe('context overflow', () => {
  const overflow = {
    error: {
      status: 400,
      code: 'context_length_exceeded',
      message:
        "This model's maximum context length is 128000 tokens. However, your messages resulted in 130121 tokens. Please reduce the length of the messages.",
    },
  }
  it('is said in the words that make Claude Code compact', async () => {
    const { url } = await started(overflow)
    const client = new Anthropic({ baseURL: url, apiKey: 'any', maxRetries: 0 })
    const create = client.messages.create({
      model: 'azure/gpt-4.1',
      max_tokens: 10,
      messages: [{ role: 'user', content: 'x' }],
    })
    await expect(create).rejects.toMatchObject({
      status: 400,
      error: {
        error: {
          type: 'invalid_request_error',
          message: 'prompt is too long: 130121 tokens > 128000 maximum',
        },
      },
    })
  })

  it('is said in OpenAI’s words to a Chat client', async () => {
    const { url } = await started({
      error: { status: 400, message: 'prompt is too long: 210000 tokens > 200000 maximum' },
    })
    const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'any', maxRetries: 0 })
    const create = client.chat.completions.create({
      model: 'foundry/claude-sonnet-4-5',
      messages: [{ role: 'user', content: 'x' }],
    })
    await expect(create).rejects.toMatchObject({
      status: 400,
      code: 'context_length_exceeded',
      message: expect.stringMatching(/maximum context length is 200000 tokens.*210000 tokens/),
    })
  })
})
