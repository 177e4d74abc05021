import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createPlainServer } from 'node:net'
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { loadConfig } from '../../src/config/load.ts'
import { flatten, maskSettings } from '../../src/config/secrets.ts'
import { ask } from '../support/ask.ts'
import { startGateway, type TestGateway } from '../support/gateway.ts'
import { rawClient } from '../support/raw-client.ts'
import { askFor, bodyFor, CLIENTS, ROUTES, streamFor } from './errors/clients.ts'
import { CONFIG, refusal, streamedRefusal, targetOf, UPSTREAMS } from './errors/upstreams.ts'

let gateway: TestGateway
beforeAll(async () => {
  gateway = await startGateway({ config: CONFIG, simulator: { checks: 'lenient' }, lifetime: 'file' })
})

const portOf = ({ url }: Pick<TestGateway, 'url'>) => Number(new URL(url).port)

/** What a raw request is answered, until the connection is closed by the gateway. */
async function raw(text: string): Promise<string> {
  const client = await rawClient(portOf(gateway))
  client.send(text)
  return await client.closed()
}

describe('requests that two servers could read in two ways', () => {
  const body = bodyFor('messages', targetOf('messages'))
  const head = 'POST /v1/messages HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n'
  const length = `content-length: ${Buffer.byteLength(body)}\r\n`
  const chunked = `${Buffer.byteLength(body).toString(16)}\r\n${body}\r\n0\r\n\r\n`
  const SMUGGLED = 'GET /v1/models HTTP/1.1\r\nhost: localhost\r\n\r\n'

  const cases: readonly (readonly [what: string, request: string])[] = [
    ['both a length and chunks', `${head}${length}transfer-encoding: chunked\r\n\r\n${chunked}${SMUGGLED}`],
    ['two lengths', `${head}${length}content-length: 5\r\n\r\n${body}${SMUGGLED}`],
    ['a list of lengths', `${head}content-length: 5, 5\r\n\r\n${body}${SMUGGLED}`],
    ['a length with a sign', `${head}content-length: +5\r\n\r\n${body}${SMUGGLED}`],
    ['chunks that are not the last coding', `${head}transfer-encoding: chunked, gzip\r\n\r\n${chunked}`],
    ['a coding with a blank before the colon', `${head}transfer-encoding : chunked\r\n\r\n${chunked}`],
    ['folded headers', `${head}x-a: b\r\n c: d\r\n${length}\r\n${body}`],
    ['bare line feeds', `POST /v1/messages HTTP/1.1\nhost: localhost\n${length}\n${body}`],
    ['a bare carriage return', `${head}x-a: b\rx-b: c\r\n${length}\r\n${body}`],
    ['a zero byte in a header', `${head}x-a: b\0c\r\n${length}\r\n${body}`],
    ['a chunk size that is none', `${head}transfer-encoding: chunked\r\n\r\nzz\r\n${body}\r\n0\r\n\r\n`],
    ['two hosts', `${head}host: evil.example\r\n${length}connection: close\r\n\r\n${body}`],
  ]
  it.each(cases)('are refused, and nothing behind them is read: %s', async (what, request) => {
    const before = gateway.simulator.requests.length
    const answer = await raw(request)
    if (what !== 'two hosts') expect(answer).toMatch(/^HTTP\/1\.1 400 /)
    // Node keeps the first of two hosts, which is ours.
    else expect(answer).toMatch(/^HTTP\/1\.1 (?:400|200) /)
    expect(answer.match(/HTTP\/1\.1 \d/g)).toHaveLength(1)
    if (what !== 'two hosts') expect(gateway.simulator.requests).toHaveLength(before)
  })
})

/** Headers that a client has no business to send on, and those that belong to one connection only. */
const PRIVATE = {
  connection: 'close, x-hop',
  'x-hop': 'hop-secret-1',
  'keep-alive': 'timeout=hop-secret-1',
  te: 'trailers',
  'proxy-authorization': 'Basic hop-secret-1',
  'proxy-connection': 'hop-secret-1',
  authorization: 'Bearer hop-secret-1',
  'x-api-key': 'hop-secret-1',
  'api-key': 'hop-secret-1',
  'x-goog-api-key': 'hop-secret-1',
  cookie: 'session=hop-secret-1',
  forwarded: 'for=hop-secret-1',
  'x-forwarded-for': 'hop-secret-1',
  'x-forwarded-host': 'hop-secret-1',
  referer: 'https://hop-secret-1.example/',
  origin: 'http://localhost:9',
  'openai-organization': 'hop-secret-1',
  'x-anything-else': 'hop-secret-1',
} as const

describe('a client’s headers', () => {
  const cells = UPSTREAMS.flatMap((upstream) => CLIENTS.map((client) => ({ upstream, client })))
  it.each(cells)('stay behind, credentials and all ($client to $upstream)', async ({ upstream, client }) => {
    const { status } = await askFor(gateway.url, client, targetOf(upstream), { headers: PRIVATE })
    expect(status).toBe(200)
    const { headers, bytes, query } = gateway.simulator.last
    expect(JSON.stringify([Object.entries(headers), [...query]])).not.toContain('hop-secret')
    expect(bytes.toString()).not.toContain('hop-secret')
    for (const name of ['te', 'cookie', 'x-hop', 'origin', 'forwarded', 'proxy-connection'])
      expect(headers).not.toHaveProperty(name)
  })

  it.each(cells)(
    'give away the key alone where the config forwards it ($client to $upstream)',
    async ({ upstream, client }) => {
      const headers = {
        authorization: 'Bearer client-key-1',
        cookie: 'session=hop-secret-1',
        'x-hop': 'hop-secret-1',
      }
      await askFor(gateway.url, client, targetOf(upstream, 'client'), { headers })
      const sent = JSON.stringify(Object.entries(gateway.simulator.last.headers))
      expect(sent).toContain('client-key-1')
      expect(sent).not.toMatch(/hop-secret|gateway-key/)
    },
  )

  it('and a key in the query stays behind too', async () => {
    const url = `${gateway.url}/v1/messages?key=hop-secret-1&beta=true`
    await ask(url, { body: bodyFor('messages', targetOf('messages')) })
    expect([...gateway.simulator.last.query]).not.toContainEqual(expect.arrayContaining(['hop-secret-1']))
  })
})

describe('an upstream’s headers', () => {
  /** A server that sends exactly these headers. */
  async function upstreamWith(answer: (request: IncomingMessage, response: ServerResponse) => void) {
    const server = createServer(answer)
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
    const { port } = server.address() as { port: number }
    const started = await startGateway({
      config: `{ retries: 0, providers: { up: { type: openai-compatible, baseUrl: "http://127.0.0.1:${port}/v1", apiKey: up-key-1 } } }`,
    })
    const close = async () => {
      server.closeAllConnections()
      await new Promise((closed) => server.close(closed))
    }
    return { ...started, close }
  }

  const WHOLE = JSON.stringify({
    id: 'c',
    object: 'chat.completion',
    created: 1,
    model: 'm',
    choices: [{ index: 0, message: { role: 'assistant', content: 'fine' }, finish_reason: 'stop' }],
  })

  it.each(CLIENTS)('of one connection, cookies and the unknown stay behind (%s)', async (client) => {
    const { url, close } = await upstreamWith((_, response) => {
      response.writeHead(200, {
        'content-type': 'application/json',
        connection: 'keep-alive, x-hop',
        'x-hop': 'up-secret-1',
        'keep-alive': 'timeout=5, up=up-secret-1',
        'set-cookie': ['session=up-secret-1', 'two=up-secret-1'],
        'www-authenticate': 'Basic realm=up-secret-1',
        'proxy-authenticate': 'Basic realm=up-secret-1',
        'access-control-allow-origin': '*',
        trailer: 'x-last',
        upgrade: 'h2c',
        server: 'up-secret-1',
        location: 'http://up-secret-1.example/',
        'x-dragoman-target': 'forged',
        'x-request-id': 'req-up-1',
      })
      response.end(WHOLE)
    })
    const { status, headers, text } = await askFor(url, client, 'up/x')
    await close()
    expect([status, text.includes('fine')]).toEqual([200, true])
    expect(JSON.stringify(headers)).not.toContain('up-secret')
    expect(headers).toMatchObject({ 'x-dragoman-target': 'up/x' })
    for (const name of ['set-cookie', 'access-control-allow-origin', 'trailer', 'upgrade', 'location'])
      expect(headers).not.toHaveProperty(name)
  })

  it.each([
    ['both a length and chunks', 'content-length: 5\r\ntransfer-encoding: chunked\r\n'],
    ['two lengths', 'content-length: 5\r\ncontent-length: 6\r\n'],
    ['a line feed in a header', 'x-request-id: a\nset-cookie: up-secret-1\r\n'],
    ['a zero byte in a header', 'x-request-id: a\0b\r\n'],
    ['a folded header', 'x-request-id: a\r\n set-cookie: up-secret-1\r\n'],
  ])('that are smuggled reach nobody: %s', async (_, lines) => {
    const server = createPlainServer((socket) => {
      socket.on('error', () => {})
      socket.once('data', () =>
        socket.end(`HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n${lines}\r\n${WHOLE}`),
      )
    })
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
    const { port } = server.address() as { port: number }
    const { url } = await startGateway({
      config: `{ retries: 0, providers: { up: { type: openai-compatible, baseUrl: "http://127.0.0.1:${port}/v1", apiKey: up-key-1 } } }`,
    })
    const { status, headers } = await ask(`${url}/v1/chat/completions`, { body: bodyFor('chat', 'up/x') })
    server.close()
    expect(status).toBe(502)
    expect(JSON.stringify(headers)).not.toContain('up-secret')
    expect(headers).not.toHaveProperty('set-cookie')
  })
})

const KINDS = ['azure-openai', 'azure-foundry', 'openai', 'anthropic', 'gemini', 'openai-compatible'] as const

/** Keys in the forms that vendors and people give them. */
const secrets = fc
  .tuple(
    fc.constantFrom('', 'sk-', 'sk-ant-api03-', 'AIza', 'gsk_', 'dg_'),
    fc.string({
      unit: fc.constantFrom(...'abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789-_'),
      minLength: 24,
      maxLength: 48,
    }),
  )
  .map(([prefix, rest]) => prefix + rest)

describe('secrets', () => {
  it('are in no log line, no error, no header and no `config show`, whatever happens', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(secrets, { minLength: 8, maxLength: 8 }), async (keys) => {
        const [clientKey = '', strangerKey = '', ...providerKeys] = keys
        const text = `
server: { port: 0 }
auth: { keys: ["${clientKey}"] }
retries: 0
timeouts: { connect: 1s, firstByte: 1s, idle: 300ms }
providers:
  azure-openai:      { type: azure-openai, endpoint: "$UPSTREAM", apiKey: "${providerKeys[0]}", protocol: chat }
  azure-foundry:     { type: azure-foundry, baseUrl: "$UPSTREAM/anthropic", apiKey: "${providerKeys[1]}" }
  openai:            { type: openai, baseUrl: "$UPSTREAM/v1", apiKey: "${providerKeys[2]}", headers: { x-extra-token: "${providerKeys[5]}" } }
  anthropic:         { type: anthropic, baseUrl: "$UPSTREAM", apiKey: "${providerKeys[3]}" }
  gemini:            { type: gemini, baseUrl: "$UPSTREAM", apiKey: "${providerKeys[4]}" }
  openai-compatible: { type: openai-compatible, baseUrl: "http://127.0.0.1:9/v1", apiKey: "${providerKeys[5]}" }
`
        const started = await startGateway({ config: text, simulator: { checks: 'lenient' } })
        const { url, simulator, log } = started
        const seen: string[] = []
        // The rudest of upstreams: it repeats what it was sent.
        const echoes = (key: string) => [
          refusal('chat', { status: 401, message: `Incorrect API key provided: ${key}.` }),
          refusal('chat', { status: 400, message: `Bad header Authorization: Bearer ${key}` }),
          refusal('messages', { status: 500, type: 'api_error', message: `api-key=${key} was not liked` }),
          streamedRefusal('chat', { status: 500, message: `The key ${key} is odd` }, 'a word'),
        ]
        for (const kind of KINDS) {
          const key = providerKeys[KINDS.indexOf(kind)] ?? ''
          for (const echo of echoes(key)) {
            simulator.respond(() => echo)
            const headers = { authorization: `Bearer ${clientKey}` }
            const { status, headers: told, text: body } = await askForText(url, `${kind}/m`, headers)
            seen.push(`${status} ${JSON.stringify(told)} ${body}`)
          }
        }
        for (const headers of [{ 'x-api-key': strangerKey }, { authorization: `Bearer ${strangerKey}` }]) {
          const { headers: told, text: body } = await askForText(url, 'openai/m', headers)
          seen.push(JSON.stringify(told), body)
          seen.push((await ask(`${url}/v1/nowhere?key=${strangerKey}`, { headers })).text)
        }
        await started.close()
        seen.push(JSON.stringify(log), shown(text.replaceAll('$UPSTREAM', 'http://127.0.0.1:9')))
        for (const key of keys) for (const words of seen) expect(words).not.toContain(key)
      }),
      { numRuns: 6 },
    )
  })

  it('are out of streams that fail, too', async () => {
    gateway.simulator.respond(() =>
      streamedRefusal('chat', { status: 500, message: 'The key gateway-key-1 is odd' }, 'a word'),
    )
    // What is relayed in mid-stream is relayed as it is: only OpenAI's own streams reach OpenAI's clients so.
    for (const client of CLIENTS.filter((name) => name !== 'chat')) {
      const read = await streamFor(gateway.url, client, targetOf('chat'))
      expect(read.text).not.toContain('gateway-key-1')
    }
  })
})

function askForText(url: string, model: string, headers: Readonly<Record<string, string>>) {
  return ask(url + ROUTES.chat, { headers, body: bodyFor('chat', model) })
}

/** What `dragoman config show` prints. */
function shown(yaml: string): string {
  const loaded = loadConfig({
    platform: 'linux',
    homedir: '/home/dragoman',
    cwd: '/home/dragoman',
    env: {},
    flags: { config: 'dragoman.yaml' },
    readFile: (path) => (path.endsWith('/dragoman.yaml') ? yaml : undefined),
  })
  return JSON.stringify([flatten(maskSettings(loaded.settings)), maskSettings(loaded.settings)])
}
