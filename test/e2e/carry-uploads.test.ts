import { once } from 'node:events'
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { startGateway } from '../support/gateway.ts'

const BOUNDARY = 'a-boundary'
const MB = 1024 * 1024
const closing: (() => void)[] = []
afterEach(() => {
  for (const close of closing.splice(0)) close()
})

/** An upstream whose handler sees the request before its body. */
async function upstream(
  handler: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<string> {
  const server = createServer(handler)
  const sockets = new Set<Socket>()
  server.on('connection', (socket) => void sockets.add(socket.on('error', () => {})))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  closing.push(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function gatewayBefore(url: string, extra = '') {
  return startGateway({
    config: `
${extra}
providers:
  openai: { type: openai, baseUrl: "${url}/v1", apiKey: openai-key-1 }
models:
  whisper: openai/whisper-1
`,
  })
}

const part = (name: string, value: string) =>
  `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`
const FILE_HEAD = `--${BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\nContent-Type: audio/wav\r\n\r\n`
const FORM_END = `\r\n--${BOUNDARY}--\r\n`

/** A client that sends its form piece by piece, and what it is told. */
function upload(url: string, path: string, headers: Record<string, string | number> = {}) {
  const outgoing = request(`${url}${path}`, {
    method: 'POST',
    agent: false,
    headers: { 'content-type': `multipart/form-data; boundary=${BOUNDARY}`, ...headers },
  })
  const answered = new Promise<{ status: number; text: string }>((resolve, reject) => {
    outgoing.on('error', reject)
    outgoing.on('response', (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (piece: string) => (text += piece))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }))
    })
  })
  answered.catch(() => {})
  return { outgoing, answered }
}

/** Resolves when so many bytes of a body have arrived. */
function arrival(incoming: IncomingMessage) {
  let size = 0
  const waiting: { bytes: number; go: () => void }[] = []
  incoming.on('data', (chunk: Buffer) => {
    size += chunk.length
    for (const { bytes, go } of waiting) if (size >= bytes) go()
  })
  return {
    get size() {
      return size
    },
    reaches: (bytes: number) =>
      new Promise<void>((go) => (size >= bytes ? go() : void waiting.push({ bytes, go }))),
  }
}

describe('an upload of 50 MB', () => {
  it.each([
    ['its model first', '/v1/audio/transcriptions', part('model', 'whisper') + FILE_HEAD, FORM_END],
    [
      'its model last',
      '/v1/audio/transcriptions',
      FILE_HEAD,
      `\r\n${part('model', 'whisper')}--${BOUNDARY}--\r\n`,
    ],
    ['no model', '/v1/files', part('purpose', 'batch') + FILE_HEAD, FORM_END],
  ])('with %s reaches the upstream before the client has sent it all', async (_, path, head, tail) => {
    const seen = Promise.withResolvers<ReturnType<typeof arrival>>()
    let text = ''
    const url = await upstream((incoming, response) => {
      seen.resolve(arrival(incoming))
      incoming.on('data', (chunk: Buffer) => (text = (text + chunk.toString('latin1')).slice(-300)))
      incoming.on('end', () => response.setHeader('content-type', 'application/json').end('{"text":"done"}'))
    })
    const gateway = await gatewayBefore(url)
    const { outgoing, answered } = upload(gateway.url, path)
    outgoing.write(head)
    const piece = Buffer.alloc(MB, 'x')
    for (let sent = 0; sent < 25; sent++) outgoing.write(piece)
    // Half of it is at the upstream while the other half has not been sent.
    const half = await seen.promise
    await half.reaches(24 * MB)
    for (let sent = 25; sent < 50; sent++) outgoing.write(piece)
    outgoing.end(tail)
    expect(await answered).toMatchObject({ status: 200, text: '{"text":"done"}' })
    expect(half.size).toBeGreaterThan(50 * MB)
    if (tail !== FORM_END) expect(text).toContain('\r\n\r\nwhisper-1\r\n')
  })
})

describe('an upload', () => {
  it('goes no faster than the upstream takes it', async () => {
    const arrived = Promise.withResolvers<IncomingMessage>()
    const url = await upstream((incoming, response) => {
      arrived.resolve(incoming.pause())
      incoming.on('end', () => response.end('{}'))
    })
    const gateway = await gatewayBefore(url)
    const { outgoing, answered } = upload(gateway.url, '/v1/files')
    outgoing.write(FILE_HEAD)
    const piece = Buffer.alloc(MB)
    let accepted = 0
    const total = 100
    const pour = () => {
      while (accepted < total) {
        accepted += 1
        if (!outgoing.write(piece)) return void outgoing.once('drain', pour)
      }
      outgoing.end(FORM_END)
    }
    pour()
    const incoming = await arrived.promise
    // Nobody reads: what the sockets' buffers do not hold stays with the client.
    let before = -1
    while (before !== accepted) {
      before = accepted
      await new Promise((resolve) => setTimeout(resolve, 200))
    }
    expect(accepted).toBeLessThan(total / 2)
    incoming.resume()
    expect((await answered).status).toBe(200)
  })

  it('that its client abandons is abandoned upstream', async () => {
    const torn = Promise.withResolvers<string>()
    const url = await upstream((incoming) => {
      incoming.resume()
      incoming.on('error', (error) => torn.resolve(error.message))
    })
    const gateway = await gatewayBefore(url)
    const { outgoing, answered } = upload(gateway.url, '/v1/files', { 'content-length': 10 * MB })
    outgoing.write(FILE_HEAD)
    outgoing.write(Buffer.alloc(MB), () => setTimeout(() => outgoing.destroy(), 50))
    expect(await torn.promise).toBe('aborted')
    await expect(answered).rejects.toThrow(/hang up|aborted|destroyed/)
    await expect.poll(() => gateway.log.map(({ message }) => message)).toContain('client went away')
  })

  it('that the upstream refuses half-way is answered half-way', async () => {
    const url = await upstream((incoming, response) => {
      incoming.once('data', () => {
        response.writeHead(413, { 'content-type': 'application/json' })
        response.end('{"error":{"message":"Too big for me"}}')
        // As real servers do: closing with bytes unread would reset the connection and lose the answer.
        incoming.resume().on('error', () => {})
      })
    })
    const gateway = await gatewayBefore(url)
    const { outgoing, answered } = upload(gateway.url, '/v1/files')
    outgoing.on('error', () => {})
    outgoing.write(FILE_HEAD)
    const piece = Buffer.alloc(64 * 1024)
    const pouring = setInterval(() => outgoing.write(piece), 5)
    const { status, text } = await answered.finally(() => clearInterval(pouring))
    expect(status).toBe(413)
    expect(text).toBe('{"error":{"message":"Too big for me"}}')
    outgoing.destroy()
  })

  it.each([
    ['announced', { 'content-length': 3 * MB }],
    ['found', {}],
  ])('over server.uploadLimit, as %s, is refused', async (_, headers) => {
    const url = await upstream((incoming, response) => {
      incoming.resume().on('error', () => {})
      incoming.on('end', () => response.end('{}'))
    })
    const gateway = await gatewayBefore(url, 'server: { uploadLimit: 2mb }')
    const { outgoing, answered } = upload(gateway.url, '/v1/files', headers)
    outgoing.on('error', () => {})
    outgoing.write(FILE_HEAD)
    outgoing.write(Buffer.alloc(2.5 * MB))
    const { status, text } = await answered
    expect(status).toBe(413)
    expect(text).toContain('server.uploadLimit')
    outgoing.destroy()
  })

  it('keeps its length where the client said it', async () => {
    const lengths: (string | undefined)[] = []
    const url = await upstream((incoming, response) => {
      lengths.push(incoming.headers['content-length'])
      incoming.resume().on('end', () => response.end('{}'))
    })
    const gateway = await gatewayBefore(url)
    const body = part('model', 'whisper') + FILE_HEAD + 'abc' + FORM_END
    for (const path of ['/v1/files', '/v1/audio/transcriptions']) {
      const { outgoing, answered } = upload(gateway.url, path, { 'content-length': body.length })
      outgoing.end(body)
      expect((await answered).status).toBe(200)
    }
    expect(lengths).toEqual([String(body.length), String(body.length + 2)])
  })

  it('without a boundary, or with a model that nobody knows, is refused in OpenAI’s words', async () => {
    const url = await upstream((_, response) => response.end('{}'))
    const gateway = await gatewayBefore(url)
    const unbound = upload(gateway.url, '/v1/files', { 'content-type': 'multipart/form-data' })
    unbound.outgoing.end('x')
    expect(await unbound.answered).toMatchObject({ status: 400, text: expect.stringContaining('boundary') })
    const unknown = upload(gateway.url, '/v1/audio/transcriptions')
    unknown.outgoing.end(part('model', 'nobody') + FILE_HEAD + FORM_END)
    const { status, text } = await unknown.answered
    expect(status).toBe(404)
    expect(JSON.parse(text).error).toMatchObject({ code: 'model_not_found', param: 'model' })
  })
})
