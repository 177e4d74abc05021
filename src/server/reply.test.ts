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
