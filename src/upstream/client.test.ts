import { once } from 'node:events'
import http from 'node:http'
import net, { type AddressInfo, type Socket } from 'node:net'
import zlib from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { upstreamClient, upstreamRequest } from '../../test/support/upstream.ts'
import { GatewayError } from '../errors.ts'
import type { ByteConsumer, ByteSource } from '../stream/pump.ts'
import { createUpstream } from './client.ts'
import type { UpstreamRequest } from './upstream.ts'

const cleanups: (() => unknown)[] = []

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

async function listen(server: http.Server | net.Server): Promise<string> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket)).on('error', () => {})
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  cleanups.push(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const serve = (handler: http.RequestListener): Promise<string> => listen(http.createServer(handler))

/** Which of the two clients is asked. */
let transport: 'own' | 'undici' = 'own'

const client = () => upstreamClient({ transport })

const request = (url: string, change: Partial<UpstreamRequest> = {}) =>
  upstreamRequest(url, { timeouts: { connect: 5_000, firstByte: 10_000 }, ...change })

/** Sends and reads to the end, for tests that look at the server's side. */
const ask = async (wanted: UpstreamRequest): Promise<Buffer> => (await client().send(wanted)).bytes(1_000)

/** Collects a source and lets a test wait for what it brings. */
function listenTo(source: ByteSource) {
  const state = {
    text: '',
    size: 0,
    ended: false,
    error: undefined as (Error & { code?: string }) | undefined,
  }
  const waiting: { until: () => boolean; go: () => void }[] = []
  const check = () => {
    for (const { until, go } of waiting) if (until()) go()
  }
  source.start({
    data(chunk) {
      state.size += chunk.length
      if (state.size < 10_000) state.text += chunk.toString()
      check()
    },
    end() {
      state.ended = true
      check()
    },
    error(error) {
      state.error = error
      check()
    },
  })
  return Object.assign(state, {
    until: (condition: () => boolean): Promise<void> =>
      new Promise((go) => (condition() ? go() : void waiting.push({ until: condition, go }))),
  })
}

const closed = (message: http.IncomingMessage): Promise<unknown> => once(message.socket, 'close')

describe.each(['own', 'undici'] as const)('over our own sockets or undici: %s', (name) => {
  beforeEach(() => void (transport = name))

  describe('the upstream client', () => {
    it('sends method, path, query, headers and body as given, and asks for no compression', async () => {
      let seen: unknown
      const origin = await serve(async (message, reply) => {
        let body = ''
        for await (const chunk of message) body += chunk
        const { 'x-a': a, 'accept-encoding': encoding, host } = message.headers
        seen = [message.method, message.url, a, encoding, host, body]
        reply.end()
      })
      await ask(request(`${origin}/v1/x?api-version=1&b=%20`, { headers: { 'x-a': 'é1' }, body: 'ä' }))
      expect(seen).toEqual(['POST', '/v1/x?api-version=1&b=%20', 'é1', 'identity', origin.slice(7), 'ä'])
    })

    it('leaves an accept-encoding of the caller alone', async () => {
      let encoding: string | undefined
      const origin = await serve((message, reply) => {
        encoding = message.headers['accept-encoding'] as string
        reply.end()
      })
      await ask(request(origin, { headers: { 'Accept-Encoding': 'br' } }))
      expect(encoding).toBe('br')
    })

    it('sends a large body whole, with its length', async () => {
      const body = Buffer.alloc(3_000_000, 'abcdefg')
      let length: string | undefined
      const pieces: Buffer[] = []
      const origin = await serve(async (message, reply) => {
        length = message.headers['content-length']
        for await (const chunk of message) pieces.push(chunk as Buffer)
        reply.end()
      })
      await ask(request(origin, { body, headers: { 'Content-Length': '1' } }))
      expect(length).toBe('3000000')
      expect(Buffer.concat(pieces).equals(body)).toBe(true)
    })

    it('gives status and headers, repeated ones joined, and follows no redirect', async () => {
      const origin = await serve((_, reply) => {
        reply.writeHead(307, { Location: '/elsewhere', 'X-Two': ['a', 'b'] }).end('moved')
      })
      const response = await client().send(request(origin, { method: 'GET' }))
      expect(response.status).toBe(307)
      expect(response.headers).toMatchObject({ location: '/elsewhere', 'x-two': 'a, b' })
      expect((await response.bytes(100)).toString()).toBe('moved')
    })

    it('passes over informational responses', async () => {
      const origin = await serve((_, reply) => {
        reply.writeEarlyHints({ link: '</a>; rel=preload' })
        reply.end('answer')
      })
      const response = await client().send(request(origin))
      expect(response.status).toBe(200)
      expect((await response.bytes(100)).toString()).toBe('answer')
    })

    it('hands each chunk on when it comes', async () => {
      let reply!: http.ServerResponse
      const origin = await serve((_, answer) => {
        reply = answer
        reply.write('a')
      })
      const heard = listenTo((await client().send(request(origin))).body)
      await heard.until(() => heard.text === 'a')
      reply.write('b')
      await heard.until(() => heard.text === 'ab')
      reply.end('c')
      await heard.until(() => heard.ended)
      expect(heard).toMatchObject({ text: 'abc', error: undefined })
    })

    it('holds the upstream back while the body is paused', async () => {
      const total = 64 * 1024 * 1024
      let socket!: Socket
      const origin = await serve((message, reply) => {
        socket = message.socket
        let left = total / 65_536
        const more = () => {
          while (left-- > 0) if (!reply.write(Buffer.alloc(65_536))) return void reply.once('drain', more)
          reply.end()
        }
        more()
      })
      const { body } = await client().send(request(origin))
      const heard = listenTo(body)
      await heard.until(() => heard.size > 0)
      body.pause()
      await new Promise((resolve) => setTimeout(resolve, 200))
      expect(socket.bytesWritten).toBeLessThan(total / 2)
      body.resume()
      await heard.until(() => heard.ended)
      expect(heard.size).toBe(total)
    })

    it('reuses its connections', async () => {
      const ports = new Set<number | undefined>()
      const origin = await serve((message, reply) => {
        ports.add(message.socket.remotePort)
        reply.end('x')
      })
      const upstream = client()
      for (let n = 0; n < 20; n++) await (await upstream.send(request(origin))).bytes(10)
      expect(ports.size).toBeLessThanOrEqual(2)
    })

    it('lets an answer under way finish when it is closed', async () => {
      let reply!: http.ServerResponse
      const origin = await serve((_, answer) => {
        reply = answer
        reply.write('a')
      })
      const upstream = createUpstream({ transport })
      const heard = listenTo((await upstream.send(request(origin))).body)
      const closing = upstream.close()
      reply.end('b')
      await closing
      expect(heard).toMatchObject({ text: 'ab', ended: true })
    })
  })

  describe('compressed answers', () => {
    const compressors = {
      gzip: () => zlib.createGzip(),
      deflate: () => zlib.createDeflate(),
      'deflate, bare': () => zlib.createDeflateRaw(),
      br: () => zlib.createBrotliCompress(),
      zstd: () => zlib.createZstdCompress(),
    }

    it.each(Object.keys(compressors) as (keyof typeof compressors)[])(
      'are read as they come: %s',
      async (name) => {
        const compressor = compressors[name]()
        const origin = await serve((_, reply) => {
          reply.writeHead(200, { 'content-encoding': name.split(',')[0]!, 'content-type': 'text/plain' })
          compressor.pipe(reply)
          compressor.write('first')
          compressor.flush()
        })
        const response = await client().send(request(origin))
        expect(response.headers).not.toHaveProperty('content-encoding')
        const heard = listenTo(response.body)
        await heard.until(() => heard.text === 'first')
        compressor.write(', second')
        compressor.flush()
        await heard.until(() => heard.text === 'first, second')
        compressor.end(', third')
        await heard.until(() => heard.ended)
        expect(heard.text).toBe('first, second, third')
      },
    )

    it('may be compressed twice, or be empty', async () => {
      const origin = await serve((message, reply) => {
        reply.setHeader('content-encoding', 'GZIP, br')
        reply.end(message.url === '/empty' ? '' : zlib.brotliCompressSync(zlib.gzipSync('twice')))
      })
      const upstream = client()
      expect((await (await upstream.send(request(origin))).bytes(100)).toString()).toBe('twice')
      expect(await (await upstream.send(request(`${origin}/empty`))).bytes(100)).toHaveLength(0)
    })

    it('stay as they are, header included, in an unknown coding', async () => {
      const origin = await serve((_, reply) => {
        reply.setHeader('content-encoding', 'rot13')
        reply.end('uryyb')
      })
      const response = await client().send(request(origin))
      expect(response.headers['content-encoding']).toBe('rot13')
      expect((await response.bytes(100)).toString()).toBe('uryyb')
    })

    it('are broken when they are no such thing, or cut short', async () => {
      const packed = zlib.gzipSync('x'.repeat(1_000))
      const origin = await serve((message, reply) => {
        reply.setHeader('content-encoding', 'gzip')
        reply.end(message.url === '/cut' ? packed.subarray(0, -9) : 'plain text')
      })
      const upstream = client()
      for (const path of ['/cut', '/plain']) {
        const response = await upstream.send(request(origin + path))
        await expect(response.bytes(10_000)).rejects.toMatchObject({ code: 'upstream-broken' })
      }
    })

    it('hold the upstream back while paused, and arrive whole', async () => {
      const packed = zlib.gzipSync(Buffer.alloc(32 * 1024 * 1024))
      const origin = await serve((_, reply) => {
        reply.setHeader('content-encoding', 'gzip')
        reply.end(packed)
      })
      const { body } = await client().send(request(origin))
      const heard = listenTo(body)
      await heard.until(() => heard.size > 0)
      body.pause()
      await new Promise((resolve) => setTimeout(resolve, 50))
      expect(heard.size).toBeLessThan(16 * 1024 * 1024)
      body.resume()
      await heard.until(() => heard.ended)
      expect(heard.size).toBe(32 * 1024 * 1024)
    })

    it('are measured unpacked by the limit of bytes()', async () => {
      const origin = await serve((_, reply) => {
        reply.setHeader('content-encoding', 'gzip')
        reply.end(zlib.gzipSync(Buffer.alloc(5_000_000)))
      })
      const response = await client().send(request(origin))
      await expect(response.bytes(1_000_000)).rejects.toMatchObject({ code: 'upstream-broken' })
    })
  })

  describe('an upstream that fails', () => {
    it('is named with the reason, without query and credentials, when nothing listens', async () => {
      const server = net.createServer()
      const origin = await listen(server)
      server.close()
      await once(server, 'close')
      const sent = client().send(request(`${origin.replace('//', '//user:hunter2@')}/v1?key=hunter3`))
      const error = await sent.catch((thrown: unknown) => thrown as Error & { code: string })
      expect(error).toMatchObject({ code: 'upstream-failed', retry: 'same' })
      expect(String(error)).toContain(origin.slice(7))
      expect(String(error)).toMatch(/connection refused/)
      expect(String(error)).not.toMatch(/hunter|v1/)
    })

    it('is told apart when it does not speak TLS or HTTP', async () => {
      const plain = await serve((_, reply) => void reply.end())
      const noise = await listen(
        net.createServer((socket) => void socket.once('data', () => socket.end('SSH-2.0\r\n'))),
      )
      const upstream = client()
      await expect(upstream.send(request(plain.replace('http:', 'https:')))).rejects.toThrow(/TLS/)
      await expect(upstream.send(request(noise))).rejects.toThrow(/not HTTP/)
    })

    it('times out when it does not begin to answer', async () => {
      const origin = await serve(() => {})
      const sent = client().send(request(origin, { timeouts: { connect: 1_000, firstByte: 50 } }))
      await expect(sent).rejects.toMatchObject({ code: 'timeout', message: expect.stringContaining('50 ms') })
    })

    it('refuses an address that is none, and headers that are none', async () => {
      await expect(client().send(request('nowhere'))).rejects.toMatchObject({ code: 'upstream-failed' })
      const origin = await serve((_, reply) => void reply.end())
      await expect(client().send(request(origin, { headers: { 'x-a': 'b\nc' } }))).rejects.toMatchObject({
        code: 'upstream-failed',
      })
    })

    it('is broken when it closes in mid-answer, after the bytes that came before', async () => {
      const origin = await serve((message, reply) => {
        reply.writeHead(200, message.url === '/length' ? { 'content-length': '10' } : {})
        reply.write('half')
        setTimeout(() => message.socket.destroy(), 20)
      })
      const upstream = client()
      for (const path of ['/length', '/chunked']) {
        const heard = listenTo((await upstream.send(request(origin + path))).body)
        await heard.until(() => heard.error !== undefined || heard.ended)
        expect(heard).toMatchObject({ text: 'half', ended: false, error: { code: 'upstream-broken' } })
      }
    })

    it('keeps what came, and the break, for a body that is read late', async () => {
      const origin = await serve((message, reply) => {
        reply.write('half')
        setTimeout(() => message.socket.destroy(), 20)
      })
      const { body } = await client().send(request(origin))
      await new Promise((resolve) => setTimeout(resolve, 100))
      const heard = listenTo(body)
      await heard.until(() => heard.error !== undefined)
      expect(heard).toMatchObject({ text: 'half', error: { code: 'upstream-broken' } })
    })
  })

  describe('a client that goes away', () => {
    it('closes the connection before the headers', async () => {
      const leaving = new AbortController()
      let gone!: Promise<unknown>
      const origin = await serve((message) => {
        gone = closed(message)
        leaving.abort()
      })
      const sent = client().send(request(origin, { signal: leaving.signal }))
      await expect(sent).rejects.toMatchObject({ code: 'client-closed' })
      await gone
    })

    it('closes the connection in the middle of the body', async () => {
      const leaving = new AbortController()
      let gone!: Promise<unknown>
      const origin = await serve((message, reply) => {
        gone = closed(message)
        reply.write('a')
      })
      const heard = listenTo((await client().send(request(origin, { signal: leaving.signal }))).body)
      await heard.until(() => heard.text === 'a')
      leaving.abort()
      await heard.until(() => heard.error !== undefined)
      expect(heard.error?.code).toBe('client-closed')
      await gone
    })

    it('closes the connection of a body that nobody has begun to read', async () => {
      const leaving = new AbortController()
      let gone!: Promise<unknown>
      const origin = await serve((message, reply) => {
        gone = closed(message)
        reply.write('a')
      })
      const response = await client().send(request(origin, { signal: leaving.signal }))
      leaving.abort()
      await gone
      await expect(response.bytes(10)).rejects.toMatchObject({ code: 'client-closed' })
    })

    it('never opens one when it is gone already', async () => {
      let asked = 0
      const origin = await serve((_, reply) => {
        asked++
        reply.end()
      })
      await expect(client().send(request(origin, { signal: AbortSignal.abort() }))).rejects.toMatchObject({
        code: 'client-closed',
      })
      expect(asked).toBe(0)
    })

    it('is told at once while the connection is being made', async () => {
      const leaving = new AbortController()
      const origin = await serve(() => {})
      const sent = client().send(request(origin, { signal: leaving.signal }))
      leaving.abort()
      await expect(sent).rejects.toMatchObject({ code: 'client-closed' })
    })

    it('is what an aborted body looks like to the upstream; its reader hears no more', async () => {
      let gone!: Promise<unknown>
      const origin = await serve((message, reply) => {
        gone = closed(message)
        reply.write('a')
      })
      const { body } = await client().send(request(origin))
      const heard = listenTo(body)
      await heard.until(() => heard.text === 'a')
      body.abort()
      await gone
      expect(heard).toMatchObject({ text: 'a', ended: false, error: undefined })
    })
  })

  /** A server whose nth connection answers as many requests as told, then resets on the next. */
  async function forgetful(...answers: number[]): Promise<{ origin: string; requests: number[] }> {
    const requests: number[] = []
    const server = net.createServer((socket) => {
      const nth = requests.push(0) - 1
      socket.on('data', () => {
        requests[nth]!++
        if (requests[nth]! > (answers[nth] ?? Infinity)) socket.resetAndDestroy()
        else socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok')
      })
    })
    return { origin: await listen(server), requests }
  }

  describe('a stale connection', () => {
    it('is replaced by a new one, once, without the caller noticing', async () => {
      const { origin, requests } = await forgetful(1)
      const upstream = client()
      await (await upstream.send(request(origin))).bytes(10)
      const again = await upstream.send(request(origin, { body: 'x'.repeat(100_000) }))
      expect((await again.bytes(10)).toString()).toBe('ok')
      expect(requests).toHaveLength(2)
    })

    it('is not replaced twice', async () => {
      const { origin, requests } = await forgetful(1, 0, 0)
      const upstream = client()
      await (await upstream.send(request(origin))).bytes(10)
      await expect(upstream.send(request(origin))).rejects.toMatchObject({ code: 'upstream-failed' })
      expect(requests).toHaveLength(2)
    })

    it('is not what a new connection is that resets: the request may have been served', async () => {
      const { origin, requests } = await forgetful(0)
      await expect(client().send(request(origin))).rejects.toMatchObject({ code: 'upstream-failed' })
      expect(requests).toEqual([1])
    })
  })

  describe('an upload', () => {
    /** A source that brings pieces when it is asked, and says what was asked of it. */
    function pieces(list: readonly Buffer[], end: 'end' | 'hang' | Error = 'end') {
      const state = { at: 0, started: 0, paused: false, aborted: false }
      let consumer: ByteConsumer | undefined
      const flow = () => {
        while (!state.paused && !state.aborted && state.at < list.length)
          consumer?.data(list[state.at++] as Buffer)
        if (state.paused || state.aborted || state.at < list.length || end === 'hang') return
        if (end === 'end') consumer?.end()
        else consumer?.error(end)
      }
      const source: ByteSource = {
        start(given) {
          consumer = given
          state.started += 1
          setImmediate(flow)
        },
        pause: () => void (state.paused = true),
        resume() {
          state.paused = false
          setImmediate(flow)
        },
        abort: () => void (state.aborted = true),
      }
      return { source, state }
    }
    const piece = Buffer.alloc(64 * 1024, 'x')

    it('is sent while it comes in, in chunks or with the length that was said', async () => {
      const seen: unknown[] = []
      const origin = await serve(async (message, reply) => {
        let size = 0
        for await (const chunk of message) size += (chunk as Buffer).length
        seen.push([message.headers['transfer-encoding'], message.headers['content-length'], size])
        reply.end('ok')
      })
      const list = Array<Buffer>(10).fill(piece)
      await ask(request(origin, { body: pieces(list).source }))
      const headers = { 'content-length': String(10 * piece.length) }
      await ask(request(origin, { body: pieces(list).source, headers }))
      expect(seen).toEqual([
        ['chunked', undefined, 655_360],
        [undefined, '655360', 655_360],
      ])
    })

    it('waits when the upstream does not take it', async () => {
      const origin = await serve((message) => void message.pause())
      const { source, state } = pieces(Array<Buffer>(2_000).fill(piece))
      const abort = new AbortController()
      const answer = client().send(request(origin, { body: source, signal: abort.signal }))
      await expect.poll(() => state.paused).toBe(true)
      expect(state.at).toBeLessThan(1_000)
      abort.abort()
      await expect(answer).rejects.toMatchObject({ code: 'client-closed' })
      await expect.poll(() => state.aborted).toBe(true)
    })

    it('that breaks off ends the request with its own error', async () => {
      const torn = Promise.withResolvers<void>()
      const origin = await serve((message) => void message.resume().on('error', () => torn.resolve()))
      const reason = new GatewayError('too-large', 'Enough')
      const { source } = pieces([piece], reason)
      await expect(client().send(request(origin, { body: source }))).rejects.toBe(reason)
      await torn.promise
    })

    it('is stopped when the answer comes before its end', async () => {
      const origin = await serve((message, reply) => {
        message.once('data', () => reply.writeHead(401, { connection: 'close' }).end('no'))
      })
      const { source, state } = pieces([piece], 'hang')
      const answer = await client().send(request(origin, { body: source }))
      expect(answer.status).toBe(401)
      expect((await answer.bytes(100)).toString()).toBe('no')
      await expect.poll(() => state.aborted).toBe(true)
    })

    it('is untouched when nobody could be reached', async () => {
      const { source, state } = pieces([piece])
      await expect(client().send(request('http://127.0.0.1:1/', { body: source }))).rejects.toMatchObject({
        code: 'upstream-failed',
      })
      expect(state).toMatchObject({ started: 0, aborted: false })
    })
  })
})
