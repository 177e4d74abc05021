import { expect, test } from 'vitest'
import { ask } from '../../test/support/ask.ts'
import { startServer } from '../../test/support/http-server.ts'
import { readiness } from './health.ts'

test.each(['/', '/health', '/healthz'])(
  'GET %s tells name, version and uptime without a key',
  async (path) => {
    let clock = 1_000
    const { url } = await startServer({ keys: [{ key: 'gateway-key' }], now: () => clock, instance: 'i-1' })
    clock += 65_400
    const { status, json, text } = await ask(url + path)
    expect(status).toBe(200)
    expect(json).toEqual({ status: 'ok', name: 'dragoman', version: '9.8.7', instance: 'i-1', uptime: 65 })
    expect(text).not.toContain('gateway-key')
  },
)

test('HEAD gets the same head and no body', async () => {
  const { url } = await startServer()
  for (const path of ['/', '/health', '/api/hello']) {
    const { status, text, headers } = await ask(url + path, { method: 'HEAD' })
    expect([status, text]).toEqual([200, ''])
    expect(headers['x-dragoman-request-id']).toBeDefined()
  }
})

test('a serving gateway is ready and a draining one is not', async () => {
  const { url } = await startServer()
  expect((await ask(`${url}/readyz`)).json).toEqual({ status: 'ready' })
  expect(readiness({ version: '1', uptimeMs: 0, state: 'draining' }).status).toBe(503)
})
