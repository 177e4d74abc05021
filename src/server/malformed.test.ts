import { describe, expect, test } from 'vitest'
import { ask } from '../../test/support/ask.ts'
import { rawClient } from '../../test/support/raw-client.ts'
import { startServer } from '../../test/support/http-server.ts'

const POST = 'POST /v1/messages HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}'

function many(count: number): Record<string, string> {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [`x-${index}`, '1']))
}

describe('what is no HTTP', () => {
  test.each([
    'HELO there\r\n\r\n',
    '\u0016\u0003\u0001\u0002\u0000\u0001\u0000',
    'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    'GET /v1/models HTTP/1.1\r\nHost: localhost\r\nBad Header\r\n\r\n',
    'POST /v1/messages HTTP/1.1\r\nHost: localhost\r\nContent-Length: -5\r\n\r\n',
  ])('%j gets a 400 in JSON that both kinds of SDK read', async (bytes) => {
    const { port, url } = await startServer()
    const client = await rawClient(port)
    client.send(bytes)
    const received = await client.closed()
    expect(received).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/)
    expect(received).toContain('x-dragoman-request-id: ')
    const body = JSON.parse(received.slice(received.indexOf('\r\n\r\n') + 4))
    expect(body).toMatchObject({ type: 'error', error: { type: 'invalid-request' } })
    expect((await ask(`${url}/health`)).status).toBe(200)
  })

  test('garbage after a good request leaves that request its answer', async () => {
    const { port, url } = await startServer({
      handle: async (_, reply) => {
        await new Promise((resolve) => setTimeout(resolve, 50))
        reply.head(200, { 'content-length': '9' })
        reply.write('the reply')
        reply.end()
      },
    })
    const client = await rawClient(port)
    client.send(`${POST}\u0000\u0001 utter garbage\r\n\r\n`)
    client.send('and more of it\r\n\r\n')
    const received = await client.closed()
    expect(received.match(/HTTP\/1\.1 /g)).toHaveLength(1)
    expect(received).toMatch(/the reply$/)
    expect((await ask(`${url}/health`)).status).toBe(200)
  })

  test('a client that leaves in the middle of a head harms nobody', async () => {
    const { port, url } = await startServer()
    for (const how of ['end', 'destroy', 'resetAndDestroy'] as const) {
      const client = await rawClient(port)
      client.send('POST /v1/messages HTTP/1.1\r\nHost: loc')
      await new Promise((resolve) => setTimeout(resolve, 10))
      client.socket[how]()
    }
    expect((await ask(`${url}/health`)).status).toBe(200)
  })
})

describe('floods of headers', () => {
  test('more than 64 KB of headers are a 431', async () => {
    const { port, url } = await startServer()
    const client = await rawClient(port)
    client.send(`GET /health HTTP/1.1\r\nHost: localhost\r\nX-Long: ${'a'.repeat(70_000)}\r\n\r\n`)
    expect(await client.closed()).toMatch(/^HTTP\/1\.1 431 [^]*too large/)
    expect((await ask(`${url}/health`)).status).toBe(200)
  })

  test('long headers within the limit pass', async () => {
    const { url, calls } = await startServer()
    const headers = { 'anthropic-beta': 'b'.repeat(50_000) }
    expect((await ask(`${url}/v1/messages`, { body: '{}', headers })).status).toBe(200)
    expect(calls[0]?.headers['anthropic-beta']).toHaveLength(50_000)
  })

  test('more headers than any client has are refused aloud instead of being ignored', async () => {
    const { url } = await startServer()
    expect((await ask(`${url}/health`, { headers: many(200) })).status).toBe(200)
    expect((await ask(`${url}/health`, { headers: many(3000) })).status).toBe(431)
  })
})
