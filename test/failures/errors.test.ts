import { describe, expect, it } from 'vitest'
import { azureContentFilter, openaiContextOverflow } from '../../src/simulator/failures.ts'
import { ask } from '../support/ask.ts'
import { startGateway } from '../support/gateway.ts'
import { readSse } from '../support/sse.ts'

const config = (retries = 0) => `
timeouts: { connect: 2s, firstByte: 5s, idle: 2s }
retries: ${retries}
providers:
  east:      { type: azure-openai, endpoint: "$UPSTREAM", apiKey: azure-key-1, protocol: chat }
  west:      { type: openai-compatible, baseUrl: "$UPSTREAM/compatible/v1", apiKey: other-key-1 }
  responses: { type: openai, baseUrl: "$UPSTREAM/v1", apiKey: openai-key-1, protocol: responses }
  foundry:   { type: azure-foundry, baseUrl: "$UPSTREAM/anthropic", apiKey: foundry-key-1 }
models:
  both: [east/gpt-4.1, west/gpt-4.1]
  "*": east/gpt-4.1
`

const PATHS = { messages: '/v1/messages', chat: '/v1/chat/completions', responses: '/v1/responses' } as const
type Client = keyof typeof PATHS
const clients = Object.keys(PATHS) as Client[]

const body = (client: Client, model: string, stream = false) =>
  JSON.stringify(
    client === 'responses'
      ? { model, stream, input: 'Hi', store: false }
      : { model, stream, max_tokens: 100, messages: [{ role: 'user', content: 'Hi' }] },
  )

const send = (url: string, client: Client, model: string, stream = false) =>
  ask(url + PATHS[client], { body: body(client, model, stream) })

const stream = async (url: string, client: Client, model: string) => {
  const headers = { 'content-type': 'application/json' }
  const answer = await fetch(url + PATHS[client], {
    method: 'POST',
    headers,
    body: body(client, model, true),
  })
  return { status: answer.status, headers: answer.headers, ...(await readSse(answer)) }
}

describe('context overflow', () => {
  it('E1 makes Claude Code compact, by its own words and numbers', async () => {
    const { url, simulator } = await startGateway({ config: config() })
    simulator.respond(() => ({ error: openaiContextOverflow(130_121, 128_000) }))
    const { status, json } = await send(url, 'messages', 'x')
    expect(status).toBe(400)
    expect(json.error).toEqual({
      type: 'invalid_request_error',
      message: 'prompt is too long: 130121 tokens > 128000 maximum',
    })
    expect(simulator.requests).toHaveLength(1)
  })

  it.each(['chat', 'responses'] as const)('E1 makes %s clients compact, by OpenAI’s code', async (client) => {
    const { url, simulator } = await startGateway({ config: config() })
    simulator.respond(() => ({
      error: { status: 400, message: 'prompt is too long: 210000 tokens > 200000 maximum' },
    }))
    const { status, json } = await send(url, client, 'foundry/claude-sonnet-4-5')
    expect(status).toBe(400)
    expect(json.error.code).toBe('context_length_exceeded')
    expect(json.error.message).toMatch(/maximum context length is 200000 tokens\. However, .*210000 tokens/)
  })
})

describe('overload', () => {
  it.each([503, 529])('E2 is told as an overload, not as any server error (%i)', async (status) => {
    const { url, simulator } = await startGateway({ config: config() })
    simulator.respond(() => ({ error: { status, message: 'busy' } }))
    const { status: told, json } = await send(url, 'messages', 'x')
    expect(told).toBe(529)
    expect(json.error.type).toBe('overloaded_error')
  })

  it.each(clients)('E2 that passes is absorbed by at most two retries (%s)', async (client) => {
    const { url, simulator } = await startGateway({ config: config(2) })
    const busy = { error: { status: 503, message: 'busy', headers: { 'retry-after-ms': '5' } } }
    simulator.enqueue(busy, busy, { text: 'now' })
    expect((await send(url, client, 'x')).text).toContain('now')
    expect(simulator.requests).toHaveLength(3)
    simulator.enqueue(busy, busy, busy, { text: 'too late' })
    expect((await send(url, client, 'x')).status).toBe(client === 'messages' ? 529 : 503)
    expect(simulator.requests).toHaveLength(6)
  })
})

describe('a rate limit', () => {
  it.each(clients)('E3 is told with the wait that Azure asked for (%s)', async (client) => {
    const { url, simulator } = await startGateway({ config: config() })
    const headers = { 'retry-after': '21', 'retry-after-ms': '20500' }
    simulator.respond(() => ({ error: { status: 429, message: 'slow down', headers } }))
    const told = await send(url, client, 'x')
    expect(told.status).toBe(429)
    expect(told.headers).toMatchObject(headers)
    expect(told.headers['x-should-retry']).toBeUndefined()
  })

  it.each(clients)(
    'E3 in the first events of a stream is retried, with the wait that it names (%s)',
    async (client) => {
      const { url, simulator } = await startGateway({ config: config(2) })
      const limit = {
        status: 429,
        code: 'rate_limit_exceeded',
        message: 'Rate limit reached. Please try again in 20ms.',
      }
      // Responses tell of the answer twice before they fail it.
      simulator.enqueue(
        { text: 'never', faults: { inStreamError: { ...limit, afterEvents: 2 } } },
        { text: 'now' },
      )
      const read = await stream(url, client, 'responses/gpt-4.1')
      expect(read.status).toBe(200)
      expect(read.text).toContain('now')
      expect(read.text).not.toContain('never')
      expect(simulator.requests).toHaveLength(2)
    },
  )

  it.each(clients)('E3 after the first bytes is told, never replayed (%s)', async (client) => {
    const { url, simulator } = await startGateway({ config: config(2) })
    const limit = { status: 429, code: 'rate_limit_exceeded', message: 'Please try again in 20ms.' }
    simulator.enqueue(
      { text: 'one two three four five six', faults: { inStreamError: { ...limit, afterEvents: 6 } } },
      { text: 'again' },
    )
    const read = await stream(url, client, 'responses/gpt-4.1')
    expect(read.text).toContain('try again')
    expect(read.text).not.toContain('"again"')
    expect(simulator.requests).toHaveLength(1)
  })
})

describe('Azure’s content filter', () => {
  it.each(clients)('E4 on a prompt is final and names what fired (%s)', async (client) => {
    const { url, simulator } = await startGateway({ config: config(2) })
    simulator.respond(() => ({ error: azureContentFilter('jailbreak') }))
    const { status, text } = await send(url, client, 'both')
    expect(status).toBe(400)
    expect(text).toContain('jailbreak')
    expect(simulator.requests).toHaveLength(1)
  })

  it.each([
    ['messages', /"stop_reason":"refusal"/],
    ['chat', /"finish_reason":"content_filter"/],
    ['responses', /event: response\.incomplete\n.*"reason":"content_filter"/],
  ] as const)('E4 in the middle of an answer ends it as refused (%s)', async (client, ending) => {
    const { url, simulator } = await startGateway({ config: config() })
    simulator.respond(() => ({ text: 'I would', finish: 'content-filter' }))
    const read = await stream(url, client, 'x')
    expect(read.text).toContain('I')
    expect(read.text).toMatch(ending)
    expect(simulator.requests).toHaveLength(1)
  })
})

describe('a client that leaves', () => {
  const leaving = clients.flatMap((client) =>
    (['before the first byte', 'in mid-stream'] as const).map((when) => [client, when] as const),
  )
  it.each(leaving)(
    'E5 is no failure of the upstream: nobody else is asked (%s, %s)',
    async (client, when) => {
      const { url, simulator, log } = await startGateway({ config: config(2) })
      const slow = when === 'in mid-stream' ? { pacingMs: 40 } : { firstByteDelayMs: 30_000 }
      simulator.enqueue({ text: 'word '.repeat(300), faults: slow })
      const abort = new AbortController()
      const arrived = simulator.next()
      const headers = { 'content-type': 'application/json' }
      const asked = fetch(url + PATHS[client], {
        method: 'POST',
        headers,
        body: body(client, 'both', true),
        signal: abort.signal,
      })
      const outcome = asked.then((answer) => answer.text()).catch(() => 'left')
      const { aborted } = await arrived
      if (when === 'in mid-stream') await asked
      abort.abort()
      expect(await outcome).toBe('left')
      await aborted
      await expect.poll(() => log.map(({ message }) => message)).toContain('client went away')
      expect(log.map(({ message }) => message)).not.toContain('target is put aside')
      expect(simulator.requests).toHaveLength(1)
      simulator.enqueue({ text: 'still first' })
      expect((await send(url, client, 'both')).headers['x-dragoman-target']).toBe('east/gpt-4.1')
    },
  )
})
