import { once } from 'node:events'
import net, { type AddressInfo, type Socket } from 'node:net'
import tls from 'node:tls'
import { afterEach, describe, expect, it } from 'vitest'
import { upstreamClient, upstreamRequest as request } from '../../../test/support/upstream.ts'
import { createUpstream } from '../client.ts'
import type { UpstreamResponse } from '../upstream.ts'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

/** A server's side of one connection. `requests` counts heads: the bodies of these tests have none of their own. */
type Peer = { readonly socket: Socket; readonly nth: number; requests: number; received: string }

/** A server that does with each request as told. */
async function serve(
  onRequest: (peer: Peer) => unknown,
  server: net.Server | tls.Server = net.createServer(),
): Promise<{ url: string; peers: Peer[] }> {
  const peers: Peer[] = []
  server.on(server instanceof tls.Server ? 'secureConnection' : 'connection', (socket: Socket) => {
    const peer: Peer = { socket, nth: peers.length, requests: 0, received: '' }
    peers.push(peer)
    socket.setNoDelay(true)
    socket.on('error', () => {})
    socket.on('data', (bytes: Buffer) => {
      peer.received += bytes.toString('latin1')
      const heads = peer.received.split('\r\n\r\n').length - 1
      while (peer.requests < heads) {
        peer.requests++
        onRequest(peer)
      }
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  cleanups.push(() => {
    for (const { socket } of peers) socket.destroy()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, peers }
}

const client = () => upstreamClient({ transport: 'own' })

const textOf = async (response: UpstreamResponse): Promise<string> =>
  (await response.bytes(10_000_000)).toString('latin1')
const codeOf = (thrown: unknown): string => (thrown as { code: string }).code
const soon = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20))

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'
const CHUNKED = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\no\r\n1\r\nk\r\n0\r\nx: y\r\n\r\n'

describe('a connection', () => {
  it('is kept after an answer by length, in chunks, without body, and after HEAD', async () => {
    const answers = [
      OK,
      CHUNKED,
      'HTTP/1.1 204 No\r\n\r\n',
      'HTTP/1.1 304 Not\r\nContent-Length: 9\r\n\r\n',
      'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n',
      OK,
    ]
    const { url, peers } = await serve(({ socket, requests }) => socket.write(answers[requests - 1]!))
    const upstream = client()
    const bodies: string[] = []
    for (let n = 0; n < answers.length; n++) {
      const method = n === 4 ? 'HEAD' : n === 3 ? 'GET' : 'POST'
      const { body, ...bare } = request(url, { method })
      bodies.push(await textOf(await upstream.send(method === 'POST' ? { ...bare, body: body! } : bare)))
    }
    expect(bodies).toEqual(['ok', 'ok', '', '', '', 'ok'])
    expect(peers).toHaveLength(1)
  })

  it.each([
    ['says close', 'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok'],
    ['speaks HTTP/1.0', 'HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok'],
    ['keeps it for no time', 'HTTP/1.1 200 OK\r\nKeep-Alive: timeout=1\r\nContent-Length: 2\r\n\r\nok'],
  ])('is closed by us when the upstream %s', async (_, answer) => {
    const { url, peers } = await serve(({ socket }) => socket.write(answer))
    const upstream = client()
    for (let n = 0; n < 2; n++) {
      expect(await textOf(await upstream.send(request(url)))).toBe('ok')
      await expect.poll(() => peers[n]?.socket.destroyed).toBe(true)
    }
    expect(peers).toHaveLength(2)
  })

  it('is closed by us when the request says so', async () => {
    const { url, peers } = await serve(({ socket }) => socket.write(OK))
    await textOf(await client().send(request(url, { headers: { connection: 'close' } })))
    await expect.poll(() => peers[0]?.socket.destroyed).toBe(true)
  })

  it('is not used any more after its idle time', async () => {
    const { url, peers } = await serve(({ socket }) => socket.write(OK))
    const upstream = createUpstream({ transport: 'own', keepAliveMs: 1 })
    cleanups.push(() => upstream.close())
    await textOf(await upstream.send(request(url)))
    await soon()
    await textOf(await upstream.send(request(url)))
    expect(peers).toHaveLength(2)
  })

  it('carries one request at a time', async () => {
    const { url, peers } = await serve(({ socket }) => setTimeout(() => socket.write(OK), 5))
    const upstream = client()
    const many = Array.from({ length: 20 }, async () => textOf(await upstream.send(request(url))))
    expect(new Set(await Promise.all(many))).toEqual(new Set(['ok']))
    expect(peers).toHaveLength(20)
    await textOf(await upstream.send(request(url)))
    expect(peers).toHaveLength(20)
  })

  it('is not kept when the answer came before the whole request was taken', async () => {
    const body = Buffer.alloc(30_000_000)
    const { url, peers } = await serve(({ socket, requests }) => {
      if (requests > 1) return
      socket.pause()
      socket.write('HTTP/1.1 413 Large\r\nContent-Length: 2\r\n\r\nno')
    })
    const upstream = client()
    const response = await upstream.send(request(url, { body }))
    expect(response.status).toBe(413)
    expect(await textOf(response)).toBe('no')
    const before = peers.length
    void upstream.send(request(url)).catch(() => {})
    await expect.poll(() => peers.length).toBe(before + 1)
  })

  it('keeps the process alive while it is busy, and not while it is idle', async () => {
    const asked: Socket[] = []
    const { url } = await serve(({ socket }) => asked.push(socket))
    const alive = () => process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length
    await expect.poll(alive).toBe(0)
    const upstream = client()
    for (let n = 0; n < 2; n++) {
      const sent = upstream.send(request(url))
      await expect.poll(() => asked.length).toBe(n + 1)
      // The other one is the server's.
      expect(alive()).toBe(2)
      asked[n]!.write(OK)
      await textOf(await sent)
      expect(alive()).toBe(1)
    }
  })

  it('is closed, idle or busy, when the client is closed', async () => {
    let answer!: () => void
    const { url, peers } = await serve(({ socket, nth }) => {
      if (nth === 0) socket.write(OK)
      else answer = () => socket.write(OK)
    })
    const upstream = client()
    const first = upstream.send(request(url))
    const second = upstream.send(request(url))
    await textOf(await first)
    await expect.poll(() => answer).toBeDefined()
    let closed = false
    const closing = upstream.close().then(() => (closed = true))
    await expect.poll(() => peers[0]?.socket.destroyed).toBe(true)
    expect(closed).toBe(false)
    answer()
    expect(await textOf(await second)).toBe('ok')
    await closing
    await expect.poll(() => peers[1]?.socket.destroyed).toBe(true)
  })
})

describe('bytes that nobody asked for', () => {
  const POISON = 'HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison'

  it.each([
    ['after a length', OK],
    ['after the last chunk', CHUNKED],
    ['after no body', 'HTTP/1.1 204 No\r\n\r\n'],
  ])('%s are never the answer to the next request', async (_, answer) => {
    const { url, peers } = await serve(({ socket, nth }) => socket.write(nth === 0 ? answer + POISON : OK))
    const upstream = client()
    expect(await textOf(await upstream.send(request(url)))).not.toContain('poison')
    expect(await textOf(await upstream.send(request(url)))).toBe('ok')
    expect(peers.map((peer) => peer.requests)).toEqual([1, 1])
  })

  it('on an idle connection close it', async () => {
    const { url, peers } = await serve(({ socket }) => socket.write(OK))
    const upstream = client()
    await textOf(await upstream.send(request(url)))
    peers[0]!.socket.write(POISON)
    await expect.poll(() => peers[0]!.socket.destroyed).toBe(true)
    expect(await textOf(await upstream.send(request(url)))).toBe('ok')
    expect(peers).toHaveLength(2)
  })
})

describe('an answer in pieces', () => {
  it('is read the same wherever it is cut, and byte by byte', async () => {
    let pieces: string[] = []
    const { url } = await serve(async ({ socket }) => {
      for (const piece of pieces) {
        socket.write(piece, 'latin1')
        await new Promise((resolve) => setImmediate(resolve))
      }
    })
    const upstream = client()
    for (const text of [OK, CHUNKED]) {
      for (let at = 1; at < text.length; at++) {
        pieces = [text.slice(0, at), text.slice(at)]
        expect(await textOf(await upstream.send(request(url)))).toBe('ok')
      }
      pieces = [...text]
      expect(await textOf(await upstream.send(request(url)))).toBe('ok')
    }
  })

  it.each(['resetAndDestroy', 'end'] as const)('is broken at every byte by %s', async (way) => {
    let text = ''
    const { url, peers } = await serve(({ socket }) => {
      if (text === '') socket[way]()
      else socket.write(text, 'latin1', () => setTimeout(() => socket[way](), 2))
    })
    const upstream = client()
    for (const whole of [OK, CHUNKED]) {
      const headEnd = whole.indexOf('\r\n\r\n') + 4
      for (let at = 0; at < whole.length; at++) {
        text = whole.slice(0, at)
        const asked = peers.length
        const outcome = await upstream.send(request(url)).then(textOf).catch(codeOf)
        expect([at, outcome]).toEqual([at, at < headEnd ? 'upstream-failed' : 'upstream-broken'])
        // It may have been served: it is not sent again.
        expect(peers.length).toBe(asked + 1)
      }
    }
  })

  it('without length ends with the connection, and is broken by a reset', async () => {
    const { url } = await serve(({ socket, nth }) => {
      socket.write('HTTP/1.1 200 OK\r\n\r\nhalf', () =>
        setTimeout(() => (nth === 0 ? socket.end(' whole') : socket.resetAndDestroy()), 10),
      )
    })
    const upstream = client()
    expect(await textOf(await upstream.send(request(url)))).toBe('half whole')
    expect(await upstream.send(request(url)).then(textOf).catch(codeOf)).toBe('upstream-broken')
  })

  it('whose head drips in is given up in time, however busy it looks', async () => {
    let drip: NodeJS.Timeout | undefined
    const { url, peers } = await serve(({ socket }) => {
      socket.write('HTTP/1.1 103 Hints\r\n\r\nHTTP/1.1 200 OK\r\nx-a: ')
      drip = setInterval(() => socket.write('a'), 5)
    })
    cleanups.push(() => clearInterval(drip))
    const timeouts = { connect: 1_000, firstByte: 100 }
    const sent = client().send(request(url, { timeouts }))
    await expect(sent).rejects.toMatchObject({ code: 'timeout', message: expect.stringContaining('100 ms') })
    await expect.poll(() => peers[0]!.socket.destroyed).toBe(true)
  })

  it('may take its time once its head is there, and on a connection that has waited before', async () => {
    const { url, peers } = await serve(({ socket }) => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\no')
      setTimeout(() => socket.write('k'), 120)
    })
    const upstream = client()
    const timeouts = { connect: 1_000, firstByte: 60 }
    for (let n = 0; n < 3; n++)
      expect(await textOf(await upstream.send(request(url, { timeouts })))).toBe('ok')
    expect(peers).toHaveLength(1)
  })

  it('has its time from its own request on, however old the connection is', async () => {
    const { url, peers } = await serve(({ socket, requests }) => {
      if (requests < 3) setTimeout(() => socket.write(OK), requests === 1 ? 0 : 150)
    })
    const upstream = client()
    const wanted = request(url, { timeouts: { connect: 1_000, firstByte: 250 } })
    expect(await textOf(await upstream.send(wanted))).toBe('ok')
    await new Promise((resolve) => setTimeout(resolve, 150))
    expect(await textOf(await upstream.send(wanted))).toBe('ok')
    await expect(upstream.send(wanted)).rejects.toMatchObject({ code: 'timeout' })
    expect(peers).toHaveLength(1)
  })

  it.each([
    ['too large a head', `HTTP/1.1 200 OK\r\nx: ${'a'.repeat(100_000)}\r\n\r\n`, /headers are too large/],
    ['a NUL in a header', 'HTTP/1.1 200 OK\r\nx: a\0b\r\n\r\n', /not HTTP/],
    ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nok', /not HTTP/],
  ])('is refused at once with %s, and the connection closed', async (_, text, words) => {
    const { url, peers } = await serve(({ socket }) => socket.write(text, 'latin1'))
    await expect(client().send(request(url))).rejects.toThrow(words)
    await expect.poll(() => peers[0]!.socket.destroyed).toBe(true)
  })

  it('is broken where its chunks stop making sense', async () => {
    const { url } = await serve(({ socket }) => socket.write(CHUNKED.replace('1\r\nk', '-1\r\nk')))
    expect(await client().send(request(url)).then(textOf).catch(codeOf)).toBe('upstream-broken')
  })
})

describe('a kept connection that closes', () => {
  it('between requests is replaced without a request being lost', async () => {
    const { url, peers } = await serve(({ socket }) => socket.write(OK))
    const upstream = client()
    for (let n = 0; n < 5; n++) {
      expect(await textOf(await upstream.send(request(url)))).toBe('ok')
      peers.at(-1)!.socket[n % 2 === 0 ? 'end' : 'resetAndDestroy']()
      if (n < 3) await soon()
    }
    expect(peers).toHaveLength(5)
  })

  it('with the request on its way is replaced once, by a new one', async () => {
    const { url, peers } = await serve(({ socket, nth, requests }) => {
      if (nth < 3 && requests > 1) socket.resetAndDestroy()
      else setTimeout(() => socket.write(OK), 10)
    })
    const upstream = client()
    await Promise.all([1, 2, 3].map(async () => textOf(await upstream.send(request(url)))))
    expect(peers).toHaveLength(3)
    const body = Buffer.alloc(100_000, 'x')
    expect(await textOf(await upstream.send(request(url, { body })))).toBe('ok')
    // Not the other two, which are as stale.
    expect(peers.map((peer) => peer.requests).toSorted()).toEqual([1, 1, 1, 2])
    expect(peers[3]!.received.endsWith('x'.repeat(100_000))).toBe(true)
  })

  it('in the middle of an answer does not have the request sent again', async () => {
    const { url, peers } = await serve(({ socket, requests }) => {
      if (requests === 1) socket.write(OK)
      else socket.write('H', () => setTimeout(() => socket.resetAndDestroy(), 5))
    })
    const upstream = client()
    await textOf(await upstream.send(request(url)))
    await expect(upstream.send(request(url))).rejects.toMatchObject({ code: 'upstream-failed' })
    expect(peers).toHaveLength(1)
  })
})

describe('leaving', () => {
  it('at any moment closes the connection and leaves the others alone', async () => {
    const { url, peers } = await serve(async ({ socket }) => {
      for (const piece of CHUNKED) {
        socket.write(piece)
        await new Promise((resolve) => setImmediate(resolve))
      }
    })
    const upstream = client()
    for (let ms = 0; ms < 30; ms++) {
      const leaving = new AbortController()
      setTimeout(() => leaving.abort(), ms / 3)
      const outcome = await upstream
        .send(request(url, { signal: leaving.signal }))
        .then(textOf)
        .catch(codeOf)
      expect(['ok', 'client-closed']).toContain(outcome)
    }
    expect(await textOf(await upstream.send(request(url)))).toBe('ok')
    await expect.poll(() => peers.filter(({ socket }) => !socket.destroyed).length).toBe(1)
  })

  it('after the answer does nothing to the connection, which is someone else’s by then', async () => {
    const { url, peers } = await serve(({ socket, requests }) =>
      setTimeout(() => socket.write(OK), requests === 1 ? 0 : 30),
    )
    const upstream = client()
    const leaving = new AbortController()
    const first = await upstream.send(request(url, { signal: leaving.signal }))
    expect(await textOf(first)).toBe('ok')
    const second = upstream.send(request(url))
    leaving.abort()
    first.body.abort()
    first.body.pause()
    expect(await textOf(await second)).toBe('ok')
    expect(peers).toHaveLength(1)
  })
})

describe('a request', () => {
  it.each([
    ['ASCII', 'plain', 'plain'],
    ['text', 'ä€💥', Buffer.from('ä€💥').toString('latin1')],
    ['bytes', Buffer.from([0, 255, 13, 10, 128]), '\0\xff\r\n\x80'],
    ['many bytes', Buffer.alloc(40_000, 'ä'), Buffer.alloc(40_000, 'ä').toString('latin1')],
    ['nothing', '', ''],
  ])('arrives as it was given: %s', async (_, body, wire) => {
    const { url, peers } = await serve(({ socket }) => setTimeout(() => socket.write(OK), 20))
    await textOf(await client().send(request(url, { body })))
    const [head, ...rest] = peers[0]!.received.split('\r\n\r\n')
    expect(rest.join('\r\n\r\n')).toBe(wire)
    expect(head).toContain(`content-length: ${wire.length}`)
  })

  it('cannot be made to hold another one', async () => {
    const { url, peers } = await serve(({ socket }) => socket.write(OK))
    const upstream = client()
    const headers = [{ 'x-a': 'b\r\nx-b: c' }, { 'x-a\r\nx-b': 'c' }, { 'transfer-encoding': 'chunked' }]
    for (const each of headers) {
      await expect(upstream.send(request(url, { headers: each }))).rejects.toMatchObject({
        code: 'upstream-failed',
      })
    }
    await upstream.send(request(`${url}a b\r\nx: y?c\nd é`))
    expect(peers).toHaveLength(1)
    expect(peers[0]!.received).toMatch(/^POST \/a%20bx:%20y\?cd%20%C3%A9 HTTP\/1\.1\r\n/)
  })

  it('is not sent to what is no address of the web', async () => {
    for (const url of ['file:///etc/passwd', 'ftp://acme.test/', 'nowhere', 'http://']) {
      await expect(client().send(request(url))).rejects.toMatchObject({ code: 'upstream-failed' })
    }
  })

  it('is given up when no connection is made in time', async () => {
    // A server of TLS whose handshake never comes.
    const { url, peers } = await serve(() => {})
    const sent = client().send(
      request(url.replace('http:', 'https:'), { timeouts: { connect: 50, firstByte: 0 } }),
    )
    await expect(sent).rejects.toMatchObject({ code: 'timeout', message: expect.stringContaining('50 ms') })
    await expect.poll(() => peers[0]!.socket.destroyed).toBe(true)
  })
})
