import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { asArray, asObject, type JsonObject } from '../../src/ir/json.ts'
import type { Failure } from '../../src/simulator/script.ts'
import { ask } from '../support/ask.ts'
import { EVERY_PROVIDER, startGateway } from '../support/gateway.ts'

const MESSAGES = '/v1/messages'
const CHAT = '/v1/chat/completions'
const VERSION = { 'anthropic-version': '2023-06-01' }

/** Large integers, integer-like keys, odd spacing, escapes: everything that parsing and writing again would change. */
const messagesText = (model: string, extra = '') => `{ "model" : "${model}",
  "tomorrow": {"10": 1, "2": 9007199254740993, "b": 1.0e2, "a": "\\u00e9"},${extra}
  "max_tokens": 1000, "messages": [{"role":"user","content":[
    {"type":"hologram","depth":12345678901234567890},{"text":"Hi","type":"text"}]}],
  "tools":[{"name":"t","input_schema":{"type":"object","properties":{"2":{},"1":{}}}}] }`

describe('a request in the protocol of its upstream', () => {
  it('arrives byte for byte when nothing has to change, betas included', async () => {
    const { url, simulator } = await startGateway({
      config: `
providers: { claude: { type: anthropic, baseUrl: "$UPSTREAM", apiKey: anthropic-key-1 } }
models: { "claude-sonnet-4-6": claude/claude-sonnet-4-6 }`,
      simulator: { checks: 'lenient' },
    })
    const body = messagesText('claude-sonnet-4-6')
    const betas = 'telepathy-2030-01-01,novelty-2031-02-02'
    const answer = await ask(`${url}${MESSAGES}?beta=true`, {
      headers: { ...VERSION, 'anthropic-beta': betas },
      body,
    })
    expect(answer.text).not.toContain('error')
    expect(answer.headers['x-dragoman-lane']).toBe('passthrough')
    expect(answer.headers['x-dragoman-dropped']).toBeUndefined()
    expect(simulator.last.bytes.toString()).toBe(body)
    expect(simulator.last.headers['anthropic-beta']).toBe(betas)
  })

  it('changes in nothing but the model’s name when only that is another', async () => {
    const { url, simulator } = await startGateway({ simulator: { checks: 'lenient' } })
    await ask(url + MESSAGES, { headers: VERSION, body: messagesText('claude/claude-sonnet-4-6') })
    expect(simulator.last.bytes.toString()).toBe(messagesText('claude-sonnet-4-6'))
    const chat = messagesText('openai/gpt-4.1').replace('max_tokens', 'max_completion_tokens')
    await ask(url + CHAT, { body: chat })
    expect(simulator.last.bytes.toString()).toBe(chat.replace('openai/gpt-4.1', 'gpt-4.1'))
  })

  it('keeps the bytes of everything beside what its upstream is known to refuse', async () => {
    const { url, simulator } = await startGateway({ simulator: { checks: 'lenient' } })
    const answer = await ask(url + MESSAGES, {
      headers: VERSION,
      body: messagesText('foundry/claude-sonnet-4-6', '"speed":"fast","temperature":0.2,"top_p":0.9,'),
    })
    expect(answer.headers['x-dragoman-dropped']).toBe('speed;unsupported, top_p;unsupported')
    const sent = simulator.last.bytes.toString()
    expect(sent).not.toMatch(/speed|top_p/)
    for (const kept of [
      '{"10": 1, "2": 9007199254740993, "b": 1.0e2, "a": "\\u00e9"}',
      '{"type":"hologram","depth":12345678901234567890}',
      '{"2":{},"1":{}}',
      '"temperature":0.2',
    ])
      expect(sent).toContain(kept)
  })

  it('is translated where Dragoman itself has to enforce its stop sequences', async () => {
    const { url, simulator } = await startGateway()
    simulator.respond(() => ({ text: 'one two five six' }))
    const answer = await ask(url + CHAT, {
      body: JSON.stringify({
        model: 'azure/gpt-4.1',
        messages: [{ role: 'user', content: 'count' }],
        stop: ['a!', 'b!', 'c!', 'd!', 'five'],
      }),
    })
    expect(answer.status).toBe(200)
    expect(answer.headers['x-dragoman-lane']).toBe('translate')
    expect(answer.json.choices[0].message.content).toBe('one two ')
    expect(simulator.last.body['stop']).toHaveLength(4)
  })
})

describe.each([
  [MESSAGES, 'foundry/claude-sonnet-4-6', '/anthropic/v1/messages'],
  [CHAT, 'azure/gpt-4.1', '/openai/v1/chat/completions'],
] as const)('an answer on %s from %s', (route, model, path) => {
  const bodyFor = (stream: boolean, name = model as string) =>
    JSON.stringify({
      model: name,
      max_completion_tokens: route === CHAT ? 100 : undefined,
      max_tokens: route === CHAT ? undefined : 100,
      stream,
      ...(stream && route === CHAT && { stream_options: { include_usage: true } }),
      messages: [{ role: 'user', content: 'Hi' }],
    })
  const answer = { text: 'Grüße 🎉, in several pieces.', usage: { input: 31, output: 7 } }

  it.each([false, true])('goes on untouched, and its usage is noted (streamed: %s)', async (stream) => {
    const at = 1_700_000_000_000
    const { url, simulator, log } = await startGateway({ simulator: { now: () => at } })
    simulator.respond(() => ({ ...answer, faults: { chunkBytes: 7 } }))
    const direct = await fetch(simulator.url + path, {
      method: 'POST',
      headers: { ...VERSION, 'content-type': 'application/json', 'api-key': 'x', 'x-api-key': 'x' },
      body: bodyFor(stream, model.split('/')[1]),
    })
    const raw = await direct.text()
    const through = await fetch(url + route, {
      method: 'POST',
      headers: { ...VERSION, 'content-type': 'application/json' },
      body: bodyFor(stream),
    })
    const text = await through.text()
    // The simulator numbers its answers.
    const unnumbered = (body: string) => body.replaceAll(/Sim\d+/g, 'Sim')
    expect(unnumbered(text)).toBe(unnumbered(raw))
    await expect
      .poll(() => log.find((line) => line['message'] === 'answered'))
      .toMatchObject({
        lane: 'passthrough',
        usage: { uncached: 31, output: 7 },
      })
  })

  const failures: readonly Failure[] = [
    { status: 400, message: 'no such thing; see the vendor’s pages', code: 'odd' },
    { status: 404, message: 'no such model' },
    { status: 413, message: 'too much' },
    { status: 429, message: 'slow down', headers: { 'retry-after': '7', 'x-should-retry': 'true' } },
    { status: 529, message: 'Overloaded', type: 'overloaded_error' },
  ]
  it.each(failures)('that is a $status goes on as it is', async (failure) => {
    const config = `
retries: 0
providers:
  azure:   { type: azure-openai, endpoint: "$UPSTREAM", apiKey: azure-key-1 }
  foundry: { type: azure-foundry, baseUrl: "$UPSTREAM/anthropic", apiKey: foundry-key-1 }
models: { "*": azure/gpt-4.1 }`
    const { url, simulator } = await startGateway({ config })
    const envelope =
      route === MESSAGES
        ? {
            request_id: 'req_1',
            error: { message: failure.message, type: failure.type ?? 't' },
            type: 'error',
          }
        : { error: { code: failure.code ?? null, message: failure.message, novelty: 1 } }
    const raw = JSON.stringify(envelope, undefined, 1)
    simulator.respond(() => ({ error: { ...failure, body: raw } }))
    const told = await ask(url + route, { headers: VERSION, body: bodyFor(false) })
    expect(told.status).toBe(failure.status)
    expect(told.text).toBe(raw)
    expect(told.headers).toMatchObject(failure.headers ?? {})
    const id = told.headers[route === MESSAGES ? 'request-id' : 'x-request-id']
    expect(id).toBeTruthy()
    expect(id).not.toBe(told.headers['x-dragoman-request-id'])
  })

  it('that refuses the gateway’s own credentials is no word to the client about its key', async () => {
    const { url, simulator } = await startGateway()
    simulator.respond(() => ({ error: { status: 401, message: 'wrong key' } }))
    const told = await ask(url + route, { headers: VERSION, body: bodyFor(false) })
    expect(told.status).toBe(502)
    expect(told.headers['x-should-retry']).toBe('false')
  })

  it.each([401, 403])('that refuses the client’s own key with a %s goes on as it is', async (status) => {
    const config = `
providers:
  azure:   { type: azure-openai, endpoint: "$UPSTREAM", apiKey: client }
  foundry: { type: azure-foundry, baseUrl: "$UPSTREAM/anthropic", apiKey: client }
models: { "*": azure/gpt-4.1 }`
    const { url, simulator } = await startGateway({ config })
    simulator.respond(() => ({
      error: { status, message: 'wrong key', headers: { 'x-should-retry': 'false' } },
    }))
    const told = await ask(url + route, {
      headers: { ...VERSION, 'x-api-key': 'the-clients-own' },
      body: bodyFor(false),
    })
    expect(told.status).toBe(status)
    expect(told.json.error.message).toBe('wrong key')
    expect(told.headers['x-should-retry']).toBe('false')
  })
})

describe('a request to a compatible server', () => {
  const body = JSON.stringify({
    model: 'some-model',
    max_completion_tokens: 50,
    service_tier: 'auto',
    messages: [
      { role: 'developer', content: 'S' },
      { role: 'user', content: 'Hi' },
    ],
    tools: [{ type: 'function', function: { name: 'f', strict: true, parameters: { type: 'object' } } }],
  })
  const KNOWN =
    ', dialect: { chat: { maxTokensField: max_completion_tokens, systemRole: as-given, strictTools: true, serviceTier: true } }'
  const askWith = async (dialect: string) => {
    const { url, simulator } = await startGateway({
      config: `
providers: { mine: { type: openai-compatible, baseUrl: "$UPSTREAM/compatible/v1"${dialect} } }
models: { "*": mine/* }`,
    })
    const answer = await ask(url + CHAT, { body })
    return { sent: simulator.last.bytes.toString(), dropped: answer.headers['x-dragoman-dropped'] }
  }

  it('loses what such servers ignore or refuse, and says so', async () => {
    const { sent, dropped } = await askWith('')
    expect(JSON.parse(sent)).toMatchObject({ max_tokens: 50, messages: [{ role: 'system' }, {}] })
    expect(sent).not.toMatch(/max_completion_tokens|service_tier|strict/)
    expect(dropped).toMatch(/tools\.strict.*service_tier/)
  })

  it('goes out byte for byte where the config says that the server takes it', async () => {
    expect(await askWith(KNOWN)).toEqual({ sent: body, dropped: undefined })
  })
})

describe('an error in another vendor’s envelope', () => {
  it('is told in the client’s', async () => {
    const { url, simulator } = await startGateway()
    const body = { error: { code: 'DeploymentNotFound', message: 'no such deployment' } }
    simulator.respond(() => ({ error: { status: 404, message: '', body } }))
    const answer = await ask(url + MESSAGES, {
      headers: VERSION,
      body: JSON.stringify({
        model: 'foundry/claude-sonnet-4-6',
        max_tokens: 9,
        messages: [{ role: 'user', content: 'Hi' }],
      }),
    })
    expect(answer.status).toBe(404)
    expect(answer.json).toMatchObject({ type: 'error', error: { type: 'not_found_error' } })
  })

  it('is told in words that make the client compact', async () => {
    const { url, simulator } = await startGateway()
    const message =
      "This model's maximum context length is 9000 tokens. However, your messages resulted in 9001 tokens."
    simulator.respond(() => ({ error: { status: 400, message } }))
    const answer = await ask(url + MESSAGES, {
      headers: VERSION,
      body: JSON.stringify({
        model: 'foundry/claude-sonnet-4-6',
        max_tokens: 9,
        messages: [{ role: 'user', content: 'Hi' }],
      }),
    })
    expect(answer.json.error.message).toBe('prompt is too long: 9001 tokens > 9000 maximum')
  })
})

describe.each([
  [MESSAGES, 'claude/claude-sonnet-4-6', { max_tokens: 50 }],
  [CHAT, 'openai/gpt-4.1', {}],
  ['/v1/responses', 'openai/gpt-4.1', { input: 'Hi' }],
] as const)('an error in the middle of a stream on %s', (route, model, extra) => {
  const body = JSON.stringify({
    model,
    stream: true,
    ...(route !== '/v1/responses' && { messages: [{ role: 'user', content: 'Hi' }] }),
    ...extra,
  })
  const inStreamError = (message: string) => ({
    text: 'one two three four five six seven eight',
    faults: { inStreamError: { status: 500, message, afterEvents: 6 } },
  })
  const streamed = async (url: string) =>
    (
      await fetch(url + route, {
        method: 'POST',
        headers: { ...VERSION, 'content-type': 'application/json' },
        body,
      })
    ).text()

  it('goes on as it is, is told in the log, and counts against its target', async () => {
    const { url, simulator, log } = await startGateway({ config: `retries: 0\n${EVERY_PROVIDER}` })
    simulator.respond(() => inStreamError('The model fell over'))
    const text = await streamed(url)
    expect(text).toContain('one')
    expect(text.match(/The model fell over/g)).toHaveLength(1)
    const failed = () => log.filter((line) => line['message'] === 'failed')
    await expect.poll(failed).toMatchObject([{ lane: 'passthrough', reason: 'The model fell over' }])
    for (let more = 0; more < 4; more++) await streamed(url)
    await expect
      .poll(() => log.find((line) => line['message'] === 'target is put aside'))
      .toMatchObject({ target: model, because: 'failing' })
  })

  it('does not tell the gateway’s key', async () => {
    const { url, simulator, log } = await startGateway()
    const key = model.startsWith('claude') ? 'anthropic-key-1' : 'openai-key-1'
    simulator.respond(() => inStreamError(`The key ${key} was withdrawn`))
    const text = await streamed(url)
    expect(text).toMatch(/The key \S+….. was withdrawn/)
    expect(text).not.toContain(key)
    await expect.poll(() => log.some((line) => line['message'] === 'failed')).toBe(true)
    expect(JSON.stringify(log)).not.toContain(key)
  })
})

// Recorded traffic, which is not part of the repository.
const FOLDER = new URL('../../../shared/captures/', import.meta.url)
const files = existsSync(FOLDER)
  ? readdirSync(FOLDER).filter((name) => name.startsWith('claude-') && name.endsWith('.json'))
  : []

type Capture = { path: string; headers: Record<string, string>; body: JsonObject }

const textsOf = (body: JsonObject): readonly unknown[] =>
  asArray(body['messages'])
    .flatMap((message) => asArray(asObject(message)['content']))
    .map((block) => asObject(block)['text'])
    .filter((text) => typeof text === 'string' && text.trim() !== '')

describe.skipIf(files.length === 0)('recorded requests of Claude Code', () => {
  const cells = ['foundry/claude-opus-5-5', 'claude/claude-opus-5-5'].flatMap((model) =>
    files.map((name) => [name, model] as const),
  )
  it.each(cells)('%s is taken by a strict %s', async (name, model) => {
    const { url, simulator } = await startGateway()
    const capture: Capture = JSON.parse(readFileSync(new URL(name, FOLDER), 'utf8'))
    const { host: _, 'content-length': __, connection: ___, ...headers } = capture.headers
    const body = JSON.stringify({ ...capture.body, stream: false, model })
    const answer = await ask(url + capture.path, {
      headers: { ...headers, 'accept-encoding': 'identity' },
      body,
    })
    expect(answer.json).not.toMatchObject({ type: 'error' })
    expect(answer.status).toBe(200)
    const sent = simulator.last.bytes.toString()
    for (const text of textsOf(capture.body)) expect(sent).toContain(JSON.stringify(text).slice(1, -1))
  })
})

describe('an upstream that has said all and does not hang up', () => {
  it('has given a whole answer', async () => {
    const config = `timeouts: { idle: 300ms }\n${EVERY_PROVIDER}`
    const { url, simulator, log } = await startGateway({ config })
    const request = {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        model: 'foundry/claude-sonnet-4-5',
        max_tokens: 50,
        stream: true,
        messages: [{ role: 'user', content: 'Hi' }],
      }),
    }
    simulator.enqueue({ text: 'Hello.' })
    const { length } = (await (await fetch(`${url}/v1/messages`, request)).text())
      .split('\n\n')
      .filter((frame) => frame.trim() !== '')
    simulator.enqueue({ text: 'Hello.', faults: { stallAfterEvents: { events: length } } })
    const text = await (await fetch(`${url}/v1/messages`, request)).text()
    expect(text).toContain('event: message_stop')
    expect(text).not.toContain('event: error')
    expect(log.filter((line) => line['message'] === 'failed')).toEqual([])
  })
})
