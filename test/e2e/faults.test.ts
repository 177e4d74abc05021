import { createServer as createPlainServer, type Server, type Socket } from 'node:net'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import OpenAI from 'openai'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { Answer, Faults } from '../../src/simulator/script.ts'
import { ask } from '../support/ask.ts'
import { startGateway, type TestGateway } from '../support/gateway.ts'
import { rawClient } from '../support/raw-client.ts'
import { readSse } from '../support/sse.ts'
import {
  askFor,
  bodyFor,
  CLIENTS,
  errorOf,
  judge,
  ROUTES,
  streamFor,
  wordsOf,
  type ClientProtocol,
} from './errors/clients.ts'
import { CONFIG, targetOf, UPSTREAMS, type UpstreamProtocol } from './errors/upstreams.ts'

let gateway: TestGateway
let answer: Answer
beforeAll(async () => {
  gateway = await startGateway({ config: CONFIG, simulator: { checks: 'lenient' }, lifetime: 'file' })
  gateway.simulator.respond(() => answer)
})

/** Servers that misbehave below HTTP, where the simulator cannot. */
const servers = new Set<Server>()
const sockets = new Set<Socket>()
afterEach(async () => {
  for (const socket of sockets) socket.destroy()
  await Promise.all([...servers].map((server) => new Promise((closed) => server.close(closed))))
  servers.clear()
})

/** A TCP server on loopback; its port. */
function serveTcp(onSocket: (socket: Socket) => void): Promise<number> {
  const server = createPlainServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    onSocket(socket)
  })
  servers.add(server)
  return new Promise((resolve) =>
    server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port)),
  )
}

const cells = UPSTREAMS.flatMap((upstream) => CLIENTS.map((client) => ({ upstream, client })))

const END = 'the-very-end'
const SAID: Answer = {
  text: `Grüße 🙂, a few words on the way to ${END}.`,
  toolCalls: [{ name: 'look', input: { where: 'here', mark: `call-${END}` } }],
}

const TOOL = { name: 'look', description: 'Looks.', parameters: { type: 'object', properties: {} } }
const TOOLS: Readonly<Record<ClientProtocol, object>> = {
  messages: { name: TOOL.name, description: TOOL.description, input_schema: TOOL.parameters },
  chat: { type: 'function', function: TOOL },
  responses: { type: 'function', ...TOOL },
}

async function streamWithTool(client: ClientProtocol, model: string) {
  const body = { ...JSON.parse(bodyFor(client, model, true)), tools: [TOOLS[client]] }
  const response = await fetch(gateway.url + ROUTES[client], {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  const read = await readSse(response)
  return { ...read, status: response.status, text: read.text }
}

/**
 * What a client may be told of an answer that broke off: an error, with its status or as the one end of the stream. A
 * success only where everything had been said.
 */
function expectHonest(
  client: ClientProtocol,
  read: Awaited<ReturnType<typeof streamWithTool>>,
  where: string,
) {
  if (read.status !== 200) {
    expect(read.status, where).toBeGreaterThanOrEqual(500)
    expect(JSON.parse(read.text).error.message, where).toBeTruthy()
    return 'status'
  }
  const { faults, ending } = judge(client, read)
  expect(faults, where).toEqual([])
  if (ending === 'success') expect(wordsOf(read.events), where).toMatch(/the-very-end[^]*call-the-very-end/)
  else expect([ending, Boolean(errorOf(read.events.at(-1))?.message)], where).toEqual(['error', true])
  return ending
}

describe('a streamed answer that breaks off', () => {
  // A prime, so that over the cells every kind of place is met; FAULTS_ALL=1 takes every byte.
  const stride = process.env['FAULTS_ALL'] === '1' ? 1 : 101

  it.each(cells)(
    'at any byte is never taken for a whole one ($upstream to $client)',
    async ({ upstream, client }) => {
      const target = targetOf(upstream)
      answer = SAID
      const whole = await streamWithTool(client, target)
      expect(judge(client, whole)).toEqual({ faults: [], ending: 'success' })
      const length = gateway.simulator.last.bytesSent
      const first = (UPSTREAMS.indexOf(upstream) * 5 + CLIENTS.indexOf(client) * 11) % stride
      const endings = new Set<string>()
      for (let position = first; position < length; position += stride) {
        const cutBy = position % 2 === 0 ? 'end' : 'reset'
        answer = { ...SAID, faults: { cutAfterBytes: position, cutBy } }
        const read = await streamWithTool(client, target)
        endings.add(expectHonest(client, read, `byte ${position} of ${length}, ${cutBy}`))
        gateway.simulator.reset()
        gateway.simulator.respond(() => answer)
      }
      expect(endings).toContain('error')
    },
    600_000,
  )

  it.each(cells)(
    'before its first byte keeps its status ($upstream to $client)',
    async ({ upstream, client }) => {
      for (const cutBy of ['end', 'reset'] as const) {
        answer = { ...SAID, faults: { cutAfterBytes: 0, cutBy } }
        const { status, json } = await askFor(gateway.url, client, targetOf(upstream), { stream: true })
        expect(status).toBe(502)
        expect(json.error.message).toMatch(/127\.0\.0\.1:\d+ (?:did not answer|broke off its answer)/)
      }
    },
  )

  it.each(cells)(
    'in one piece, when it is not streamed ($upstream to $client)',
    async ({ upstream, client }) => {
      answer = { ...SAID, faults: { cutAfterBytes: 150 } }
      const { status, json } = await askFor(gateway.url, client, targetOf(upstream))
      expect(status).toBe(502)
      expect(json.error.message).toMatch(/broke off/)
    },
  )
})

describe('an upstream that is slow or odd', () => {
  const odd: readonly (readonly [what: string, faults: Faults])[] = [
    ['one byte at a time', { chunkBytes: 1 }],
    ['compressed by gzip', { gzip: true, chunkBytes: 40 }],
  ]
  it.each(odd.flatMap(([what, faults]) => cells.map((cell) => ({ what, faults, ...cell }))))(
    'that answers $what is understood ($upstream to $client)',
    async ({ faults, upstream, client }) => {
      answer = { ...SAID, faults }
      const read = await streamWithTool(client, targetOf(upstream))
      expect(judge(client, read)).toEqual({ faults: [], ending: 'success' })
      expect(wordsOf(read.events)).toMatch(/Grüße 🙂[^]*the-very-end[^]*call-the-very-end/)
      const whole = await askFor(gateway.url, client, targetOf(upstream))
      expect(whole.status).toBe(200)
      expect(whole.text).toContain('Grüße 🙂')
    },
  )

  const SSE = [
    { choices: [{ index: 0, delta: { role: 'assistant', content: 'Grüße 🙂' }, finish_reason: null }] },
    { choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] },
  ]
    .map(
      (chunk) =>
        `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', ...chunk })}\n\n`,
    )
    .join('')
    .concat('data: [DONE]\n\n')
  const WHOLE = JSON.stringify({
    id: 'c',
    object: 'chat.completion',
    created: 1,
    model: 'm',
    choices: [{ index: 0, message: { role: 'assistant', content: 'Grüße 🙂' }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
  })
  const packed = [
    ['br', brotliCompressSync],
    ['gzip', gzipSync],
  ] as const
  it.each(packed.flatMap(([coding, pack]) => CLIENTS.map((client) => ({ coding, pack, client }))))(
    'that packs its answer with $coding is understood, streamed or not ($client)',
    async ({ coding, pack, client }) => {
      const reply = (type: string, text: string): Answer => ({
        raw: {
          headers: { 'content-type': type, 'content-encoding': coding },
          body: pack(Buffer.from(text)),
        },
        faults: { chunkBytes: 9 },
      })
      answer = reply('text/event-stream', SSE)
      const read = await streamFor(gateway.url, client, targetOf('chat'))
      expect(judge(client, read)).toEqual({ faults: [], ending: 'success' })
      expect(wordsOf(read.events)).toBe('Grüße 🙂')
      answer = reply('application/json', WHOLE)
      const whole = await askFor(gateway.url, client, targetOf('chat'))
      expect(whole.text).toContain('Grüße 🙂')
      expect(whole.headers['content-encoding']).toBeUndefined()
    },
  )

  it.each(CLIENTS)('that says it is packed and is not is a broken upstream (%s)', async (client) => {
    answer = {
      raw: { headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' }, body: WHOLE },
    }
    const { status, json } = await askFor(gateway.url, client, targetOf('chat'))
    expect(status).toBe(502)
    expect(json.error.message).toMatch(/decompress/)
  })

  const types = ['text/plain', 'application/octet-stream', 'application/json; charset=utf-8', '']
  it.each(types.flatMap((type) => CLIENTS.map((client) => ({ type, client }))))(
    'that calls its stream “$type” is understood all the same ($client)',
    async ({ type, client }) => {
      answer = { raw: { headers: { 'content-type': type }, body: SSE } }
      const read = await streamFor(gateway.url, client, targetOf('chat'))
      expect(read.status).toBe(200)
      expect(judge(client, read)).toEqual({ faults: [], ending: 'success' })
      expect(wordsOf(read.events)).toBe('Grüße 🙂')
    },
  )

  it.each(CLIENTS)('that sends JSON as text is understood, a web page is not (%s)', async (client) => {
    answer = { raw: { headers: { 'content-type': 'text/plain' }, body: WHOLE } }
    expect((await askFor(gateway.url, client, targetOf('chat'))).text).toContain('Grüße 🙂')
    answer = {
      raw: { headers: { 'content-type': 'text/html' }, body: '<html><title>Sign in</title></html>' },
    }
    for (const stream of [false, true]) {
      const { status, json, text } = await askFor(gateway.url, client, targetOf('chat'), { stream })
      expect(status).toBe(502)
      expect(json.error.message).toMatch(/text\/html/)
      expect(text).not.toContain('<html>')
    }
  })

  it.each(cells)(
    'that stalls in mid-answer is given up ($upstream to $client)',
    async ({ upstream, client }) => {
      answer = { ...SAID, faults: { stallAfterEvents: { events: 5 } } }
      const read = await streamWithTool(client, targetOf(upstream))
      expect(['error', 'status']).toContain(expectHonest(client, read, 'stalled'))
      const request = gateway.simulator.last
      expect(await request.outcome).toBe('aborted')
    },
  )

  it.each(UPSTREAMS)(
    'that is silent at first does not break the official SDK with pings (%s)',
    async (upstream) => {
      const patient = await startGateway({
        config: CONFIG,
        simulator: { checks: 'lenient' },
        pingAfterMs: 20,
      })
      patient.simulator.respond(() => ({ text: 'at last', faults: { firstByteDelayMs: 150 } }))
      const openai = new OpenAI({ baseURL: `${patient.url}/v1`, apiKey: 'any', maxRetries: 0 })
      const asked = openai.responses.stream({ model: targetOf(upstream), input: 'Hi', store: false })
      expect((await asked.finalResponse()).output_text).toBe('at last')
      const read = await streamFor(patient.url, 'responses', targetOf(upstream))
      expect(read.comments.length).toBeGreaterThan(1)
    },
  )

  it('that limits a burst is asked once for each request, and every client hears its wait', async () => {
    answer = { error: { status: 429, message: 'slow down', headers: { 'retry-after': '3' } } }
    gateway.simulator.reset()
    gateway.simulator.respond(() => answer)
    const burst = await Promise.all(
      Array.from({ length: 30 }, (_, i) =>
        askFor(gateway.url, CLIENTS[i % 3] as ClientProtocol, targetOf(UPSTREAMS[i % 4] as UpstreamProtocol)),
      ),
    )
    for (const { status, headers } of burst) expect([status, headers['retry-after']]).toEqual([429, '3'])
    expect(gateway.simulator.requests).toHaveLength(30)
    answer = SAID
    for (const { upstream, client } of cells)
      expect((await askFor(gateway.url, client, targetOf(upstream))).status).toBe(200)
  })
})

describe('sockets that are half closed', () => {
  const HEAD = 'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n'
  const piece =
    'data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"role":"assistant","content":"Hello"}}]}\n\n'

  it.each(CLIENTS)('by the upstream in mid-stream end in one error (%s)', async (client) => {
    const port = await serveTcp((socket) => {
      socket.once('data', () => {
        socket.write(`${HEAD}${Buffer.byteLength(piece).toString(16)}\r\n${piece}\r\n`)
        // The client is still listened to: only this side is over.
        setTimeout(() => socket.end(), 20)
      })
    })
    const { url } = await startGateway({
      config: `{ providers: { half: { type: openai-compatible, baseUrl: "http://127.0.0.1:${port}/v1", apiKey: half-key-1 } }, retries: 0 }`,
    })
    const read = await streamFor(url, client, 'half/x')
    expect(judge(client, read)).toEqual({ faults: [], ending: 'error' })
  })

  it('by the client count as left: the upstream is let go at once', async () => {
    answer = { text: 'word '.repeat(500), faults: { pacingMs: 30 } }
    const client = await rawClient(Number(new URL(gateway.url).port))
    const body = bodyFor('messages', targetOf('messages'), true)
    client.send(
      `POST /v1/messages HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    )
    await client.until('content_block_delta')
    client.socket.end()
    await gateway.simulator.last.aborted
    expect(await client.closed()).not.toContain('message_stop')
  })

  it('by a client that sends one byte at a time are no hindrance', async () => {
    answer = SAID
    const client = await rawClient(Number(new URL(gateway.url).port))
    client.socket.setNoDelay(true)
    const body = bodyFor('chat', targetOf('messages'))
    const request = `POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`
    for (const byte of request) {
      client.send(byte)
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect(await client.closed()).toMatch(/^HTTP\/1\.1 200[^]*the-very-end/)
  })
})

describe('a connection that does not come about', () => {
  const toPort = (port: number) =>
    startGateway({
      config: `
retries: 0
timeouts: { connect: 300ms, firstByte: 2s, idle: 2s }
providers: { tls: { type: openai-compatible, baseUrl: "https://127.0.0.1:${port}/v1", apiKey: tls-key-1 } }`,
    })

  it.each(CLIENTS)('is a timeout that says so (%s)', async (client) => {
    const port = await serveTcp(() => {})
    const { url } = await toPort(port)
    const { status, json } = await askFor(url, client, 'tls/x')
    expect(status).toBe(504)
    expect(json.error.message).toBe(`127.0.0.1:${port} could not be reached within 300 ms`)
  })

  it.each(CLIENTS)('because the server speaks no TLS says so (%s)', async (client) => {
    const port = await serveTcp((socket) => {
      socket.once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))
    })
    const { url } = await toPort(port)
    const { status, json } = await askFor(url, client, 'tls/x')
    expect(status).toBe(502)
    expect(json.error.message).toMatch(/TLS/)
  })

  it('that resets at once is no answer', async () => {
    const port = await serveTcp((socket) => socket.resetAndDestroy())
    const { url } = await startGateway({
      config: `{ retries: 0, providers: { rst: { type: openai-compatible, baseUrl: "http://127.0.0.1:${port}/v1", apiKey: rst-key-1 } } }`,
    })
    const { status, json } = await ask(`${url}/v1/messages`, { body: bodyFor('messages', 'rst/x') })
    expect(status).toBe(502)
    expect(json.error.message).toMatch(/closed the connection/)
  })

  it('because the answer is no HTTP says so', async () => {
    const port = await serveTcp((socket) => socket.once('data', () => socket.end('SSH-2.0-OpenSSH_9.9\r\n')))
    const { url } = await startGateway({
      config: `{ retries: 0, providers: { ssh: { type: openai-compatible, baseUrl: "http://127.0.0.1:${port}/v1", apiKey: ssh-key-1 } } }`,
    })
    const { status, json } = await ask(`${url}/v1/messages`, { body: bodyFor('messages', 'ssh/x') })
    expect(status).toBe(502)
    expect(json.error.message).toMatch(/not HTTP/)
  })
})
