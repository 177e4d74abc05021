import { describe, expect, it } from 'vitest'
import { ask } from '../support/ask.ts'
import { startGateway } from '../support/gateway.ts'
import { call, provider } from '../support/provider.ts'

const chat = JSON.stringify({ model: 'gpt', messages: [{ role: 'user', content: 'Hi' }] })

describe('an endpoint as people paste it', () => {
  it.each([
    '',
    '/',
    '/openai',
    '/openai/',
    '/openai/v1',
    '/openai/v1/',
    '/openai/v1/chat/completions',
    '/openai/v1/responses',
  ])('A1 reaches the v1 API from “%s”', async (tail) => {
    const { url, simulator } = await startGateway({
      config: `
providers: { azure: { type: azure-openai, endpoint: "$UPSTREAM${tail}", apiKey: azure-key-1, protocol: chat } }
models: { "*": azure/gpt-big }`,
    })
    expect((await ask(`${url}/v1/chat/completions`, { body: chat })).status).toBe(200)
    expect(simulator.last.path).toBe('/openai/v1/chat/completions')
    expect(simulator.last.body['model']).toBe('gpt-big')
  })

  it('A1 reaches a dated deployment from its whole URL, and other deployments beside it', async () => {
    const { url, simulator } = await startGateway({
      config: `
providers: { azure: { type: azure-openai, endpoint: "$UPSTREAM/openai/deployments/old/chat/completions?api-version=2024-10-21", apiKey: azure-key-1 } }
models: { "*": azure/new }`,
    })
    expect((await ask(`${url}/v1/chat/completions`, { body: chat })).status).toBe(200)
    expect(simulator.last.path).toBe('/openai/deployments/new/chat/completions')
    expect(simulator.last.query.get('api-version')).toBe('2024-10-21')
  })

  it.each([
    ['acme', 'https://acme.openai.azure.com/openai/v1/chat/completions'],
    ['acme.openai.azure.com', 'https://acme.openai.azure.com/openai/v1/chat/completions'],
    [
      'https://acme.cognitiveservices.azure.com/',
      'https://acme.cognitiveservices.azure.com/openai/v1/chat/completions',
    ],
    [
      'https://acme.services.ai.azure.com/openai/v1',
      'https://acme.services.ai.azure.com/openai/v1/chat/completions',
    ],
  ])('A1 understands %s', async (endpoint, url) => {
    const azure = provider('azure-openai', { endpoint })
    expect((await azure.request(call('chat'))).url).toBe(url)
  })
})

describe('Claude on Foundry', () => {
  it.each(['acme', 'https://acme.services.ai.azure.com', 'https://acme.services.ai.azure.com/anthropic/'])(
    'A2 is asked at its own path, without an API version (%s)',
    async (resource) => {
      const foundry = provider('azure-foundry', { resource })
      expect((await foundry.request(call('messages', 'claude-sonnet'))).url).toBe(
        'https://acme.services.ai.azure.com/anthropic/v1/messages',
      )
    },
  )

  it('A3 gets the key in both headers that its front doors look at', async () => {
    const { url, simulator } = await startGateway({
      config: `
providers: { foundry: { type: azure-foundry, baseUrl: "$UPSTREAM/anthropic", apiKey: foundry-key-1 } }
models: { "*": foundry/claude-sonnet-4-5 }`,
    })
    expect((await ask(`${url}/v1/chat/completions`, { body: chat })).status).toBe(200)
    expect(simulator.last.headers).toMatchObject({ 'x-api-key': 'foundry-key-1', 'api-key': 'foundry-key-1' })
    expect(simulator.last.headers).not.toHaveProperty('authorization')
  })

  it.each([
    [{}, 'https://ai.azure.com/.default'],
    [{ scope: 'api://own/.default' }, 'api://own/.default'],
  ])('A3 takes a token of Entra as Bearer, for the scope of the config: %j', async (config, scope) => {
    const foundry = provider('azure-foundry', {
      resource: 'acme',
      auth: 'entra',
      apiKey: undefined,
      ...config,
    })
    const { headers } = await foundry.request(call('messages', 'claude-sonnet'))
    expect(headers).toMatchObject({ authorization: `Bearer ${scope}` })
    expect(headers).not.toHaveProperty('x-api-key')
  })
})

describe('Entra', () => {
  it('A4 signs in without a key, and renews a token that was refused', async () => {
    const azure = provider('azure-openai', { endpoint: 'acme', auth: 'entra', apiKey: undefined })
    const { headers } = await azure.request(call('chat'))
    expect(headers['authorization']).toMatch(/^Bearer /)
    expect(headers).not.toHaveProperty('api-key')
    expect(azure.refresh).toBeTypeOf('function')
  })
})

describe('what newer clients send', () => {
  it('A5 a beta that is not known is named by its refusal, left out, and remembered', async () => {
    const known = 'interleaved-thinking-2025-05-14'
    const { url, simulator } = await startGateway({
      config: `
providers: { foundry: { type: azure-foundry, baseUrl: "$UPSTREAM/anthropic", apiKey: foundry-key-1 } }
models: { "*": foundry/claude-sonnet-4-6 }`,
      simulator: { betas: [known] },
    })
    const body = JSON.stringify({
      model: 'claude-x',
      max_tokens: 9,
      messages: [{ role: 'user', content: 'Hi' }],
    })
    const headers = { 'anthropic-version': '2023-06-01', 'anthropic-beta': `${known},effort-2030-01-01` }
    for (const requests of [2, 3]) {
      const answer = await ask(`${url}/v1/messages`, { headers, body })
      expect(answer.status).toBe(200)
      expect(simulator.last.headers['anthropic-beta']).toBe(known)
      expect(simulator.requests).toHaveLength(requests)
    }
  })

  const codex = {
    model: 'gpt',
    stream: true,
    store: false,
    input: [{ type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Hi' }] }],
    reasoning: { effort: 'ultra' },
    tools: [
      {
        type: 'function',
        name: 'look',
        description: '',
        strict: false,
        parameters: { type: 'object', properties: {} },
      },
    ],
  }

  it('A6 Codex’s private header stays behind, descriptions are filled, its effort is clamped', async () => {
    const { url, simulator } = await startGateway({
      config: `
providers: { azure: { type: azure-openai, endpoint: "$UPSTREAM", apiKey: azure-key-1 } }
models: { "*": azure/gpt-5.4 }`,
    })
    const answer = await fetch(`${url}/v1/responses`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        originator: 'codex_cli_rs',
        'x-openai-internal-codex-responses-lite': 'true',
      },
      body: JSON.stringify(codex),
    })
    expect(await answer.text()).toContain('response.completed')
    expect(simulator.last.headers).not.toHaveProperty('x-openai-internal-codex-responses-lite')
    const sent = simulator.last.body as any
    expect(sent.reasoning.effort).toBe('xhigh')
    // Azure refuses an empty one; none at all is fine.
    expect(sent.tools[0].description ?? 'none').toMatch(/\S/)
  })
})
