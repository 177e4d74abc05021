import { describe, expect, it } from 'vitest'
import { createGateway, parseConfig } from '../../src/index.ts'
import { ask } from '../support/ask.ts'
import { startGateway } from '../support/gateway.ts'

const CONFIG = `
providers:
  azure:   { type: azure-openai, endpoint: "$UPSTREAM", apiKey: azure-key-1, protocol: chat }
  foundry: { type: azure-foundry, baseUrl: "$UPSTREAM/anthropic", apiKey: foundry-key-1 }
models: { "claude-*": foundry/claude-sonnet-4-5, "*": azure/gpt-4.1 }
`
const turn = (model = 'x') =>
  JSON.stringify({ model, max_tokens: 9, messages: [{ role: 'user', content: 'Hi' }] })

describe('who may call', () => {
  it('C1 without a setting it is this machine alone', () => {
    expect(parseConfig('{}').server.host).toBe('127.0.0.1')
  })

  it.each(['0.0.0.0', '::', '192.168.1.7', 'gateway.example.com'])(
    'C1 an open address without a key is refused, by the config and by the server (%s)',
    async (host) => {
      expect(() => parseConfig(`{ server: { host: "${host}" } }`)).toThrow(/key/)
      const config = parseConfig('{}')
      const gateway = await createGateway({ ...config, server: { ...config.server, host, port: 0 } })
      await expect(gateway.listen()).rejects.toThrow(/auth\.keys/)
      await gateway.close()
    },
  )

  it('C1 with a key nobody is served without it', async () => {
    const { url, simulator } = await startGateway({ config: `auth: { keys: [client-secret-1] }\n${CONFIG}` })
    for (const headers of [{}, { authorization: 'Bearer wrong' }, { 'x-api-key': '' }] as const) {
      expect((await ask(`${url}/v1/messages`, { headers: { ...headers }, body: turn() })).status).toBe(401)
    }
    expect(simulator.requests).toHaveLength(0)
    const headers = { 'x-api-key': 'client-secret-1' }
    expect((await ask(`${url}/v1/messages`, { headers, body: turn() })).status).toBe(200)
  })
})

describe('keys out of a manual', () => {
  it.each(['your-api-key-1', 'sk-...', '<key>', 'changeme', 'my-secret-key'])(
    'C2 are refused where a key belongs (%s)',
    (key) => {
      expect(() => parseConfig(`{ auth: { keys: ["${key}"] } }`)).toThrow(/placeholder/)
      expect(() => parseConfig(`{ providers: { o: { type: openai, apiKey: "${key}" } } }`)).toThrow(
        /placeholder/,
      )
    },
  )
})

describe('a page in a browser', () => {
  it.each([
    ['origin', { origin: 'https://evil.example' }],
    ['host (DNS rebinding)', { host: 'evil.example' }],
  ])('C3 cannot drive the gateway: a foreign %s is refused', async (_, headers) => {
    const { url, simulator } = await startGateway({ config: CONFIG })
    const answer = await ask(`${url}/v1/messages`, { headers, body: turn() })
    expect(answer.status).toBe(403)
    expect(answer.headers).not.toHaveProperty('access-control-allow-origin')
    expect(simulator.requests).toHaveLength(0)
  })

  it('C3 may read nothing across origins unless its origin is listed', async () => {
    const { url } = await startGateway({ config: CONFIG })
    const origin = 'http://localhost:3000'
    const answer = await ask(`${url}/v1/messages`, { headers: { origin }, body: turn() })
    expect(answer.headers).not.toHaveProperty('access-control-allow-origin')
    const listed = await startGateway({ config: `server: { cors: ["${origin}"] }\n${CONFIG}` })
    const granted = await ask(`${listed.url}/v1/messages`, { headers: { origin }, body: turn() })
    expect(granted.headers['access-control-allow-origin']).toBe(origin)
  })
})

describe('secrets', () => {
  const SECRET = 'client-secret-of-mine'
  const credentials = {
    authorization: `Bearer ${SECRET}`,
    'x-api-key': SECRET,
    'api-key': SECRET,
    cookie: `session=${SECRET}`,
    'proxy-authorization': `Basic ${SECRET}`,
  }

  it.each(['x', 'claude-x'])('C4 the client’s key is never forwarded (%s)', async (model) => {
    const { url, simulator } = await startGateway({ config: CONFIG })
    expect((await ask(`${url}/v1/messages`, { headers: credentials, body: turn(model) })).status).toBe(200)
    expect(JSON.stringify(Object.entries(simulator.last.headers))).not.toContain(SECRET)
    expect(simulator.last.bytes.toString()).not.toContain(SECRET)
  })

  it('C4 bodies and keys stay out of the log unless bodies are asked for', async () => {
    const { url, log } = await startGateway({ config: CONFIG })
    await ask(`${url}/v1/messages`, { headers: credentials, body: turn().replace('Hi', 'a private thought') })
    expect(log.length).toBeGreaterThan(0)
    expect(JSON.stringify(log)).not.toMatch(/client-secret-of-mine|azure-key-1|a private thought/)
    const open = await startGateway({ config: `log: { bodies: true }\n${CONFIG}` })
    await ask(`${open.url}/v1/messages`, {
      headers: credentials,
      body: turn().replace('Hi', 'a private thought'),
    })
    expect(JSON.stringify(open.log)).toContain('a private thought')
    expect(JSON.stringify(open.log)).not.toMatch(/client-secret-of-mine|azure-key-1/)
  })
})
