import { describe, expect, test, vi } from 'vitest'
import { ask } from '../../test/support/ask.ts'
import { rawClient } from '../../test/support/raw-client.ts'
import { startServer } from '../../test/support/http-server.ts'
import type { Call, Reply } from '../gateway/call.ts'
import { createLogger } from '../log.ts'

const POST = 'POST /v1/messages HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}'
const SSE = { 'content-type': 'text/event-stream' }

type Held = { call: Call; reply: Reply; done: () => void }

/** A gateway that the test plays by hand. */
function playedByHand() {
  const { promise: arrived, resolve: arrive } = Promise.withResolvers<Held>()
  const handle = (call: Call, reply: Reply) => new Promise<void>((done) => arrive({ call, reply, done }))
  return { handle, arrived }
}

function logged() {
  const lines: string[] = []
  const log = createLogger({ level: 'error', write: (line) => lines.push(line), now: () => new Date(0) })
  return { lines, log }
}

/** The body of an answer in chunks, one byte a character. */
function unchunked(answer: string): string {
  let body = ''
  for (let at = answer.indexOf('\r\n\r\n') + 4; ;) {
    const from = answer.indexOf('\r\n', at) + 2
    const size = Number.parseInt(answer.slice(at, from), 16)
    if (size === 0) return body
    body += answer.slice(from, from + size)
    expect(answer.slice(from + size, from + size + 2)).toBe('\r\n')
    at = from + size + 2
  }
}

describe('answers', () => {
  test('head and events reach the client as they are written', async () => {
    const { handle, arrived } = playedByHand()
    const { port } = await startServer({ handle })
    const client = await rawClient(port)
    client.send(POST)
    const { reply, done, call } = await arrived
    expect(reply.started).toBe(false)
    reply.head(200, SSE)
    expect(reply.started).toBe(true)
    const head = await client.until('\r\n\r\n')
    expect(head).toContain('content-type: text/event-stream')
    expect(head).toContain(`x-dragoman-request-id: ${call.requestId}`)
    reply.write('data: Grüße\n\n')
    await client.until(Buffer.from('data: Grüße\n\n').toString('latin1'))
    reply.write(Buffer.from('data: two\n\n'))
    await client.until('data: two\n\n')
    reply.end()
    done()
    await client.until('0\r\n\r\n')
  })

  test('pieces of any size reach the client whole, whatever they are written as', async () => {
    const { handle, arrived } = playedByHand()
    const { port } = await startServer({ handle })
    const client = await rawClient(port)
    client.send(POST)
    const { reply, done } = await arrived
    reply.head(200, SSE)
    const pieces = [
      'é',
      'x'.repeat(3_000),
      '',
      Buffer.from('→'),
      Buffer.alloc(70_000, 0x79),
      new Uint8Array(0),
    ]
    for (const piece of pieces) reply.write(piece)
    reply.writeBytes?.('\xc3\xa9')
    reply.writeBytes?.('z'.repeat(5_000))
    reply.end()
    done()
    const text = await client.until('0\r\n\r\n')
    const sent = [...pieces, 'é', 'z'.repeat(5_000)].map((piece) => Buffer.from(piece))
    expect(Buffer.from(unchunked(text), 'latin1')).toEqual(Buffer.concat(sent))
    expect(text.match(/\r\n\r\n/g)).toHaveLength(2)
  })

  test('a client of HTTP/1.0 gets the bytes without frames, and the end of the connection', async () => {
    const { url } = await startServer({
      handle: async (_, reply) => {
        reply.head(200, SSE)
        reply.write('data: one\n\n')
        reply.write('data: two\n\n')
        reply.end()
      },
    })
    const client = await rawClient(Number(new URL(url).port))
    client.send(POST.replace('HTTP/1.1', 'HTTP/1.0'))
    const text = await client.closed()
    expect(text).not.toContain('transfer-encoding')
    expect(text.slice(text.indexOf('\r\n\r\n') + 4)).toBe('data: one\n\ndata: two\n\n')
  })

  test('a whole answer keeps the length that the gateway gave it', async () => {
    const { url } = await startServer()
    const { headers, text } = await ask(`${url}/v1/messages`, { body: '{}' })
    expect(headers['content-length']).toBe(String(Buffer.byteLength(text)))
    expect(headers['transfer-encoding']).toBeUndefined()
  })

  test('a header that HTTP cannot carry is repaired', async () => {
    const { url } = await startServer({
      handle: async (_, reply) => {
        reply.head(200, { 'x-note': 'a\r\nb → c', 'bad name': 'x', 'x-fine': 'é' })
        reply.end()
      },
    })
    const { status, headers } = await ask(`${url}/v1/messages`, { body: '{}' })
    expect(status).toBe(200)
    expect(headers['x-note']).toBe('a??b ? c')
    expect(headers).not.toHaveProperty('bad name')
  })

  test('write tells when the client does not keep up, and onDrain when it does again', async () => {
    const { handle, arrived } = playedByHand()
    const { port } = await startServer({ handle })
    const client = await rawClient(port)
    client.socket.pause()
    client.send(POST)
    const { reply, done } = await arrived
    reply.head(200, SSE)
    // More than the buffers at both ends of the connection hold.
    expect(reply.write(Buffer.alloc(64 * 1024 * 1024, 0x61))).toBe(false)
    let drained = 0
    reply.onDrain(() => (drained += 1))
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(drained).toBe(0)
    client.socket.resume()
    await vi.waitFor(() => expect(drained).toBe(1))
    reply.onDrain(() => (drained += 1))
    await vi.waitFor(() => expect(drained).toBe(2))
    reply.end()
    done()
  })
})

describe('a client that goes away', () => {
  test.each(['end', 'resetAndDestroy'] as const)('by %s aborts its call at once', async (how) => {
    const { handle, arrived } = playedByHand()
    const { port } = await startServer({ handle })
    const client = await rawClient(port)
    client.send(POST)
    const { call, done } = await arrived
    expect(call.signal.aborted).toBe(false)
    const aborted = new Promise((resolve) => call.signal.addEventListener('abort', resolve))
    client.socket[how]()
    await aborted
    expect(call.signal.reason).toMatchObject({ code: 'client-closed' })
    done()
  })

  test('in the middle of a stream aborts it, and later writes go nowhere', async () => {
    const { handle, arrived } = playedByHand()
    const { port } = await startServer({ handle })
    const client = await rawClient(port)
    client.send(POST)
    const { call, reply, done } = await arrived
    reply.head(200, SSE)
    reply.write('data: one\n\n')
    await client.until('one')
    client.socket.destroy()
    await vi.waitFor(() => expect(call.signal.aborted).toBe(true))
    expect(reply.write('data: two\n\n')).toBe(true)
    await new Promise<void>((resolve) => reply.onDrain(resolve))
    reply.end()
    done()
  })

  test('frees whoever waits for room', async () => {
    const { handle, arrived } = playedByHand()
    const { port } = await startServer({ handle })
    const client = await rawClient(port)
    client.socket.pause()
    client.send(POST)
    const { reply, done } = await arrived
    reply.head(200, SSE)
    expect(reply.write(Buffer.alloc(64 * 1024 * 1024))).toBe(false)
    let free = false
    reply.onDrain(() => (free = true))
    client.socket.destroy()
    await vi.waitFor(() => expect(free).toBe(true))
    done()
  })

  test('aborts pipelined calls whose turn had not come', async () => {
    const exchanges: Call[] = []
    const { port } = await startServer({
      handle: (call) => {
        exchanges.push(call)
        return new Promise<void>((resolve) => call.signal.addEventListener('abort', () => resolve()))
      },
    })
    const client = await rawClient(port)
    client.send(POST + POST + POST)
    await vi.waitFor(() => expect(exchanges).toHaveLength(3))
    client.socket.destroy()
    await vi.waitFor(() => expect(exchanges.every((call) => call.signal.aborted)).toBe(true))
  })

  test('after a complete answer aborts nothing', async () => {
    const { url, calls } = await startServer()
    await ask(`${url}/v1/messages`, { body: '{}' })
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(calls[0]?.signal.aborted).toBe(false)
  })
})

describe('a gateway that misbehaves', () => {
  test('and throws is a 500 that hides the reason', async () => {
    const { lines, log } = logged()
    const { url } = await startServer({ log, handle: () => Promise.reject(new Error('the inner reason')) })
    const { status, text, headers } = await ask(`${url}/v1/messages`, { body: '{}' })
    expect(status).toBe(500)
    expect(text).not.toContain('the inner reason')
    expect(headers['x-should-retry']).toBe('false')
    expect(lines.join()).toContain('the inner reason')
  })

  test('and answers nothing is a 500', async () => {
    const { url } = await startServer({ handle: async () => {} })
    expect((await ask(`${url}/v1/messages`, { body: '{}' })).status).toBe(500)
  })

  test('and throws while streaming is a broken stream, not an ended one', async () => {
    const { lines, log } = logged()
    const { port } = await startServer({
      log,
      handle: async (_, reply) => {
        reply.head(200, SSE)
        reply.write('data: one\n\n')
        await new Promise((resolve) => setTimeout(resolve, 20))
        throw new Error('lost')
      },
    })
    const client = await rawClient(port)
    client.send(POST)
    const received = await client.closed()
    expect(received).toContain('data: one')
    expect(received).not.toContain('\r\n0\r\n')
    expect(lines).toHaveLength(1)
  })
})
