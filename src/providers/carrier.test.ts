import { describe, expect, test } from 'vitest'
import { provider } from '../../test/support/provider.ts'
import type { CarryCall } from './carrier.ts'
import type { ProviderConfig } from './config.ts'

const line = (type: ProviderConfig['type'], config: object, call: Partial<CarryCall> = {}) =>
  provider(type, config).carrier?.request({
    operation: 'embeddings',
    path: '/embeddings',
    query: '',
    model: 'my model',
    clientHeaders: {},
    ...call,
  })
const url = async (...args: Parameters<typeof line>) => (await line(...args))?.url

const v1 = { endpoint: 'https://acme.openai.azure.com' }
const dated = { ...v1, apiVersion: '2024-10-21', responsesApiVersion: '2025-04-01-preview' }
const files = { operation: 'files', path: '/files/file-1' } as const
const stored = { operation: 'stored-responses', path: '/responses/resp_1' } as const

describe('addresses', () => {
  test.each([
    ['azure-openai', v1, {}, 'https://acme.openai.azure.com/openai/v1/embeddings'],
    [
      'azure-openai',
      { ...v1, apiVersion: 'preview' },
      {},
      'https://acme.openai.azure.com/openai/v1/embeddings?api-version=preview',
    ],
    [
      'azure-openai',
      dated,
      {},
      'https://acme.openai.azure.com/openai/deployments/my%20model/embeddings?api-version=2024-10-21',
    ],
    [
      'azure-openai',
      dated,
      files,
      'https://acme.openai.azure.com/openai/files/file-1?api-version=2024-10-21',
    ],
    [
      'azure-openai',
      dated,
      stored,
      'https://acme.openai.azure.com/openai/responses/resp_1?api-version=2025-04-01-preview',
    ],
    ['azure-openai', { baseUrl: 'http://127.0.0.1:1/x' }, files, 'http://127.0.0.1:1/x/files/file-1'],
    [
      'azure-openai',
      { endpoint: 'https://x.eastus.models.ai.azure.com' },
      {},
      'https://x.eastus.models.ai.azure.com/v1/embeddings',
    ],
    [
      'azure-foundry',
      { resource: 'acme' },
      files,
      'https://acme.services.ai.azure.com/openai/v1/files/file-1',
    ],
    ['openai', {}, files, 'https://api.openai.com/v1/files/file-1'],
    ['openai-compatible', { baseUrl: 'http://localhost:1/v1' }, {}, 'http://localhost:1/v1/embeddings'],
  ] as const)('%s %j', async (type, config, call, expected) => {
    expect(await url(type, config, call)).toBe(expected)
  })

  test('the client’s parameters go along but never replace the provider’s', async () => {
    const query = '?limit=2&after=a%2Fb&include[]=x&include[]=y&api-version=1999'
    const address = new URL((await url('azure-openai', dated, { ...files, query })) ?? '')
    expect([...address.searchParams]).toEqual([
      ['api-version', '2024-10-21'],
      ['limit', '2'],
      ['after', 'a/b'],
      ['include[]', 'x'],
      ['include[]', 'y'],
    ])
  })

  test('a deployment’s path cannot be made without a model', async () => {
    const { model: _, ...call } = {
      operation: 'speech' as const,
      path: '/audio/speech',
      query: '',
      model: '',
      clientHeaders: {},
    }
    await expect(provider('azure-openai', dated).carrier?.request(call)).rejects.toMatchObject({
      code: 'invalid-request',
      details: { param: 'model' },
    })
  })
})

describe('headers', () => {
  test('hold the provider’s credentials, the body’s type and nothing of the client’s identity', async () => {
    const clientHeaders = { authorization: 'Bearer c', cookie: 'c', accept: 'audio/*', 'openai-beta': 'b' }
    const sent = await line('azure-openai', v1, {
      clientHeaders,
      contentType: 'multipart/form-data; boundary=b',
    })
    expect(sent?.headers).toEqual({
      'api-key': 'k',
      accept: 'audio/*',
      'openai-beta': 'b',
      'content-type': 'multipart/form-data; boundary=b',
    })
  })

  test('name no type where there is no body', async () => {
    expect((await line('openai', {}, files))?.headers).toEqual({ authorization: 'Bearer k' })
  })
})

describe('any path', () => {
  const anywhere = { operation: 'any-path', path: '/v1/new/a%20b/', query: '?include[]=x&model=m' } as const

  test.each([
    [{}, 'https://api.openai.com/v1/new/a%20b/?include[]=x&model=m'],
    [
      { baseUrl: 'https://llm.example/openai/v1/' },
      'https://llm.example/openai/v1/new/a%20b/?include[]=x&model=m',
    ],
    [
      { baseUrl: 'https://llm.example/openai' },
      'https://llm.example/openai/v1/new/a%20b/?include[]=x&model=m',
    ],
  ])('of the client follows the host: %j', async (config, expected) => {
    expect(await url('openai', { ...config, anyPath: true }, anywhere)).toBe(expected)
  })

  test.each([
    ['another key', { anyPath: true }, {}],
    ['the client’s own key', { anyPath: true, apiKey: 'client' }, { 'openai-organization': 'org' }],
  ])('takes the client’s headers along, but for connection and identity: %s', async (_, config, extra) => {
    const clientHeaders = {
      host: 'localhost',
      connection: 'Keep-Alive, X-Hop',
      'x-hop': '1',
      'transfer-encoding': 'chunked',
      authorization: 'Bearer c',
      'x-api-key': 'c',
      cookie: 'c',
      'openai-organization': 'org',
      'x-forwarded-for': '10.0.0.1',
      'x-dragoman-target': 'openai',
      'sec-fetch-mode': 'cors',
      'content-type': 'application/x-ndjson',
      'content-encoding': 'gzip',
      'x-novelty': 'n',
    }
    const sent = await line('openai', config, { ...anywhere, clientHeaders, clientKey: 'c' })
    expect(sent?.headers).toEqual({
      authorization: `Bearer ${'apiKey' in config ? 'c' : 'k'}`,
      'content-type': 'application/x-ndjson',
      'content-encoding': 'gzip',
      'x-novelty': 'n',
      ...extra,
    })
  })

  test.each([
    ['openai', { anyPath: true }, true],
    ['openai', {}, false],
    ['openai-compatible', { baseUrl: 'http://localhost:1/v1' }, false],
    ['azure-openai', v1, false],
  ] as const)('%s %j: %s', (type, config, expected) => {
    expect(provider(type, config).carrier?.has('any-path')).toBe(expected)
  })
})

describe('what a provider has', () => {
  test.each([
    ['openai', {}, true, true],
    ['openai-compatible', { baseUrl: 'http://localhost:1/v1' }, true, true],
    ['azure-openai', v1, true, false],
    ['azure-foundry', { resource: 'acme' }, true, false],
    ['azure-openai', { endpoint: 'https://x.eastus.models.ai.azure.com' }, false, false],
  ] as const)('%s %j: files %s, moderations %s', (type, config, hasFiles, hasModerations) => {
    const { carrier } = provider(type, config)
    expect(carrier?.has('embeddings')).toBe(true)
    expect(carrier?.has('files')).toBe(hasFiles)
    expect(carrier?.has('moderation')).toBe(hasModerations)
  })

  test.each(['anthropic', 'gemini'] as const)('%s has none of it', (type) => {
    expect(provider(type).carrier).toBeUndefined()
  })
})

describe('the list of deployments', () => {
  const entra = { ...v1, auth: 'entra', subscription: 's-1', resourceGroup: 'my group' }

  test('is asked of Azure Resource Manager with a token for it', async () => {
    expect(await provider('azure-openai', entra).inventory?.()).toEqual({
      url: 'https://management.azure.com/subscriptions/s-1/resourceGroups/my%20group/providers/Microsoft.CognitiveServices/accounts/acme/deployments?api-version=2024-10-01',
      headers: { authorization: 'Bearer https://management.azure.com/.default' },
    })
    const china = provider('azure-foundry', { ...entra, endpoint: 'https://acme.services.ai.azure.cn' })
    expect((await china.inventory?.())?.url).toMatch(/^https:\/\/management\.chinacloudapi\.cn\//)
  })

  test.each([
    ['a key', { ...entra, auth: 'key' }],
    ['no subscription', { ...entra, subscription: undefined }],
    ['no resource group', { ...entra, resourceGroup: undefined }],
    ['an endpoint that does not tell the resource', { ...entra, endpoint: 'https://proxy.example.com' }],
  ])('is not to be had with %s', (_, config) => {
    expect(provider('azure-openai', config).inventory).toBeUndefined()
  })
})
