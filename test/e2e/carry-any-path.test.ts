/** Paths that Dragoman does not know, carried to OpenAI where the config says so: over real sockets, byte for byte. */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { gzipSync } from 'node:zlib'
import { afterEach, describe, expect, it } from 'vitest'
import { ask } from '../support/ask.ts'
import { sandbox } from '../support/cli.ts'
import { startGateway } from '../support/gateway.ts'
import { rawClient } from '../support/raw-client.ts'

type Received = { method: string; url: string; headers: IncomingMessage['headers']; body: Buffer }

const closing: (() => void)[] = []
afterEach(() => {
  for (const close of closing.splice(0)) close()
})

/** An upstream that keeps what it is asked, and answers as told; `{}` unless told. */
async function startUpstream(
  answer: (response: ServerResponse, request: IncomingMessage) => void = (response) => response.end('{}'),
) {
  const received: Received[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => void chunks.push(chunk))
    request.on('end', () => {
      const { method = '', url = '', headers } = request
      received.push({ method, url, headers, body: Buffer.concat(chunks) })
      answer(response, request)
    })
  })
  const sockets = new Set<Socket>()
  server.on('connection', (socket) => void sockets.add(socket.on('error', () => {})))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  closing.push(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, received }
}

const KEY = 'openai-key-123456'

async function gatewayTo(upstream: string, settings = `apiKey: ${KEY}, anyPath: true`) {
  return startGateway({
    config: `
retries: 0
providers: { openai: { type: openai, baseUrl: "${upstream}/v1", ${settings} } }
models: { "*": openai/* }`,
  })
}

describe('a path that Dragoman does not know', () => {
  it.each([
    ['GET', '/v1/novelties/a%20b/c:d~e?limit=2&include[]=x&model=gpt&order=%7Easc'],
    ['GET', '/v1/novelties/'],
    ['GET', '/dashboard/billing/usage'],
    ['DELETE', '/v1/models/ft:gpt-4.1:acme::1'],
    ['GET', '/v1/chat/completions?limit=1'],
  ])('%s %s is asked for as it is', async (method, path) => {
    const { url, received } = await startUpstream()
    const gateway = await gatewayTo(url)
    expect((await ask(gateway.url + path, { method })).json).toEqual({})
    expect(received).toMatchObject([{ method, url: path, body: Buffer.alloc(0) }])
    expect(received[0]?.headers['authorization']).toBe(`Bearer ${KEY}`)
  })

  it.each(['POST', 'PUT', 'PATCH'])('takes any body with %s, byte for byte', async (method) => {
    const { url, received } = await startUpstream()
    const gateway = await gatewayTo(url)
    const bodies = [
      ['application/json', Buffer.from('{ "model":"any", "10":1, "2":9007199254740993 }')],
      ['application/octet-stream', Buffer.from([0, 255, 10, 13, 254])],
    ] as const
    for (const [type, body] of bodies)
      await ask(`${gateway.url}/v1/novelties`, { method, headers: { 'content-type': type }, body })
    const packed = gzipSync('{"packed":true}')
    await ask(`${gateway.url}/v1/novelties`, {
      method,
      headers: { 'content-encoding': 'gzip' },
      body: packed,
    })
    expect(received.map(({ method: asked }) => asked)).toEqual([method, method, method])
    expect(received.map(({ body }) => body)).toEqual([bodies[0][1], bodies[1][1], packed])
    expect(received.map(({ headers }) => headers['content-type'])).toEqual([
      'application/json',
      'application/octet-stream',
      'application/json',
    ])
    expect(received[2]?.headers).toMatchObject({
      'content-encoding': 'gzip',
      'content-length': String(packed.length),
    })
  })

  it('takes a form while it is being sent, and answers while it is being said', async () => {
    const upstream = createServer((request, response) => {
      request.once('data', () => {
        // The answer begins in the middle of the upload.
        response.writeHead(201, { 'content-type': 'multipart/x-mixed', 'x-novelty': 'yes' })
        response.write('first ')
      })
      request.on('end', () => response.end('last'))
    })
    upstream.listen(0, '127.0.0.1')
    await once(upstream, 'listening')
    closing.push(() => void upstream.close())
    const gateway = await gatewayTo(`http://127.0.0.1:${(upstream.address() as AddressInfo).port}`)
    const client = await rawClient(Number(new URL(gateway.url).port))
    client.send(
      'POST /v1/novelties HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n' +
        'Content-Type: multipart/form-data; boundary=b\r\n\r\n',
    )
    const piece = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`
    client.send(piece('--b\r\nContent-Disposition: form-data; name="model"\r\n\r\nany\r\n'))
    expect(await client.until('first ')).toMatch(/^HTTP\/1\.1 201 .*x-novelty: yes/is)
    client.send(piece('--b--\r\n') + piece(''))
    expect(await client.until('last')).toContain('multipart/x-mixed')
  })

  it('has its form carried whole, its length known', async () => {
    const { url, received } = await startUpstream()
    const gateway = await gatewayTo(url)
    const form = '--b\r\nContent-Disposition: form-data; name="model"\r\n\r\nopenai/any\r\n--b--\r\n'
    const type = 'multipart/form-data; boundary=b'
    await ask(`${gateway.url}/v1/novelties`, { headers: { 'content-type': type }, body: form })
    expect(received).toMatchObject([
      {
        body: Buffer.from(form),
        headers: { 'content-type': type, 'content-length': String(form.length) },
      },
    ])
  })

  it('streams events as they come', async () => {
    let say: ((text: string) => void) | undefined
    const { url } = await startUpstream((response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write('event: one\ndata: {}\n\n')
      say = (text) => response.end(text)
    })
    const gateway = await gatewayTo(url)
    const answer = await fetch(`${gateway.url}/v1/novelties`, { method: 'POST', body: '{"stream":true}' })
    const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader()
    expect((await reader.read()).value).toBe('event: one\ndata: {}\n\n')
    say?.('event: two\ndata: {}\n\n')
    expect((await reader.read()).value).toBe('event: two\ndata: {}\n\n')
    expect((await reader.read()).done).toBe(true)
  })

  it('keeps headers, but for those of connections and credentials', async () => {
    const { url, received } = await startUpstream((response) => {
      response.writeHead(200, {
        'content-type': 'text/x-novelty',
        'x-novelty': 'yes',
        'openai-version': '2020-10-01',
        'set-cookie': 'a=b',
        'access-control-allow-origin': '*',
        connection: 'x-mine',
        'x-mine': '1',
      })
      response.end('{}')
    })
    const gateway = await gatewayTo(url)
    const told = await ask(`${gateway.url}/v1/novelties`, {
      headers: {
        authorization: 'Bearer the-clients-own',
        'api-key': 'the-clients-own',
        cookie: 'c=d',
        'openai-organization': 'org-of-the-client',
        'openai-beta': 'novelties=v9',
        'x-custom': 'kept',
        'x-forwarded-for': '10.0.0.1',
        'x-dragoman-target': 'openai',
        connection: 'close, x-hop',
        'x-hop': '1',
        te: 'trailers',
      },
    })
    const [asked] = received
    expect(asked?.headers).toMatchObject({
      authorization: `Bearer ${KEY}`,
      'openai-beta': 'novelties=v9',
      'x-custom': 'kept',
    })
    const names = Object.keys(asked?.headers ?? {})
    for (const name of ['api-key', 'cookie', 'openai-organization', 'x-forwarded-for', 'x-hop', 'te'])
      expect(names).not.toContain(name)
    expect(names.filter((name) => name.startsWith('x-dragoman'))).toEqual([])
    expect(told.headers).toMatchObject({
      'content-type': 'text/x-novelty',
      'x-novelty': 'yes',
      'openai-version': '2020-10-01',
      'x-dragoman-target': 'openai',
    })
    for (const name of ['set-cookie', 'access-control-allow-origin', 'x-mine'])
      expect(told.headers).not.toHaveProperty(name)
  })

  it('goes out with the client’s own key and organization where the config says so', async () => {
    const { url, received } = await startUpstream()
    const gateway = await gatewayTo(url, 'apiKey: client, anyPath: true')
    const headers = { 'api-key': 'the-clients-own', 'openai-organization': 'org-of-the-client' }
    await ask(`${gateway.url}/v1/novelties`, { headers })
    expect(received[0]?.headers).toMatchObject({
      authorization: 'Bearer the-clients-own',
      'openai-organization': 'org-of-the-client',
    })
    expect(received[0]?.headers).not.toHaveProperty('api-key')
  })

  it.each([
    [404, 'text/html', '<html>nothing here</html>'],
    [404, 'application/json', '{ "error" : {"message":"Unknown","novelty":1} }'],
    [422, 'application/json', '[]'],
    [500, 'text/plain', 'oh'],
  ])('that is answered %i %s is answered so', async (status, type, body) => {
    const { url, received } = await startUpstream((response) =>
      response.writeHead(status, { 'content-type': type, 'x-request-id': 'req_1' }).end(body),
    )
    const gateway = await gatewayTo(url)
    const answer = await fetch(`${gateway.url}/v1/novelties`)
    expect([answer.status, answer.headers.get('content-type')]).toEqual([status, type])
    expect(answer.headers.get('x-request-id')).toBe('req_1')
    expect(await answer.text()).toBe(body)
    expect(received).toHaveLength(1)
  })

  it('may lead elsewhere, or be asked for its head alone', async () => {
    const { url, received } = await startUpstream((response, { method }) =>
      method === 'HEAD'
        ? response.writeHead(200, { 'content-length': '12345' }).end()
        : response.writeHead(302, { location: '/v1/other' }).end(),
    )
    const gateway = await gatewayTo(url)
    const moved = await ask(`${gateway.url}/v1/novelties`)
    expect([moved.status, moved.headers['location']]).toEqual([302, '/v1/other'])
    const head = await ask(`${gateway.url}/v1/novelties`, { method: 'HEAD' })
    expect([head.status, head.headers['content-length'], head.text]).toEqual([200, '12345', ''])
    expect(received.map(({ method }) => method)).toEqual(['GET', 'HEAD'])
  })

  it('says nothing to the client about the gateway’s key', async () => {
    const { url } = await startUpstream((response) =>
      response
        .writeHead(401, { 'content-type': 'application/json' })
        .end(`{"error":{"message":"bad ${KEY}"}}`),
    )
    const gateway = await gatewayTo(url)
    const refused = await ask(`${gateway.url}/v1/novelties`)
    expect([refused.status, refused.headers['x-should-retry']]).toEqual([502, 'false'])
    expect(refused.text).not.toContain(KEY)
  })

  it('that quotes the gateway’s key is told without it', async () => {
    const { url } = await startUpstream((response) =>
      response.writeHead(400).end(`key ${KEY}, no such thing`),
    )
    const gateway = await gatewayTo(url)
    const answer = await fetch(`${gateway.url}/v1/novelties`)
    expect([answer.status, await answer.text()]).toEqual([400, 'key open…56, no such thing'])
  })

  it.each([
    'GET /v1/../../secret',
    'GET /v1/%2e%2e/secret',
    'GET /v1/..%2fsecret',
    'GET /v1/a%2fb',
    'GET /v1/%252e%252e/secret',
    'GET /v1/a\\..\\b',
    'GET /v1/a%5cb',
    'GET /v1/a//b',
    'GET /v1/a%00b',
    'GET //elsewhere.example/v1/novelties',
    'GET http://127.0.0.1/v1/novelties',
    'OPTIONS *',
  ])('%s is refused', async (line) => {
    const { url, received } = await startUpstream()
    const gateway = await gatewayTo(url)
    const client = await rawClient(Number(new URL(gateway.url).port))
    client.send(`${line} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`)
    expect(await client.closed()).toMatch(/^HTTP\/1\.1 400 /)
    expect(received).toEqual([])
  })

  it('is not carried with a method that shows the request’s own headers', async () => {
    const { url, received } = await startUpstream()
    const gateway = await gatewayTo(url)
    expect((await ask(`${gateway.url}/v1/novelties`, { method: 'TRACE' })).status).toBe(405)
    expect(received).toEqual([])
  })

  it('leaves Dragoman’s own routes to Dragoman', async () => {
    const { url, received } = await startUpstream()
    const gateway = await gatewayTo(url)
    for (const path of ['/health', '/v1/models']) expect((await ask(gateway.url + path)).status).toBe(200)
    expect(received).toEqual([])
  })

  it('wants the key of the gateway, where it has one', async () => {
    const { url, received } = await startUpstream()
    const gateway = await startGateway({
      config: `
auth: { keys: [key-of-the-gateway] }
providers: { openai: { type: openai, baseUrl: "${url}/v1", apiKey: ${KEY}, anyPath: true } }
models: { "*": openai/* }`,
    })
    expect((await ask(`${gateway.url}/v1/novelties`)).status).toBe(401)
    expect(received).toEqual([])
  })

  it.each([
    ['POST', '/v1/novelties', {}, { error: { type: 'invalid_request_error' } }],
    ['GET', '/v1/novelties', {}, { error: { type: 'invalid_request_error' } }],
    [
      'POST',
      '/v1/messages/novelties',
      { 'anthropic-version': '2023-06-01' },
      { type: 'error', error: { type: 'not_found_error' } },
    ],
  ] as const)('is a 404 in the client’s dialect by default: %s %s', async (method, path, headers, body) => {
    const { url, received } = await startUpstream()
    const gateway = await gatewayTo(url, `apiKey: ${KEY}`)
    const told = await ask(gateway.url + path, { method, headers })
    expect(told.status).toBe(404)
    expect(told.json).toMatchObject(body)
    expect(received).toEqual([])
  })
})

it('AZURE_OPENAI_PROXY_MODE=openai alone carries any path', async () => {
  const { url, received } = await startUpstream()
  const box = await sandbox()
  const env = {
    AZURE_OPENAI_PROXY_MODE: 'openai',
    OPENAI_API_ENDPOINT: url,
    AZURE_OPENAI_ENDPOINT: 'https://unused.openai.azure.com',
  }
  const gateway = box.launch(['start', '--port', '0'], { env })
  const [, base = ''] = await gateway.said(/listens on (http:\/\/\S+)/)
  const headers = { authorization: 'Bearer the-clients-own' }
  expect((await ask(`${base}/v1/novelties?a=b`, { headers })).status).toBe(200)
  expect(received).toMatchObject([
    { method: 'GET', url: '/v1/novelties?a=b', headers: { authorization: 'Bearer the-clients-own' } },
  ])
})
