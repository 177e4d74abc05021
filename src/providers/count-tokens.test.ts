import { expect, it } from 'vitest'
import { call, provider } from '../../test/support/provider.ts'

const count = { operation: 'count-tokens' } as const

it.each([
  ['anthropic', {}, 'messages', 'https://api.anthropic.com/v1/messages/count_tokens'],
  ['openai', {}, 'responses', 'https://api.openai.com/v1/responses/input_tokens'],
  ['gemini', {}, 'gemini', 'https://generativelanguage.googleapis.com/v1beta/models/m:countTokens'],
  [
    'azure-openai',
    { endpoint: 'acme' },
    'responses',
    'https://acme.openai.azure.com/openai/v1/responses/input_tokens',
  ],
  [
    'azure-openai',
    { endpoint: 'acme', apiVersion: '2025-04-01-preview' },
    'responses',
    'https://acme.openai.azure.com/openai/responses/input_tokens?api-version=2025-04-01-preview',
  ],
  [
    'azure-openai',
    { baseUrl: 'https://proxy.test/v1' },
    'responses',
    'https://proxy.test/v1/responses/input_tokens',
  ],
  [
    'azure-foundry',
    { resource: 'acme' },
    'messages',
    'https://acme.services.ai.azure.com/anthropic/v1/messages/count_tokens',
  ],
  [
    'azure-foundry',
    { resource: 'acme' },
    'responses',
    'https://acme.services.ai.azure.com/openai/v1/responses/input_tokens',
  ],
  [
    'openai-compatible',
    { baseUrl: 'http://localhost:8000/v1' },
    'messages',
    'http://localhost:8000/v1/messages/count_tokens',
  ],
] as const)('%s %j counts over %s', async (type, config, protocol, url) => {
  const made = provider(type, config)
  expect(made.counts(protocol)).toBe(true)
  expect((await made.request(call(protocol, 'm', count))).url).toBe(url)
})

it.each([
  ['openai', {}, 'chat'],
  ['azure-openai', { endpoint: 'acme' }, 'chat'],
  ['azure-openai', { endpoint: 'acme', apiVersion: '2024-10-21' }, 'responses'],
  ['gemini', {}, 'chat'],
  ['openai-compatible', { baseUrl: 'http://localhost:8000/v1' }, 'chat'],
] as const)('%s %j does not count over %s', (type, config, protocol) => {
  expect(provider(type, config).counts(protocol)).toBe(false)
})

it('Chat has no counting route anywhere', async () => {
  await expect(provider('openai').request(call('chat', 'm', count))).rejects.toMatchObject({
    code: 'not-supported',
  })
})
