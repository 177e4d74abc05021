import { Agent } from 'node:http'
import { describe, expect, test, vi } from 'vitest'
import { ask } from '../../test/support/ask.ts'
import { rawClient } from '../../test/support/raw-client.ts'
import { echo, startServer } from '../../test/support/http-server.ts'
import type { Call, Reply } from '../gateway/call.ts'

const POST = 'POST /v1/messages HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}'

/** Streams one event, waits for `finish`, streams another. */
function slowStream() {
  const { promise: finished, resolve: finish } = Promise.withResolvers<void>()
  const calls: Call[] = []
  const handle = async (call: Call, reply: Reply) => {
    calls.push(call)
    reply.head(200, { 'content-type': 'text/event-stream' })
    reply.write('data: first\n\n')
    const aborted = new Promise<void>((resolve) => call.signal.addEventListener('abort', () => resolve()))
    await Promise.race([finished, aborted])
    reply.write('data: last\n\n')
    reply.end()
  }
  return { handle, finish, calls }
}

describe('listening', () => {
  test('tells where, and rejects when the port is taken', async () => {
    const { port } = await startServer()
    await expect(startServer({ port })).rejects.toMatchObject({ code: 'EADDRINUSE' })
  })

  test('an address that others can reach needs keys', async () => {
    await expect(startServer({ host: '0.0.0.0' })).rejects.toThrow(/auth\.keys/)
    await expect(startServer({ host: '::' })).rejects.toThrow(/auth\.keys/)
    const { port } = await startServer({ host: '0.0.0.0', keys: [{ key: 'k' }] })
    expect(port).toBeGreaterThan(0)
  })
})

describe('connections', () => {
  test('parallel requests over kept connections get their own answers', async () => {
    const { url } = await startServer({
      handle: async (call, reply) => {
        await new Promise((resolve) => setTimeout(resolve, Number(call.body.length % 7)))
        return echo(call, reply)
      },
    })
    const agent = new Agent({ keepAlive: true, maxSockets: 5 })
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, index) => {
        const body = JSON.stringify({ index, filler: 'x'.repeat((index * 37) % 500) })
        return ask(`${url}/v1/messages`, { agent, body }).then(({ json, headers }) => ({
          same: json.body === body,
          id: json.requestId === headers['x-dragoman-request-id'],
        }))
      }),
    )
    agent.destroy()
    expect(answers.every(({ same, id }) => same && id)).toBe(true)
  })

  test('pipelined requests are answered in their order', async () => {
    const { port } = await startServer({
      handle: async (call, reply) => {
        if (call.requestId === 'request-1') await new Promise((resolve) => setTimeout(resolve, 40))
        return echo(call, reply)
      },
    })
    const client = await rawClient(port)
    client.send(POST + POST)
    const received = await client.until('"requestId":"request-2"')
    expect(received.indexOf('request-1')).toBeLessThan(received.indexOf('request-2'))
  })

  test('a connection is kept after an error that left nothing unread', async () => {
    const { url } = await startServer()
    const { headers } = await ask(`${url}/v1/nothing`, { headers: { connection: 'keep-alive' } })
    expect(headers.connection).toBe('keep-alive')
  })
})

describe('reloading', () => {
  test('a request in flight stays with the gateway that it began with', async () => {
    const { handle, finish } = slowStream()
    const { port, server, url } = await startServer({ handle })
    const client = await rawClient(port)
    client.send(POST)
    await client.until('first')
    server.update({
      handler: {
        async handle(_, reply) {
          reply.head(200, {})
          reply.write('"new"')
          reply.end()
        },
      },
    })
    expect((await ask(`${url}/v1/messages`, { body: '{}' })).json).toBe('new')
    finish()
    await client.until('last')
  })
})

describe('closing', () => {
  test('idle connections are closed at once and new ones are not taken', async () => {
    const { port, server, url } = await startServer()
    const silent = await rawClient(port)
    const used = await rawClient(port)
    used.send(POST)
    await used.until('request-1')
    await server.close({ drainMs: 10_000 })
    await Promise.all([silent.closed(), used.closed()])
    await expect(ask(`${url}/health`)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  })

  test('streams may finish, and their connection is closed after them', async () => {
    const { handle, finish, calls } = slowStream()
    const { port, server } = await startServer({ handle })
    const client = await rawClient(port)
    client.send(POST)
    await client.until('first')
    const closed = server.close({ drainMs: 10_000 })
    finish()
    expect(await client.closed()).toMatch(/last\n\n\r\n0\r\n\r\n$/)
    await closed
    expect(calls[0]?.signal.aborted).toBe(false)
  })

  test('streams that take too long are cut off and their calls aborted', async () => {
    const { handle, calls } = slowStream()
    const { port, server } = await startServer({ handle })
    const client = await rawClient(port)
    client.send(POST)
    await client.until('first')
    await server.close({ drainMs: 20 })
    expect(await client.closed()).not.toContain('last')
    await vi.waitFor(() => expect(calls[0]?.signal.aborted).toBe(true))
  })

  test('a request that was arriving is answered with the word to close', async () => {
    const { port, server } = await startServer()
    const client = await rawClient(port)
    client.send('GET /readyz HTTP/1.1\r\nHost: localhost\r\n')
    await new Promise((resolve) => setTimeout(resolve, 30))
    const closed = server.close({ drainMs: 10_000 })
    client.send('\r\n')
    const received = await client.closed()
    expect(received).toMatch(/^HTTP\/1\.1 503 /)
    expect(received).toMatch(/connection: close/i)
    await closed
  })

  test('closing twice is closing once', async () => {
    const { server } = await startServer()
    const first = server.close({ drainMs: 0 })
    expect(server.close({ drainMs: 10_000 })).toBe(first)
    await first
  })
})
