import { describe, expect, it } from 'vitest'
import { codexCatalogue } from '../../src/cli/clients/codex-catalogue.ts'
import { parseConfig } from '../../src/index.ts'
import { ask } from '../support/ask.ts'
import { startGateway } from '../support/gateway.ts'

const PROVIDER = 'azure: { type: azure-openai, endpoint: "$UPSTREAM", apiKey: azure-key-1, protocol: chat }'
const turn = (model: string, content = 'Hi') =>
  JSON.stringify({ model, max_tokens: 100, messages: [{ role: 'user', content }] })

describe('names that clients ask for by themselves', () => {
  it('R1 each tier goes to its own deployment, and every other name to the catch-all', async () => {
    const { url } = await startGateway({
      config: `
providers: { ${PROVIDER} }
models:
  "*haiku*": azure/small
  "*opus*": azure/big
  "*": azure/middle
`,
    })
    const target = async (model: string) =>
      (await ask(`${url}/v1/messages`, { body: turn(model) })).headers['x-dragoman-target']
    expect(await target('claude-haiku-4-5-20251001')).toBe('azure/small')
    expect(await target('claude-3-5-haiku-20241022')).toBe('azure/small')
    expect(await target('claude-opus-4-8[1m]')).toBe('azure/big')
    expect(await target('claude-name-of-tomorrow')).toBe('azure/middle')
  })

  it('R1 without a catch-all the answer says at once what there is', async () => {
    const { url, simulator } = await startGateway({
      config: `{ providers: { ${PROVIDER} }, models: { "*opus*": azure/big } }`,
    })
    const { status, json, headers } = await ask(`${url}/v1/messages`, { body: turn('claude-haiku-4-5') })
    expect(status).toBe(404)
    expect(json.error.type).toBe('not_found_error')
    expect(json.error.message).toContain('opus')
    expect(headers['x-should-retry']).not.toBe('true')
    expect(simulator.requests).toHaveLength(0)
  })
})

describe('model lists', () => {
  it('R2 are in Anthropic’s shape, with names that Claude Code takes, without a redirect', async () => {
    const { url, simulator } = await startGateway({
      config: `{ providers: { ${PROVIDER} }, models: { big: azure/big, "*opus*": azure/big, "*": azure/middle } }`,
    })
    const { status, json } = await ask(`${url}/v1/models?limit=1000`, {
      headers: { 'anthropic-version': '2023-06-01' },
    })
    expect(status).toBe(200)
    expect(json).toMatchObject({ has_more: false, first_id: json.data[0].id, last_id: json.data.at(-1).id })
    for (const model of json.data) {
      expect(model).toMatchObject({ type: 'model', id: expect.any(String), display_name: expect.any(String) })
      expect(Date.parse(model.created_at)).not.toBeNaN()
    }
    const ids: string[] = json.data.map(({ id }: { id: string }) => id)
    expect(ids).toContain('big')
    expect(ids.some((id) => /^(?:claude|anthropic)/.test(id))).toBe(true)
    expect(simulator.requests).toHaveLength(0)
  })
})

const OVERRIDDEN = `
providers:
  azure: { type: azure-openai, endpoint: "$UPSTREAM", apiKey: azure-key-1, protocol: chat, models: { odd: { contextWindow: 1000000, maxOutputTokens: 64000 } } }
models: { odd: azure/odd, "*": azure/gpt-4.1 }
`

describe('what a model holds', () => {
  it('R3 is in the catalogue that Codex is started with', () => {
    const config = parseConfig(OVERRIDDEN.replaceAll('$UPSTREAM', 'http://127.0.0.1:9'))
    const { models } = codexCatalogue(config)
    const odd = models.find(({ slug }) => slug === 'odd')
    expect(odd).toMatchObject({ context_window: 1_000_000 })
    for (const model of models) expect(model['context_window']).toBeGreaterThan(0)
  })

  it('R4 is what the config says, over the built-in table', async () => {
    const { url } = await startGateway({ config: OVERRIDDEN })
    const { json } = await ask(`${url}/v1/models/odd`)
    expect(json).toMatchObject({ context_window: 1_000_000, max_output_tokens: 64_000 })
  })

  it('R4 never makes Dragoman refuse a prompt by itself: the upstream judges', async () => {
    const { url, simulator } = await startGateway({
      config: `
providers:
  azure: { type: azure-openai, endpoint: "$UPSTREAM", apiKey: azure-key-1, protocol: chat, models: { tiny: { contextWindow: 10 } } }
models: { "*": azure/tiny }
`,
    })
    const { status } = await ask(`${url}/v1/messages`, { body: turn('x', 'many words '.repeat(500)) })
    expect(status).toBe(200)
    expect(simulator.requests).toHaveLength(1)
  })
})
