import { describe, expect, it } from 'vitest'
import { openaiApi, openaiUrl, parseEndpoint, type Endpoint } from './endpoint.ts'

const azure = (text: string) =>
  parseEndpoint(text, { service: 'azure-openai', field: 'providers.a.endpoint' })
const foundry = (text: string) =>
  parseEndpoint(text, { service: 'azure-foundry', field: 'providers.f.resource' })

describe('an endpoint of Azure OpenAI', () => {
  const acme = 'https://acme.openai.azure.com'

  it.each([
    'acme',
    ' Acme ',
    '"acme"',
    'acme.openai.azure.com',
    acme,
    `${acme}/`,
    `${acme}//`,
    `${acme}/openai`,
    `${acme}/openai/`,
    `${acme}/openai/v1`,
    `${acme}/openai/v1/`,
    `${acme}/openai/v1/chat/completions`,
    `${acme}/openai/v1/responses`,
    `${acme}/openai/v1/models`,
    `${acme}/openai/deployments`,
    `${acme}/v1`,
    `${acme}/openai/models`,
    `${acme}/openai/realtime`,
    `${acme}:443/openai`,
    'https://portal.azure.com/#@t/resource/subscriptions/0-1/resourceGroups/g/providers/Microsoft.CognitiveServices/accounts/acme/overview',
    '/subscriptions/0-1/resourceGroups/g/providers/Microsoft.CognitiveServices/accounts/acme',
  ])('%s is the resource acme', (text) => {
    expect(azure(text)).toEqual({
      kind: 'azure-openai',
      cloud: 'public',
      host: 'acme.openai.azure.com',
      resource: 'acme',
      root: acme,
      openaiBase: `${acme}/openai/v1`,
      anthropicBase: 'https://acme.services.ai.azure.com/anthropic',
    })
  })

  it('gives deployment and version when a deployment URL was pasted', () => {
    expect(
      azure(`${acme}/openai/deployments/gpt-4o%20eu/chat/completions?api-version=2024-10-21`),
    ).toMatchObject({ root: acme, deployment: 'gpt-4o eu', apiVersion: '2024-10-21' })
  })

  it('takes a deployment for a deployment even when it is called openai', () => {
    expect(azure(`${acme}/openai/deployments/openai/chat/completions`)).toMatchObject({
      root: acme,
      deployment: 'openai',
    })
  })

  it('gives the version of other pasted URLs of the OpenAI API', () => {
    expect(azure(`${acme}/openai/responses?api-version=2025-04-01-preview`).apiVersion).toBe(
      '2025-04-01-preview',
    )
    expect(azure(`${acme}/openai/v1?api-version=preview`).apiVersion).toBe('preview')
  })
})

describe('other hosts', () => {
  it.each<[string, Partial<Endpoint>]>([
    [
      'https://acme.cognitiveservices.azure.com/',
      {
        kind: 'cognitive-services',
        resource: 'acme',
        openaiBase: 'https://acme.cognitiveservices.azure.com/openai/v1',
        anthropicBase: 'https://acme.services.ai.azure.com/anthropic',
      },
    ],
    [
      'https://acme.openai.azure.us',
      {
        kind: 'azure-openai',
        cloud: 'us',
        openaiBase: 'https://acme.openai.azure.us/openai/v1',
        anthropicBase: 'https://acme.services.ai.azure.us/anthropic',
      },
    ],
    ['acme.openai.azure.cn', { cloud: 'china', openaiBase: 'https://acme.openai.azure.cn/openai/v1' }],
    [
      'https://mistral-x.eastus2.models.ai.azure.com/v1/chat/completions',
      {
        kind: 'serverless',
        resource: 'mistral-x',
        openaiBase: 'https://mistral-x.eastus2.models.ai.azure.com/v1',
      },
    ],
    [
      'https://acme.azure-api.net/team-a',
      { kind: 'custom', openaiBase: 'https://acme.azure-api.net/team-a/openai/v1' },
    ],
    [
      'https://acme.azure-api.net/openai/openai/v1',
      { kind: 'custom', openaiBase: 'https://acme.azure-api.net/openai/openai/v1' },
    ],
    [
      'https://gateway.example.com:8443/openai/deployments/x?api-version=2024-10-21',
      { kind: 'custom', host: 'gateway.example.com:8443', deployment: 'x', apiVersion: '2024-10-21' },
    ],
    [
      'http://127.0.0.1:9000',
      { kind: 'loopback', root: 'http://127.0.0.1:9000', openaiBase: 'http://127.0.0.1:9000/openai/v1' },
    ],
    [
      'https://swedencentral.api.cognitive.microsoft.com/',
      { kind: 'custom', openaiBase: 'https://swedencentral.api.cognitive.microsoft.com/openai/v1' },
    ],
    [
      'https://acme.privatelink.openai.azure.com/',
      {
        kind: 'azure-openai',
        resource: 'acme',
        openaiBase: 'https://acme.privatelink.openai.azure.com/openai/v1',
      },
    ],
    ['localhost:9000', { kind: 'loopback', root: 'http://localhost:9000' }],
    ['http://[::1]:9000/openai', { kind: 'loopback', root: 'http://[::1]:9000' }],
  ])('%s', (text, expected) => {
    expect(azure(text)).toMatchObject(expected)
  })

  it('that only look like Azure are custom', () => {
    const endpoint = azure('https://acme.openai.azure.com.evil.example')
    expect(endpoint.kind).toBe('custom')
    expect(endpoint).not.toHaveProperty('resource')
  })
})

describe('an endpoint of Foundry', () => {
  const acme = 'https://acme.services.ai.azure.com'

  it.each([
    'acme',
    acme,
    `${acme}/models`,
    `${acme}/models/chat/completions?api-version=2024-05-01-preview`,
    `${acme}/anthropic`,
    `${acme}/anthropic/`,
    `${acme}/anthropic/v1`,
    `${acme}/anthropic/v1/messages`,
    `${acme}/openai/v1/`,
  ])('%s is the resource acme', (text) => {
    expect(foundry(text)).toEqual({
      kind: 'foundry',
      cloud: 'public',
      host: 'acme.services.ai.azure.com',
      resource: 'acme',
      root: acme,
      openaiBase: `${acme}/openai/v1`,
      anthropicBase: `${acme}/anthropic`,
    })
  })

  it.each([`${acme}/api/projects/p`, `${acme}/api/projects/p/`, `${acme}/api/projects/p/openai/v1`])(
    '%s is a project: OpenAI below it, Claude below the resource',
    (text) => {
      expect(foundry(text)).toMatchObject({
        project: 'p',
        root: acme,
        openaiBase: `${acme}/api/projects/p/openai/v1`,
        anthropicBase: `${acme}/anthropic`,
      })
    },
  )
})

describe('what is no endpoint', () => {
  it.each([
    '',
    'two words',
    'ftp://acme',
    'https://',
    'http://acme.openai.azure.com',
    'https://user:pass@acme.test',
  ])('%j is refused by the name of its config key', (text) => {
    expect(() => azure(text)).toThrow(
      expect.objectContaining({ code: 'invalid-request', details: { param: 'providers.a.endpoint' } }),
    )
  })

  it.each(['https://ai.azure.com/resource/overview?wsid=x', 'portal.azure.com', 'https://oai.azure.com/'])(
    '%s is a page for people',
    (text) => {
      expect(() => azure(text)).toThrow(/address of a portal; copy the endpoint/)
    },
  )

  it('is refused without repeating credentials in it', () => {
    expect(() => azure('https://user:hunter2@acme.test')).toThrow(/^(?!.*hunter2)/)
  })
})

describe('the URL of an operation', () => {
  it.each([
    [undefined, '/chat/completions', '/openai/v1/chat/completions'],
    [undefined, '/responses', '/openai/v1/responses'],
    [undefined, '/responses/input_tokens', '/openai/v1/responses/input_tokens'],
    ['v1', '/chat/completions', '/openai/v1/chat/completions'],
    ['preview', '/chat/completions', '/openai/v1/chat/completions?api-version=preview'],
    [
      '2024-10-21',
      '/chat/completions',
      '/openai/deployments/gpt%2F5/chat/completions?api-version=2024-10-21',
    ],
    ['2025-04-01-preview', '/responses', '/openai/responses?api-version=2025-04-01-preview'],
  ] as const)('with api version %s for %s is %s', (version, path, url) => {
    const made = openaiUrl(azure('acme'), openaiApi(version, undefined), path, 'gpt/5')
    expect(made).toBe(`https://acme.openai.azure.com${url}`)
  })

  it('leaves the project out of dated paths, which do not know it', () => {
    const endpoint = foundry('https://acme.services.ai.azure.com/api/projects/p')
    expect(openaiUrl(endpoint, openaiApi('2024-10-21', undefined), '/chat/completions', 'd')).toBe(
      'https://acme.services.ai.azure.com/openai/deployments/d/chat/completions?api-version=2024-10-21',
    )
  })
})
