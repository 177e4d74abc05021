import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { describe, expect, test, vi } from 'vitest'
import { ask } from '../../test/support/ask.ts'
import { rawClient } from '../../test/support/raw-client.ts'
import { startServer } from '../../test/support/http-server.ts'
import { createLogger } from '../log.ts'

const MEGABYTE = 1024 * 1024
const TEXT = JSON.stringify({ model: 'm', text: 'Grüße 👋'.repeat(50) })

/** The head of a POST to /v1/messages with these header lines. */
function post(...lines: string[]): string {
  return ['POST /v1/messages HTTP/1.1', 'Host: localhost', ...lines, '', ''].join('\r\n')
}

/** Posts a text under a content type. */
async function send(type: string, body: string) {
  const { url } = await startServer()
  return ask(`${url}/v1/messages`, { body, headers: { 'content-type': type } })
}

describe('compression', () => {
  test.each([
    ['gzip', gzipSync(TEXT)],
    ['x-gzip', gzipSync(TEXT)],
    ['GZIP', gzipSync(TEXT)],
    ['br', brotliCompressSync(TEXT)],
    ['deflate', deflateSync(TEXT)],
    ['deflate', deflateRawSync(TEXT)],
    ['zstd', zstdCompressSync(TEXT)],
    ['identity', Buffer.from(TEXT)],
    ['identity, gzip', gzipSync(TEXT)],
  ])('%s is unpacked', async (coding, body) => {
    const { url } = await startServer()
    const { json } = await ask(`${url}/v1/messages`, { body, headers: { 'content-encoding': coding } })
    expect(json.body).toBe(TEXT)
  })

  test.each(['gzip, br', 'compress', 'aes128gcm'])('%s is refused with what would do', async (coding) => {
    const { url } = await startServer()
    const headers = { 'content-encoding': coding }
    const answer = await ask(`${url}/v1/messages`, { body: gzipSync(TEXT), headers })
    expect(answer.status).toBe(415)
    expect(answer.headers['accept-encoding']).toContain('gzip')
    expect(answer.json.type).toBe('error')
  })

  test.each([
    ['gzip', Buffer.from('not gzip at all')],
    ['gzip', gzipSync(TEXT).subarray(0, 40)],
    ['zstd', Buffer.from('not zstd at all')],
  ])('a body that is no whole %s is a 400', async (coding, body) => {
    const { url } = await startServer()
    const { status } = await ask(`${url}/v1/messages`, { body, headers: { 'content-encoding': coding } })
    expect(status).toBe(400)
  })

  test.each([
    ['gzip', gzipSync],
    ['br', brotliCompressSync],
    ['zstd', zstdCompressSync],
    ['deflate', deflateSync],
  ])('a small %s that unpacks beyond the limit is a 413', async (coding, pack) => {
    const { url, calls } = await startServer({ bodyLimit: MEGABYTE })
    const body = pack(Buffer.alloc(32 * MEGABYTE, 0x20))
    expect(body.length).toBeLessThan(MEGABYTE)
    const { status } = await ask(`${url}/v1/messages`, { body, headers: { 'content-encoding': coding } })
    expect(status).toBe(413)
    expect(calls).toEqual([])
  })
})

describe('size', () => {
  test('a body of exactly the limit passes, one byte more does not', async () => {
    const { url } = await startServer({ bodyLimit: 1000 })
    const status = async (bytes: number) =>
      (await ask(`${url}/v1/messages`, { body: ' '.repeat(bytes) })).status
    expect([await status(1000), await status(1001)]).toEqual([200, 413])
  })

  test('200 MB are refused by their announcement, and the answer can be read while sending', async () => {
    const { port, calls } = await startServer({ bodyLimit: 64 * MEGABYTE })
    const client = await rawClient(port)
    client.send(post(`Content-Length: ${200 * MEGABYTE}`))
    const answer = await client.until('server.bodyLimit')
    expect(answer).toMatch(/^HTTP\/1\.1 413 /)
    expect(answer).toMatch(/connection: close/i)
    // Sending on regardless: the server stops listening long before the end.
    const chunk = Buffer.alloc(MEGABYTE, 0x20)
    const gone = new Promise((resolve) => client.socket.once('close', resolve))
    let sent = 0
    while (!client.socket.destroyed && sent < 200) {
      sent += 1
      await Promise.race([gone, new Promise((resolve) => client.socket.write(chunk, resolve))])
    }
    expect(sent).toBeLessThan(100)
    expect(calls).toEqual([])
  })

  test('a client that uploads everything before it reads still gets its 413', async () => {
    const { url } = await startServer({ bodyLimit: MEGABYTE })
    const { status, json } = await ask(`${url}/v1/chat/completions`, { body: Buffer.alloc(6 * MEGABYTE) })
    expect([status, json.error.type]).toEqual([413, 'too-large'])
  })

  test('a chunked body is counted as it comes', async () => {
    const { port } = await startServer({ bodyLimit: 1000 })
    const client = await rawClient(port)
    client.send(post('Transfer-Encoding: chunked'))
    for (let count = 0; count < 3; count += 1) client.send(`1f4\r\n${' '.repeat(500)}\r\n`)
    expect(await client.until('server.bodyLimit')).toMatch(/^HTTP\/1\.1 413 /)
  })

  test('a reload changes the limit', async () => {
    const { url, server } = await startServer({ bodyLimit: 10 })
    server.update({ bodyLimit: 100 })
    expect((await ask(`${url}/v1/messages`, { body: ' '.repeat(50) })).status).toBe(200)
  })
})

describe('content types', () => {
  test.each([
    'application/json',
    'Application/JSON; charset=utf-8',
    'application/vnd.api+json',
    'text/plain;charset=UTF-8',
    'application/x-www-form-urlencoded',
    '',
  ])('JSON sent as %j is taken', async (type) => {
    expect((await send(type, TEXT)).json.body).toBe(TEXT)
  })

  test('JSON sent without a type is taken', async () => {
    const { port } = await startServer()
    const client = await rawClient(port)
    client.send(`${post('Content-Length: 2', 'Connection: close')}{}`)
    expect(await client.closed()).toMatch(/^HTTP\/1\.1 200 /)
  })

  test.each(['multipart/form-data; boundary=x', 'application/octet-stream', 'text/html', 'image/png'])(
    '%s is refused',
    async (type) => {
      const { status, json, headers } = await send(type, '{}')
      expect([status, headers.accept]).toEqual([415, 'application/json'])
      expect(json).toMatchObject({
        type: 'error',
        error: { message: expect.stringContaining('application/json') },
      })
    },
  )

  test.each(['text/plain', 'application/x-www-form-urlencoded'])(
    '%s that is no JSON is refused',
    async (type) => {
      expect((await send(type, 'model=x&stream=true')).status).toBe(415)
    },
  )

  test('invalid JSON under the right name is left to the gateway', async () => {
    expect((await send('application/json', '{"a":')).json.body).toBe('{"a":')
  })

  test('a byte order mark is taken off', async () => {
    expect((await send('application/json', '\uFEFF{}')).json.body).toBe('{}')
  })
})

describe('slow and broken uploads', () => {
  test('an upload that stalls is a 408', async () => {
    const { port, calls } = await startServer({ bodyIdleMs: 40 })
    const client = await rawClient(port)
    client.send(`${post('Content-Length: 100')}{"a"`)
    expect(await client.until('stalled')).toMatch(/^HTTP\/1\.1 408 /)
    expect(calls).toEqual([])
  })

  test('an upload that is slow but alive is read to its end', async () => {
    const { port } = await startServer({ bodyIdleMs: 1000 })
    const client = await rawClient(port)
    client.send(post('Content-Length: 8', 'Connection: close'))
    for (const piece of ['{', '"a"', ': ', '1', '}']) {
      client.send(piece)
      await new Promise((resolve) => setTimeout(resolve, 300))
    }
    expect(await client.closed()).toMatch(/^HTTP\/1\.1 200 /)
  })

  test('an upload that is broken off is no error and reaches nobody', async () => {
    const lines: string[] = []
    const log = createLogger({ level: 'info', write: (line) => lines.push(line), now: () => new Date(0) })
    const { port, url, calls } = await startServer({ log })
    const client = await rawClient(port)
    client.send(`${post('Content-Length: 100')}{"a"`)
    await new Promise((resolve) => setTimeout(resolve, 30))
    client.socket.resetAndDestroy()
    expect((await ask(`${url}/health`)).status).toBe(200)
    expect(calls).toEqual([])
    expect(lines).toEqual([])
  })

  test('a body whose chunks are garbage is a 400', async () => {
    const { port } = await startServer()
    const client = await rawClient(port)
    client.send(`${post('Transfer-Encoding: chunked')}2\r\n{}\r\n`)
    await new Promise((resolve) => setTimeout(resolve, 30))
    client.send('zz\r\n\r\n')
    expect(await client.until('not valid HTTP')).toMatch(/^HTTP\/1\.1 400 /)
  })

  test('a body with both length and chunks is refused', async () => {
    const { port, calls } = await startServer()
    const client = await rawClient(port)
    client.send(
      `${post('Content-Length: 2', 'Transfer-Encoding: chunked')}0\r\n\r\nGET /v1/models HTTP/1.1\r\n\r\n`,
    )
    expect(await client.closed()).toMatch(/^HTTP\/1\.1 400 /)
    expect(calls).toEqual([])
  })
})

describe('Expect: 100-continue', () => {
  test('the body is invited once the head was found good', async () => {
    const { port } = await startServer()
    const client = await rawClient(port)
    client.send(post('Content-Length: 2', 'Expect: 100-continue', 'Connection: close'))
    expect(await client.until('\r\n\r\n')).toBe('HTTP/1.1 100 Continue\r\n\r\n')
    client.send('{}')
    expect(await client.closed()).toMatch(/HTTP\/1\.1 200 /)
  })

  test('a body that is not wanted is never invited', async () => {
    const { port } = await startServer({ keys: [{ key: 'k' }] })
    const client = await rawClient(port)
    client.send(post('Content-Length: 2', 'Expect: 100-continue'))
    const answer = await client.until('unauthenticated')
    expect(answer).toMatch(/^HTTP\/1\.1 401 /)
    expect(answer).not.toContain('100 Continue')
  })

  test('other expectations are ignored', async () => {
    const { url } = await startServer()
    expect((await ask(`${url}/v1/messages`, { body: '{}', headers: { expect: 'miracles' } })).status).toBe(
      200,
    )
  })
})

test('the gateway is not asked before the body is complete', async () => {
  const { port, calls } = await startServer()
  const client = await rawClient(port)
  client.send(`${post('Content-Length: 4', 'Connection: close')}{}`)
  await new Promise((resolve) => setTimeout(resolve, 30))
  expect(calls).toHaveLength(0)
  client.send('  ')
  await vi.waitFor(() => expect(calls).toHaveLength(1))
})
