import { describe, expect, it } from 'vitest'
import { ask } from '../support/ask.ts'
import { startGateway } from '../support/gateway.ts'

const CONFIG = `
retries: 0
providers:
  azure:   { type: azure-openai, endpoint: "$UPSTREAM", apiKey: azure-key-1 }
  foundry: { type: azure-foundry, baseUrl: "$UPSTREAM/anthropic", apiKey: foundry-key-1 }
  nobody:  { type: openai, baseUrl: "http://127.0.0.1:1/v1", apiKey: openai-key-1 }
models:
  "gpt-*": [azure/gpt-4.1, foundry/claude-sonnet-4-5]
  "*": azure/gpt-4.1
`
const WELL = { ok: true, status: 200, checks: { text: true, stream: true, tools: true } }

describe('/test-connection', () => {
  it('asks every configured target once for text, a stream and a tool call', async () => {
    const gateway = await startGateway({ config: CONFIG })
    const { status, json } = await ask(`${gateway.url}/test-connection`)
    expect(status).toBe(200)
    expect(json.targets).toMatchObject([
      { target: 'azure/gpt-4.1', protocol: 'chat', ...WELL },
      { target: 'foundry/claude-sonnet-4-5', protocol: 'messages', ...WELL },
    ])
    expect(json.targets[0].error).toBeUndefined()
    expect(json.targets[0].ms).toEqual(expect.any(Number))
    expect(gateway.simulator.requests).toHaveLength(6)
  })

  it('asks one target, by POST too, and none in its place', async () => {
    const gateway = await startGateway({ config: CONFIG })
    const { json } = await ask(`${gateway.url}/test-connection?target=nobody/gpt-5.2`, { body: '{}' })
    expect(json.targets).toMatchObject([
      {
        target: 'nobody/gpt-5.2',
        ok: false,
        status: 502,
        checks: { text: false, stream: false, tools: false },
      },
    ])
    expect(json.targets[0].error).toMatch(/127\.0\.0\.1:1 did not answer/)
    expect(gateway.simulator.requests).toEqual([])
  })

  it('says what is wrong where only a part works', async () => {
    const gateway = await startGateway({ config: CONFIG })
    gateway.simulator.respond(({ body }) =>
      body['tools'] === undefined ? undefined : { error: { status: 400, message: 'Tools are not for me' } },
    )
    const { json } = await ask(`${gateway.url}/test-connection?target=azure`)
    expect(json.targets).toMatchObject([
      {
        ok: true,
        checks: { text: true, stream: true, tools: false },
        error: expect.stringContaining('Tools are not'),
      },
    ])
  })

  it('knows no target that the config does not have', async () => {
    const gateway = await startGateway({ config: CONFIG })
    const { status, json } = await ask(`${gateway.url}/test-connection?target=zzz`)
    expect(status).toBe(404)
    expect(json.error.message).toContain('azure/gpt-4.1')
  })

  it('is not started by a foreign web page', async () => {
    const gateway = await startGateway({ config: CONFIG })
    const headers = { 'sec-fetch-site': 'cross-site' }
    expect((await ask(`${gateway.url}/test-connection`, { headers })).status).toBe(403)
    expect(gateway.simulator.requests).toEqual([])
  })

  it('needs a key where keys are set', async () => {
    const gateway = await startGateway({ config: `auth: { keys: [secret-key-1] }\n${CONFIG}` })
    expect((await ask(`${gateway.url}/test-connection`)).status).toBe(401)
    expect(gateway.simulator.requests).toEqual([])
    const headers = { authorization: 'Bearer secret-key-1' }
    expect((await ask(`${gateway.url}/test-connection?target=azure`, { headers })).status).toBe(200)
  })
})
