import { describe, expect, test } from 'vitest'
import { ask } from '../../test/support/ask.ts'
import { rawClient } from '../../test/support/raw-client.ts'
import { startServer } from '../../test/support/http-server.ts'

const PAGE = 'https://app.example.test'
const keys = [{ key: 'the-key' }]
const key = { 'x-api-key': 'the-key' }
const asks = {
  'access-control-request-method': 'POST',
  'access-control-request-headers': 'authorization, x-a',
}

describe('without keys', () => {
  test.each([
    'localhost',
    'LOCALHOST:8082',
    '127.0.0.1:1',
    '127.8.9.1',
    '[::1]',
    '[::1]:8082',
    'localhost.:80',
    'x.localhost',
  ])('Host %s may be used', async (host) => {
    const { url } = await startServer()
    expect((await ask(`${url}/v1/models`, { headers: { host } })).status).toBe(200)
  })

  test.each([
    'evil.test',
    'localhost.evil.test',
    '127.0.0.1.evil.test:80',
    '192.168.0.4:8082',
    '[::2]',
    '0.0.0.0',
  ])('Host %j is refused', async (host) => {
    const { url, calls } = await startServer()
    const { status, json } = await ask(`${url}/v1/messages`, { headers: { host }, body: '{}' })
    expect([status, json.error.type]).toEqual([403, 'forbidden'])
    expect(calls).toEqual([])
  })

  test('an empty Host is foreign', async () => {
    const { port } = await startServer()
    const client = await rawClient(port)
    client.send('GET /v1/models HTTP/1.1\r\nHost:\r\nConnection: close\r\n\r\n')
    expect(await client.closed()).toMatch(/^HTTP\/1\.1 403 /)
  })

  test('a foreign host in the request line is refused too', async () => {
    const { port } = await startServer()
    const client = await rawClient(port)
    client.send('GET http://evil.test/v1/models HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n')
    expect(await client.closed()).toMatch(/^HTTP\/1\.1 403 /)
  })

  test('HTTP/1.1 without Host is malformed, HTTP/1.0 is not', async () => {
    const { port } = await startServer()
    const modern = await rawClient(port)
    modern.send('GET /health HTTP/1.1\r\nConnection: close\r\n\r\n')
    expect(await modern.closed()).toMatch(/^HTTP\/1\.1 400 [^]*no Host header/)
    const old = await rawClient(port)
    old.send('GET /health HTTP/1.0\r\n\r\n')
    expect(await old.closed()).toMatch(/^HTTP\/1\.1 200 /)
  })

  test.each([PAGE, 'null', 'http://localhost.evil.test', 'file://', 'garbage'])(
    'a page of origin %s is refused',
    async (origin) => {
      const { url, calls } = await startServer()
      const { status, headers } = await ask(`${url}/v1/messages`, { headers: { origin }, body: '{}' })
      expect(status).toBe(403)
      expect(headers['access-control-allow-origin']).toBeUndefined()
      expect(calls).toEqual([])
    },
  )

  test.each(['http://localhost:3000', 'http://127.0.0.1', 'https://[::1]:9'])(
    'a page of origin %s may call, and read nothing',
    async (origin) => {
      const { url } = await startServer()
      const { status, headers } = await ask(`${url}/v1/models`, { headers: { origin } })
      expect(status).toBe(200)
      expect(headers['access-control-allow-origin']).toBeUndefined()
    },
  )

  test('a listed origin is granted its answer, and "*" grants nothing', async () => {
    const { url } = await startServer({ cors: [`${PAGE}/`, '*'] })
    const listed = await ask(`${url}/v1/models`, { headers: { origin: PAGE } })
    expect([listed.status, listed.headers['access-control-allow-origin']]).toEqual([200, PAGE])
    expect(listed.headers.vary).toBe('Origin')
    expect((await ask(`${url}/v1/models`, { headers: { origin: 'https://other.test' } })).status).toBe(403)
  })
})

describe('with keys', () => {
  test('any Host may be used', async () => {
    const { url } = await startServer({ keys })
    expect((await ask(`${url}/v1/models`, { headers: { ...key, host: 'llm.example.test' } })).status).toBe(
      200,
    )
  })

  test('an origin that is not listed is served without CORS headers', async () => {
    const { url } = await startServer({ keys })
    const { status, headers } = await ask(`${url}/v1/models`, { headers: { ...key, origin: PAGE } })
    expect([status, headers['access-control-allow-origin']]).toEqual([200, undefined])
  })

  test('"*" grants every origin', async () => {
    const { url } = await startServer({ keys, cors: ['*'] })
    const { headers } = await ask(`${url}/v1/models`, { headers: { ...key, origin: PAGE } })
    expect(headers['access-control-allow-origin']).toBe(PAGE)
  })

  test('errors and the gateway’s answers carry the grant as well', async () => {
    const { url } = await startServer({ keys, cors: [PAGE] })
    const refused = await ask(`${url}/v1/messages`, { headers: { origin: PAGE }, body: '{}' })
    expect([refused.status, refused.headers['access-control-allow-origin']]).toEqual([401, PAGE])
    const served = await ask(`${url}/v1/messages`, { headers: { ...key, origin: PAGE }, body: '{}' })
    expect([served.status, served.headers['access-control-allow-origin']]).toEqual([200, PAGE])
  })
})

describe('preflights', () => {
  test('a listed origin gets what it asked for, without a key', async () => {
    const { url } = await startServer({ keys, cors: [PAGE] })
    const headers = { origin: PAGE, ...asks, 'access-control-request-private-network': 'true' }
    const answer = await ask(`${url}/v1/messages`, { method: 'OPTIONS', headers })
    expect([answer.status, answer.text]).toEqual([204, ''])
    expect(answer.headers).toMatchObject({
      'access-control-allow-origin': PAGE,
      'access-control-allow-headers': 'authorization, x-a',
      'access-control-allow-methods': expect.stringContaining('POST'),
      'access-control-allow-private-network': 'true',
    })
  })

  test('other origins are refused', async () => {
    const { url } = await startServer({ keys, cors: [PAGE] })
    const headers = { origin: 'https://other.test', ...asks }
    const answer = await ask(`${url}/v1/messages`, { method: 'OPTIONS', headers })
    expect([answer.status, answer.headers['access-control-allow-origin']]).toEqual([403, undefined])
  })

  test('OPTIONS that is no preflight is a method like any other', async () => {
    const { url } = await startServer()
    expect((await ask(`${url}/v1/messages`, { method: 'OPTIONS' })).status).toBe(405)
  })
})
