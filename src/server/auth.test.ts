import { describe, expect, test } from 'vitest'
import { ask } from '../../test/support/ask.ts'
import { startServer } from '../../test/support/http-server.ts'
import { createLogger } from '../log.ts'
import { createAuth } from './auth.ts'

const keys = [{ name: 'ann', key: 'key-of-ann' }, { key: 'key-of-bob' }]

test.each([
  ['short', 'k'],
  ['as long as a digest', 'a'.repeat(64)],
  ['as long as can be compared as it is', 'b'.repeat(252)],
  ['longer', 'c'.repeat(253)],
  ['a token with claims', 'd'.repeat(4000)],
  ['not ASCII', 'schlüssel-ключ-鍵'],
])('a key that is %s is told from others that nearly are it', (_, key) => {
  const auth = createAuth([{ key: 'another' }, { key }])
  const admit = (text: string) => () =>
    auth.admit({ headers: { 'x-api-key': text }, query: '', remoteAddress: '127.0.0.1' })
  expect(admit(key)()).toBe(key)
  for (const near of [`${key}x`, key.slice(0, -1), `x${key.slice(1)}`, `${key.slice(0, -1)}x`])
    expect(admit(near)).toThrow(/key/)
})

describe('with keys', () => {
  test.each([
    [{ authorization: 'Bearer key-of-ann' }],
    [{ authorization: 'bearer   key-of-bob ' }],
    [{ authorization: 'key-of-ann' }],
    [{ 'x-api-key': 'key-of-ann' }],
    [{ 'api-key': 'key-of-bob' }],
    [{ 'x-goog-api-key': 'key-of-bob' }],
  ])('%j is let in', async (headers) => {
    const { url } = await startServer({ keys })
    expect((await ask(`${url}/v1/models`, { headers })).status).toBe(200)
  })

  test('a key in the query is let in and does not travel on', async () => {
    const { url, calls } = await startServer({ keys })
    const { status } = await ask(`${url}/v1/messages?key=key-of-ann&beta=true`, { body: '{}' })
    expect(status).toBe(200)
    expect(calls[0]?.query).toBe('?beta=true')
  })

  test.each([
    [{}],
    [{ authorization: 'Bearer key-of-an' }],
    [{ authorization: 'Basic key-of-ann' }],
    [{ 'x-api-key': '' }],
    [{ 'x-api-key': 'key-of-ann, key-of-bob' }],
  ])('%j is refused for good', async (headers) => {
    const { url, calls } = await startServer({ keys })
    const { status, json, headers: answer } = await ask(`${url}/v1/messages`, { headers, body: '{}' })
    expect(status).toBe(401)
    expect(json).toMatchObject({ type: 'error', error: { type: 'unauthenticated' } })
    expect(answer['x-should-retry']).toBe('false')
    expect(answer['www-authenticate']).toMatch(/^Bearer/)
    expect(calls).toEqual([])
  })

  test('the refusal is in the dialect of the route', async () => {
    const { url } = await startServer({ keys })
    const { json } = await ask(`${url}/v1/chat/completions`, { body: '{}' })
    expect(json).not.toHaveProperty('type')
    expect(json.error.type).toBe('unauthenticated')
  })

  test('of two credentials one has to fit, and the other one is the client’s own', async () => {
    const { url, calls } = await startServer({ keys })
    const headers = { authorization: 'Bearer upstream-key', 'x-api-key': 'key-of-ann' }
    expect((await ask(`${url}/v1/messages`, { headers, body: '{}' })).status).toBe(200)
    expect(calls[0]?.clientKey).toBe('upstream-key')
  })

  test('the key that fits is the client’s own when there is no other', async () => {
    const { url, calls } = await startServer({ keys })
    await ask(`${url}/v1/messages`, { headers: { 'x-api-key': 'key-of-ann' }, body: '{}' })
    expect(calls[0]?.clientKey).toBe('key-of-ann')
  })

  test('no credential is ever logged', async () => {
    const lines: string[] = []
    const log = createLogger({ level: 'debug', write: (line) => lines.push(line), now: () => new Date(0) })
    const { url } = await startServer({ keys, log })
    await ask(`${url}/v1/messages?key=wrong-one`, { headers: { 'x-api-key': 'wrong-two' }, body: '{}' })
    await ask(`${url}/v1/nothing?key=key-of-ann`, { headers: { authorization: 'Bearer key-of-bob' } })
    expect(lines.length).toBeGreaterThan(1)
    expect(lines.join('\n')).not.toMatch(/wrong-|key-of-/)
  })

  test('a reload replaces the keys', async () => {
    const { url, server } = await startServer({ keys })
    server.update({ keys: [{ key: 'new-key' }] })
    const statusWith = async (key: string) =>
      (await ask(`${url}/v1/models`, { headers: { 'x-api-key': key } })).status
    expect([await statusWith('key-of-ann'), await statusWith('new-key')]).toEqual([401, 200])
  })
})

describe('without keys', () => {
  test('this machine may call with any credential or none', async () => {
    const { url, calls } = await startServer()
    await ask(`${url}/v1/messages`, { body: '{}' })
    await ask(`${url}/v1/messages`, { body: '{}', headers: { authorization: 'Bearer mine' } })
    expect(calls.map((call) => call.clientKey)).toEqual([undefined, 'mine'])
  })

  test.each(['192.0.2.7', '2001:db8::1', '::ffff:192.0.2.7', undefined])(
    'a caller at %s is refused',
    (remoteAddress) => {
      const auth = createAuth([])
      expect(() => auth.admit({ headers: {}, query: '', remoteAddress })).toThrow(/auth\.keys/)
    },
  )

  test.each(['127.0.0.1', '127.1.2.3', '::1', '::ffff:127.0.0.1'])(
    'a caller at %s may pass',
    (remoteAddress) => {
      expect(createAuth([]).admit({ headers: {}, query: '', remoteAddress })).toBeUndefined()
    },
  )
})
