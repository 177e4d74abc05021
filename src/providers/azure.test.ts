import { describe, expect, it } from 'vitest'
import { call, provider } from '../../test/support/provider.ts'
import { messagesDialect } from '../protocols/messages/dialect.ts'
import { upstreamDialect } from './dialect.ts'

const json = { 'content-type': 'application/json' }

const azure = (config: object = {}) => provider('azure-openai', { endpoint: 'acme', ...config })
const foundry = (config: object = {}) => provider('azure-foundry', { resource: 'acme', ...config })

/** The dialect of a Claude that takes system turns among the messages. */
function claudeAt(type: 'anthropic' | 'azure-foundry') {
  return upstreamDialect(provider(type, { resource: 'acme' }), 'messages', messagesDialect, 'claude-opus-4-8')
}

describe('azure-openai', () => {
  it('speaks the v1 API with the key in api-key', async () => {
    expect(await azure({}).request(call('chat', 'gpt-big'))).toEqual({
      url: 'https://acme.openai.azure.com/openai/v1/chat/completions',
      headers: { 'api-key': 'k', ...json },
    })
    expect((await azure({}).request(call('responses'))).url).toBe(
      'https://acme.openai.azure.com/openai/v1/responses',
    )
  })

  it.each([
    [
      { apiVersion: '2024-10-21' },
      'chat',
      '/openai/deployments/gpt-big/chat/completions?api-version=2024-10-21',
    ],
    [{ apiVersion: '2025-03-01-preview' }, 'responses', '/openai/responses?api-version=2025-03-01-preview'],
    [
      { apiVersion: '2024-10-21', responsesApiVersion: '2025-04-01-preview' },
      'responses',
      '/openai/responses?api-version=2025-04-01-preview',
    ],
  ] as const)('uses dated paths with %j for %s', async (config, protocol, path) => {
    const endpoint = 'http://127.0.0.1:9000'
    const { url } = await azure({ endpoint, ...config }).request(call(protocol, 'gpt-big'))
    expect(url).toBe(endpoint + path)
  })

  it('takes the version from a pasted deployment URL, and the deployment from the target', async () => {
    const endpoint =
      'https://acme.openai.azure.com/openai/deployments/old/chat/completions?api-version=2024-10-21'
    expect((await azure({ endpoint }).request(call('chat', 'new'))).url).toBe(
      'https://acme.openai.azure.com/openai/deployments/new/chat/completions?api-version=2024-10-21',
    )
  })

  it.each([
    [{ baseUrl: 'http://127.0.0.1:9000/any/v1' }, 'http://127.0.0.1:9000/any/v1/chat/completions'],
    [
      { baseUrl: 'https://acme.test/v1/', apiVersion: 'preview' },
      'https://acme.test/v1/chat/completions?api-version=preview',
    ],
    [{ baseUrl: 'https://acme.test/x?tenant=a' }, 'https://acme.test/x/chat/completions?tenant=a'],
  ])('takes a baseUrl exactly: %j', async (config, url) => {
    expect((await azure(config).request(call('chat'))).url).toBe(url)
  })

  it('sends serverless keys as Bearer', async () => {
    const { url, headers } = await azure({ endpoint: 'https://x.eastus.models.ai.azure.com' }).request(
      call('chat'),
    )
    expect(url).toBe('https://x.eastus.models.ai.azure.com/v1/chat/completions')
    expect(headers).toMatchObject({ authorization: 'Bearer k' })
  })

  it.each([
    [{}, 'https://ai.azure.com/.default'],
    [{ apiVersion: '2024-10-21' }, 'https://cognitiveservices.azure.com/.default'],
    [{ endpoint: 'https://acme.openai.azure.us' }, 'https://cognitiveservices.azure.us/.default'],
    [{ scope: 'api://own/.default' }, 'api://own/.default'],
  ])('asks Entra for the scope that fits: %j', async (config, scope) => {
    const entra = azure({ auth: 'entra', apiKey: undefined, ...config })
    expect((await entra.request(call('chat'))).headers).toEqual({ authorization: `Bearer ${scope}`, ...json })
    expect(entra.refresh).toBeTypeOf('function')
  })

  it('offers Responses first where Chat refuses tools with reasoning, and only Chat where there is nothing else', () => {
    expect(azure({}).protocolsFor('gpt-5')).toEqual(['chat', 'responses'])
    expect(azure({}).protocolsFor('gpt-5.4')).toEqual(['responses', 'chat'])
    expect(azure({ apiVersion: '2024-10-21' }).protocolsFor('gpt-5.4')).toEqual(['chat'])
    expect(azure({ endpoint: 'https://x.y.models.ai.azure.com' }).protocolsFor('m')).toEqual(['chat'])
  })

  it('does not speak Messages, and says who does', async () => {
    await expect(azure({}).request(call('messages'))).rejects.toMatchObject({
      code: 'not-supported',
      message: expect.stringContaining('azure-foundry'),
    })
  })

  it('needs an endpoint and a key, except for a loopback server', async () => {
    expect(() => azure({ endpoint: undefined })).toThrow(/providers\.p\.endpoint/)
    await expect(azure({ apiKey: undefined }).request(call('chat'))).rejects.toThrow(/providers\.p\.apiKey/)
    const local = azure({ apiKey: undefined, endpoint: 'http://127.0.0.1:9000' })
    expect((await local.request(call('chat'))).headers).toEqual(json)
  })
})

describe('azure-foundry', () => {
  const root = 'https://acme.services.ai.azure.com'

  it('speaks Messages to Claude with the key in both headers', async () => {
    expect(await foundry({}).request(call('messages', 'claude-sonnet'))).toEqual({
      url: `${root}/anthropic/v1/messages`,
      headers: { 'x-api-key': 'k', 'api-key': 'k', 'anthropic-version': '2023-06-01', ...json },
    })
  })

  it('speaks the OpenAI v1 API to everything else', async () => {
    expect(await foundry({}).request(call('chat', 'DeepSeek-V4'))).toEqual({
      url: `${root}/openai/v1/chat/completions`,
      headers: { 'api-key': 'k', ...json },
    })
  })

  it.each([
    ['claude-sonnet-4-5', ['messages']],
    ['my-opus', ['messages']],
    ['gpt-5', ['chat', 'responses']],
    ['gpt-5.4', ['responses', 'chat']],
    ['DeepSeek-V4-Pro', ['chat']],
    ['prod', ['chat', 'responses']],
  ])('%s is spoken to in %j', (model, protocols) => {
    expect(foundry({}).protocolsFor(model)).toEqual(protocols)
  })

  it('is shown a token of Entra for Claude, in the scope of Foundry', async () => {
    const entra = foundry({ auth: 'entra', apiKey: undefined })
    const { headers } = await entra.request(call('messages', 'claude-sonnet'))
    expect(headers).toEqual({
      authorization: 'Bearer https://ai.azure.com/.default',
      'anthropic-version': '2023-06-01',
      ...json,
    })
  })

  it('speaks Chat alone, with the key as Bearer, to a serverless endpoint', async () => {
    const serverless = foundry({ resource: undefined, endpoint: 'llama.eastus.models.ai.azure.com' })
    for (const model of ['llama', 'claude-x', 'gpt-5.4']) {
      expect(serverless.protocolsFor(model)).toEqual(['chat'])
    }
    expect((await serverless.request(call('chat'))).headers).toEqual({ authorization: 'Bearer k', ...json })
    await expect(serverless.request(call('messages'))).rejects.toThrow(/does not do messages/)
  })

  it('has no Responses with a dated version that came before', () => {
    expect(foundry({ apiVersion: '2024-10-21' }).protocolsFor('gpt-5.4')).toEqual(['chat'])
    expect(foundry({ apiVersion: '2025-04-01-preview' }).protocolsFor('gpt-5.4')).toEqual([
      'responses',
      'chat',
    ])
  })

  it('learns from the config that a deployment is a Claude', () => {
    expect(foundry({ models: { prod: { family: 'claude-opus-4-8' } } }).protocolsFor('prod')).toEqual([
      'messages',
    ])
  })

  it.each([
    [{ baseUrl: `${root}/anthropic` }, `${root}/anthropic/v1/messages`, `${root}/openai/v1/responses`],
    [
      { baseUrl: 'http://127.0.0.1:9000' },
      'http://127.0.0.1:9000/v1/messages',
      'http://127.0.0.1:9000/openai/v1/responses',
    ],
    [
      { endpoint: 'http://127.0.0.1:9000' },
      'http://127.0.0.1:9000/anthropic/v1/messages',
      'http://127.0.0.1:9000/openai/v1/responses',
    ],
    [
      { resource: 'https://acme.openai.azure.com' },
      `${root}/anthropic/v1/messages`,
      'https://acme.openai.azure.com/openai/v1/responses',
    ],
  ])('%j', async (config, messages, responses) => {
    expect((await foundry(config).request(call('messages'))).url).toBe(messages)
    expect((await foundry(config).request(call('responses'))).url).toBe(responses)
  })

  it('counts tokens of Messages', async () => {
    expect(foundry({}).counts('messages')).toBe(true)
    expect(foundry({}).counts('chat')).toBe(false)
    expect((await foundry({}).request(call('messages', 'c', { operation: 'count-tokens' }))).url).toBe(
      `${root}/anthropic/v1/messages/count_tokens`,
    )
  })

  it('asks Entra for the Foundry scope', async () => {
    const { headers } = await foundry({ auth: 'entra' }).request(call('messages'))
    expect(headers).toMatchObject({ authorization: 'Bearer https://ai.azure.com/.default' })
    expect(headers).not.toHaveProperty('x-api-key')
  })

  it('keeps system turns out of the messages even for a Claude that takes them elsewhere', () => {
    expect(claudeAt('azure-foundry')).toMatchObject({ midConversationSystem: false, serviceTier: false })
    expect(claudeAt('anthropic')).toMatchObject({ midConversationSystem: true, serviceTier: true })
  })
})
