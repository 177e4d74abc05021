import { expect, it } from 'vitest'
import { parseConfig } from '../config/load.ts'
import { addressesOf } from './addresses.ts'

const addresses = (provider: string, env = {}) =>
  addressesOf(parseConfig(`providers: { p: { ${provider}, apiKey: key-1234567890 } }`, env))[0]

const acme = 'https://acme.openai.azure.com'
const foundry = 'https://acme.services.ai.azure.com'

it.each([
  [
    'type: azure-openai, endpoint: acme',
    'endpoint: acme',
    { chat: `${acme}/openai/v1/chat/completions`, responses: `${acme}/openai/v1/responses` },
  ],
  [
    `type: azure-openai, endpoint: "${acme}/openai/deployments/old/chat/completions?api-version=2025-04-01-preview"`,
    `endpoint: ${acme}/openai/deployments/old/chat/completions?api-version=2025-04-01-preview`,
    {
      chat: `${acme}/openai/deployments/{deployment}/chat/completions?api-version=2025-04-01-preview`,
      responses: `${acme}/openai/responses?api-version=2025-04-01-preview`,
    },
  ],
  [
    `type: azure-foundry, endpoint: "${foundry}/api/projects/p/"`,
    `endpoint: ${foundry}/api/projects/p/`,
    {
      chat: `${foundry}/api/projects/p/openai/v1/chat/completions`,
      responses: `${foundry}/api/projects/p/openai/v1/responses`,
      messages: `${foundry}/anthropic/v1/messages`,
    },
  ],
  [
    'type: azure-foundry, endpoint: llama.eastus.models.ai.azure.com',
    'endpoint: llama.eastus.models.ai.azure.com',
    { chat: 'https://llama.eastus.models.ai.azure.com/v1/chat/completions' },
  ],
  [
    'type: openai-compatible, baseUrl: "https://a.example/v1?key=hunter2hunter2"',
    'baseUrl: https://a.example/v1?key=…',
    {
      chat: 'https://a.example/v1/chat/completions?key=…',
      responses: 'https://a.example/v1/responses?key=…',
      messages: 'https://a.example/v1/messages?key=…',
    },
  ],
] as const)('%s', (provider, written, urls) => {
  const shown = addresses(provider)
  expect(`${shown?.written?.key}: ${shown?.written?.text}`).toBe(written)
  expect(shown?.urls).toEqual(urls)
})

it('says nothing of an address that nobody wrote, and which proxy stands before it', () => {
  expect(addresses('type: gemini', { HTTPS_PROXY: 'http://me:hunter2@proxy.example:3128' })).toEqual({
    provider: 'p',
    urls: {
      chat: 'https://generativelanguage.googleapis.com/v1beta/openai/chat/completions',
      gemini: 'https://generativelanguage.googleapis.com/v1beta/models/{model}:streamGenerateContent?alt=sse',
    },
    proxy: 'http://…@proxy.example:3128/',
  })
})
