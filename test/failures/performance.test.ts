import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it } from 'vitest'
import type { Dispatcher } from 'undici'
import { parseConfig } from '../../src/index.ts'
import { createProvider } from '../../src/providers/index.ts'
import { Attempt } from '../../src/upstream/attempt.ts'
import { ask } from '../support/ask.ts'
import { startGateway } from '../support/gateway.ts'

const CONFIG = `
providers:
  azure:   { type: azure-openai, endpoint: "$UPSTREAM", apiKey: azure-key-1, protocol: chat }
  foundry: { type: azure-foundry, baseUrl: "$UPSTREAM/anthropic", apiKey: foundry-key-1 }
models: { "*": azure/gpt-4.1 }
`
const turn = (content: string, extra: object = {}) =>
  JSON.stringify({ model: 'x', max_tokens: 100, messages: [{ role: 'user', content }], ...extra })

describe('long answers', () => {
  /** What the HTTP client is really told for a provider of this config. */
  function limitsOf(timeouts: string): { headersTimeout: unknown; bodyTimeout: unknown } {
    const { providers } = parseConfig(
      `{ providers: { claude: { type: anthropic, apiKey: sk-ant-key-1${timeouts} } } }`,
    )
    const provider = createProvider(providers['claude']!)
    const request = {
      method: 'POST',
      url: 'https://acme.test/x',
      headers: {},
      timeouts: provider.timeouts,
      signal: new AbortController().signal,
    } as const
    let seen: Dispatcher.DispatchOptions | undefined
    const dispatcher = { dispatch: (options: Dispatcher.DispatchOptions) => void (seen = options) }
    new Attempt(request, 'acme.test').dispatch(dispatcher as never, request, new URL(request.url))
    return { headersTimeout: seen?.headersTimeout, bodyTimeout: seen?.bodyTimeout }
  }

  it('P1 wait as long as the config says, and no HTTP library cuts them off at 300 seconds', () => {
    expect(limitsOf('')).toEqual({ headersTimeout: 300_000, bodyTimeout: 0 })
    expect(limitsOf(', timeouts: { firstByte: 20m, idle: 15m }')).toEqual({
      headersTimeout: 1_200_000,
      bodyTimeout: 0,
    })
    expect(limitsOf(', timeouts: { firstByte: "0" }').headersTimeout).toBe(0)
  })
})

describe('large requests', () => {
  it.each(['/v1/messages', '/v1/chat/completions'])('P2 of 40 MB pass, on either lane (%s)', async (path) => {
    const { url, simulator } = await startGateway({ config: CONFIG, simulator: { checks: 'lenient' } })
    simulator.respond(() => ({ text: 'read' }))
    const content = 'x'.repeat(40 * 1024 * 1024)
    const { status, text } = await ask(url + path, { body: turn(content) })
    expect(status).toBe(200)
    expect(text).toContain('read')
    expect(simulator.last.bytes.length).toBeGreaterThan(content.length)
  })

  it('P2 are refused beyond `server.bodyLimit`, with the name of the setting', async () => {
    const { url } = await startGateway({ config: `server: { bodyLimit: 1kb }\n${CONFIG}` })
    const { status, json } = await ask(`${url}/v1/messages`, { body: turn('x'.repeat(2000)) })
    expect(status).toBe(413)
    expect(json.error).toMatchObject({
      type: 'request_too_large',
      message: expect.stringContaining('bodyLimit'),
    })
  })
})

describe('a client that stops waiting', () => {
  const cells = ['/v1/messages', '/v1/chat/completions'].flatMap((path) =>
    [false, true].map((stream) => ({ path, stream })),
  )
  it.each(cells)('P3 before the first byte stops the upstream ($path, stream $stream)', async (cell) => {
    const { url, simulator } = await startGateway({ config: CONFIG })
    simulator.respond(() => ({ text: 'never', faults: { firstByteDelayMs: 60_000 } }))
    const abort = new AbortController()
    const arrived = simulator.next()
    const asked = fetch(url + cell.path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: turn('Hi', { stream: cell.stream }),
      signal: abort.signal,
    })
    const { aborted } = await arrived
    abort.abort()
    await expect(asked).rejects.toThrow(/abort/i)
    await aborted
    expect(simulator.open).toBe(0)
  })

  it.each(cells)('P3 in mid-answer stops the upstream ($path, stream $stream)', async (cell) => {
    const { url, simulator } = await startGateway({ config: CONFIG })
    simulator.respond(() => ({
      text: 'word '.repeat(2000),
      faults: { pacingMs: 20, ...(!cell.stream && { stallAfterEvents: { events: 1 } }) },
    }))
    const abort = new AbortController()
    const arrived = simulator.next()
    const asked = fetch(url + cell.path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: turn('Hi', { stream: cell.stream }),
      signal: abort.signal,
    })
    const left = asked.then((answer) => answer.text()).catch(() => 'left')
    const request = await arrived
    await expect.poll(() => request.bytesSent).toBeGreaterThan(200)
    abort.abort()
    expect(await left).toBe('left')
    await request.aborted
  })
})

describe('the gateway’s own share', () => {
  it('P4 is told on every answer, apart from the upstream’s', async () => {
    const { url } = await startGateway({ config: CONFIG })
    for (const stream of [false, true]) {
      const answer = await fetch(`${url}/v1/messages`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: turn('Hi', { stream }),
      })
      await answer.text()
      expect(answer.headers.get('server-timing')).toMatch(/^gateway;dur=\d+\.\d+, upstream;dur=\d+\.\d+/)
    }
  })

  it('P4 does not grow with the number of requests: a burst is sent on at once, not one by one', async () => {
    const burst = 60
    const waiting: ServerResponse[] = []
    const WHOLE = {
      choices: [{ index: 0, message: { role: 'assistant', content: 'fine' }, finish_reason: 'stop' }],
    }
    // Nobody is answered before all have arrived.
    const upstream = createServer((_, response) => {
      waiting.push(response)
      if (waiting.length < burst) return
      for (const one of waiting) one.setHeader('content-type', 'application/json').end(JSON.stringify(WHOLE))
    })
    await new Promise<void>((listening) => upstream.listen(0, '127.0.0.1', listening))
    const { port } = upstream.address() as AddressInfo
    const { url } = await startGateway({
      config: `providers: { up: { type: openai-compatible, baseUrl: "http://127.0.0.1:${port}/v1", apiKey: up-key-1 } }`,
    })
    const body = turn('Hi').replace('"x"', '"up/x"')
    const answers = await Promise.all(
      Array.from({ length: burst }, () => ask(`${url}/v1/messages`, { body })),
    )
    upstream.close()
    upstream.closeAllConnections()
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
  })
})
