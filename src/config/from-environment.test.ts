import { describe, expect, it, test } from 'vitest'
import { COMPATIBILITY_NAMES } from './env-names.ts'
import { ConfigError } from './issues.ts'
import { loadConfig } from './load.ts'

type Env = Readonly<Record<string, string>>

function load(env: Env, files: Readonly<Record<string, string>> = {}) {
  const readFile = (path: string) => files[path]
  return loadConfig({ flags: {}, env, cwd: '/project', homedir: '/h', platform: 'linux', readFile }).config
}

const targets = (env: Env, name: string) =>
  load(env)
    .models.find(({ pattern }) => pattern === name)
    ?.steps.flatMap((step) => step.targets)
    .map(({ provider, model }) => `${provider}/${model}`)

const AZURE = { AZURE_OPENAI_ENDPOINT: 'https://acme.openai.azure.com', AZURE_OPENAI_KEY: 'azure-key' }
const FOUNDRY = { FOUNDRY_RESOURCE: 'acme', FOUNDRY_API_KEY: 'foundry-key' }
const OPENAI = { OPENAI_API_KEY: 'openai-key' }
const GEMINI = { GEMINI_API_KEY: 'gemini-key' }
const ANTHROPIC = { ANTHROPIC_API_KEY: 'anthropic-key' }

/** Names that act elsewhere than in the config; the tests that show it. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  AZURE_OPENAI_AUTO_START: 'src/cli/daemon/daemon.test.ts',
}

describe('each name does something:', () => {
  const tested = new Set<string>()
  test.each<[name: string, env: Env, path: string, value: unknown]>([
    ['AZURE_OPENAI_ENDPOINT', AZURE, 'providers.azure.endpoint', 'https://acme.openai.azure.com'],
    ['AZURE_OPENAI_KEY', AZURE, 'providers.azure.apiKey', 'azure-key'],
    [
      'AZURE_OPENAI_API_KEY',
      { AZURE_OPENAI_ENDPOINT: 'a', AZURE_OPENAI_API_KEY: 'other' },
      'providers.azure.apiKey',
      'other',
    ],
    ['no key', { AZURE_OPENAI_ENDPOINT: 'a' }, 'providers.azure.apiKey', 'client'],
    [
      'AZURE_OPENAI_APIVERSION',
      { ...AZURE, AZURE_OPENAI_APIVERSION: '2024-10-21' },
      'providers.azure.apiVersion',
      '2024-10-21',
    ],
    [
      'AZURE_OPENAI_API_VERSION',
      { ...AZURE, AZURE_OPENAI_API_VERSION: '2024-10-21' },
      'providers.azure.apiVersion',
      '2024-10-21',
    ],
    [
      'AZURE_API_VERSION',
      { ...AZURE, AZURE_API_VERSION: '2024-10-21' },
      'providers.azure.apiVersion',
      '2024-10-21',
    ],
    [
      'OPENAI_API_VERSION',
      { ...AZURE, OPENAI_API_VERSION: '2024-10-21' },
      'providers.azure.apiVersion',
      '2024-10-21',
    ],
    [
      'AZURE_OPENAI_RESPONSES_APIVERSION',
      { ...AZURE, AZURE_OPENAI_RESPONSES_APIVERSION: '2025-03-01' },
      'providers.azure.responsesApiVersion',
      '2025-03-01',
    ],
    ['FOUNDRY_RESOURCE', FOUNDRY, 'providers.foundry.resource', 'acme'],
    ['FOUNDRY_API_KEY', FOUNDRY, 'providers.foundry.apiKey', 'foundry-key'],
    [
      'ANTHROPIC_FOUNDRY_RESOURCE',
      { ANTHROPIC_FOUNDRY_RESOURCE: 'b', FOUNDRY_API_KEY: 'k1' },
      'providers.foundry.resource',
      'b',
    ],
    [
      'ANTHROPIC_FOUNDRY_API_KEY',
      { FOUNDRY_RESOURCE: 'b', ANTHROPIC_FOUNDRY_API_KEY: 'k1' },
      'providers.foundry.apiKey',
      'k1',
    ],
    [
      'ANTHROPIC_FOUNDRY_BASE_URL',
      { ANTHROPIC_FOUNDRY_BASE_URL: 'https://b.services.ai.azure.com/anthropic', FOUNDRY_API_KEY: 'k1' },
      'providers.foundry.baseUrl',
      'https://b.services.ai.azure.com/anthropic',
    ],
    [
      'ANTHROPIC_APIVERSION',
      { ...FOUNDRY, ANTHROPIC_APIVERSION: '2023-01-01' },
      'providers.foundry.anthropicVersion',
      '2023-01-01',
    ],
    ['OPENAI_API_KEY', OPENAI, 'providers.openai.apiKey', 'openai-key'],
    ['GEMINI_API_KEY', GEMINI, 'providers.gemini.apiKey', 'gemini-key'],
    ['ANTHROPIC_API_KEY', ANTHROPIC, 'providers.anthropic.apiKey', 'anthropic-key'],
    [
      'CUSTOM_HEADER_*',
      { ...AZURE, CUSTOM_HEADER_X_TEAM: 'red' },
      'providers.azure.headers',
      { 'X-TEAM': 'red' },
    ],
    ['HOST', { ...AZURE, HOST: 'localhost' }, 'server.host', 'localhost'],
    ['PORT', { ...AZURE, PORT: '1234' }, 'server.port', 1234],
    [
      'AZURE_OPENAI_PROXY_ADDRESS',
      { ...AZURE, AZURE_OPENAI_PROXY_ADDRESS: 'localhost:11437' },
      'server',
      expect.objectContaining({ host: 'localhost', port: 11437 }),
    ],
    ['LOG_LEVEL', { ...AZURE, LOG_LEVEL: 'WARNING' }, 'log.level', 'warn'],
    ['DEBUG', { ...AZURE, DEBUG: 'true' }, 'log.level', 'debug'],
    ['PROXY_DEBUG', { ...AZURE, PROXY_DEBUG: '1' }, 'log.level', 'debug'],
    ['somebody else’s DEBUG', { ...AZURE, DEBUG: 'express:*' }, 'log.level', 'info'],
    [
      'REQUEST_TIMEOUT',
      { ...AZURE, REQUEST_TIMEOUT: '90' },
      'timeouts',
      { connect: 10_000, firstByte: 90_000, idle: 90_000 },
    ],
    ['MAX_RETRIES', { ...AZURE, MAX_RETRIES: '5' }, 'retries', 5],
    [
      'MAX_TOKENS_LIMIT',
      { ...AZURE, MAX_TOKENS_LIMIT: '4096' },
      'models.0.steps.0.targets.0.maxOutputTokens',
      4096,
    ],
    [
      'MIN_TOKENS_LIMIT',
      { ...AZURE, MIN_TOKENS_LIMIT: '512' },
      'models.0.steps.0.targets.0.minOutputTokens',
      512,
    ],
    [
      'AZURE_OPENAI_MODELS_APIVERSION',
      { ...AZURE, AZURE_OPENAI_MODELS_APIVERSION: '2022-12-01' },
      'providers.azure.modelsApiVersion',
      '2022-12-01',
    ],
    [
      'AZURE_AI_STUDIO_DEPLOYMENTS',
      { AZURE_AI_STUDIO_DEPLOYMENTS: 'Phi=Phi-x:eastus2' },
      'providers.phi',
      expect.objectContaining({ endpoint: 'https://Phi-x.eastus2.models.ai.azure.com', apiKey: 'client' }),
    ],
    [
      'AZURE_OPENAI_KEY_*',
      { AZURE_AI_STUDIO_DEPLOYMENTS: 'phi-4=Phi-x:eastus2', AZURE_OPENAI_KEY_PHI_4: 'phi-key' },
      'providers.phi-4.apiKey',
      'phi-key',
    ],
    [
      'AZURE_OPENAI_PROXY_MODE',
      { ...AZURE, AZURE_OPENAI_PROXY_MODE: 'openai' },
      'providers',
      { openai: expect.objectContaining({ type: 'openai', apiKey: 'client', anyPath: true }) },
    ],
    [
      'OPENAI_API_ENDPOINT',
      { AZURE_OPENAI_PROXY_MODE: 'openai', OPENAI_API_ENDPOINT: 'https://eu.api.openai.com' },
      'providers.openai.baseUrl',
      'https://eu.api.openai.com/v1',
    ],
    [
      'OPENAI_BASE_URL',
      { OPENAI_BASE_URL: 'http://localhost:1/v1' },
      'providers.openai.baseUrl',
      'http://localhost:1/v1',
    ],
    ['BIG_MODEL', { ...OPENAI, BIG_MODEL: 'gpt-big' }, 'models.2.steps.0.targets.0.model', 'gpt-big'],
    ['MIDDLE_MODEL', { ...OPENAI, MIDDLE_MODEL: 'gpt-mid' }, 'models.1.steps.0.targets.0.model', 'gpt-mid'],
    ['SMALL_MODEL', { ...OPENAI, SMALL_MODEL: 'gpt-small' }, 'models.0.steps.0.targets.0.model', 'gpt-small'],
    [
      'PREFERRED_PROVIDER',
      { ...OPENAI, ...GEMINI, PREFERRED_PROVIDER: 'google' },
      'models.0.steps.0.targets.0.provider',
      'gemini',
    ],
    ['CLAUDE_MODEL', { ...FOUNDRY, CLAUDE_MODEL: 'mine' }, 'models.0.steps.0.targets.0.model', 'mine'],
    [
      'AZURE_OPENAI_MODEL_MAPPER',
      { ...AZURE, AZURE_OPENAI_MODEL_MAPPER: 'gpt-4=four' },
      'models.0.steps.0.targets.0.model',
      'four',
    ],
  ])('%s', (name, env, path, value) => {
    tested.add(name)
    const found = path
      .split('.')
      .reduce<unknown>((at, step) => (at as Record<string, unknown> | undefined)?.[step], load(env))
    expect(found).toEqual(value)
  })

  it('none is documented without being tested', () => {
    const documented = COMPATIBILITY_NAMES.flatMap(({ names }) => names)
    expect(documented.filter((name) => !tested.has(name) && ELSEWHERE[name] === undefined)).toEqual([])
  })

  it('says which name a value came from, without showing it', () => {
    const { origins, source } = load({ ...OPENAI, PORT: '1' })
    expect(source).toBe('environment')
    expect(origins).toMatchObject({
      'server.port': 'env PORT',
      'providers.openai.apiKey': 'env OPENAI_API_KEY',
    })
  })

  it('counts for nothing beside a file', () => {
    const { server, providers } = load({ ...AZURE, PORT: '1' }, { '/project/dragoman.yaml': 'retries: 1' })
    expect([server.port, Object.keys(providers)]).toEqual([8082, []])
  })

  it('is refused by name when its value is wrong', () => {
    expect(() => load({ ...AZURE, REQUEST_TIMEOUT: 'soon' })).toThrow(
      /^env REQUEST_TIMEOUT: timeouts\.firstByte/,
    )
    expect(() => load({ OPENAI_API_KEY: 'sk-...' })).toThrow(/^env OPENAI_API_KEY: .*placeholder/)
    expect(() => load({ ...AZURE, HOST: '0.0.0.0' })).toThrow(
      /^env HOST: server\.host: listens to other machines/,
    )
  })
})

const provider = (url: string, more: Env = {}) => load({ ...OPENAI, OPENAI_BASE_URL: url, ...more }).providers

describe('OPENAI_BASE_URL', () => {
  it('is OpenAI’s own, an Azure resource, or a compatible server', () => {
    expect(provider('https://api.openai.com/v1').openai).toMatchObject({
      type: 'openai',
      baseUrl: 'https://api.openai.com/v1',
    })
    const deployment = 'https://acme.openai.azure.com/openai/deployments/gpt-4o'
    expect(provider(deployment).azure).toMatchObject({
      type: 'azure-openai',
      endpoint: deployment,
      apiKey: 'openai-key',
    })
    expect(provider('http://localhost:11434/v1').openai).toMatchObject({ type: 'openai-compatible' })
  })

  it('stands beside AZURE_OPENAI_ENDPOINT when both are on Azure', () => {
    expect(Object.keys(provider('https://b.services.ai.azure.com', AZURE))).toEqual(['azure', 'openai'])
  })

  it('needs no key', () => {
    expect(load({ OPENAI_BASE_URL: 'http://localhost:1/v1' }).providers.openai).not.toHaveProperty('apiKey')
  })
})

describe('models', () => {
  const sizes = { BIG_MODEL: 'gpt-big', MIDDLE_MODEL: 'gpt-mid', SMALL_MODEL: 'gpt-small' }

  it('become big, middle and small', () => {
    const env = { ...OPENAI, ...sizes }
    expect(targets(env, '*opus*')).toEqual(['openai/gpt-big'])
    expect(targets(env, '*sonnet*')).toEqual(['openai/gpt-mid'])
    expect(targets(env, '*haiku*')).toEqual(['openai/gpt-small'])
    expect(targets(env, 'claude*')).toEqual(['openai/gpt-big'])
    expect(targets(env, '*')).toEqual(['openai/*'])
  })

  it('take BIG_MODEL for sonnet when there is no MIDDLE_MODEL', () => {
    expect(targets({ ...OPENAI, BIG_MODEL: 'gpt-big' }, '*sonnet*')).toEqual(['openai/gpt-big'])
  })

  it('fall back to the other providers in the order openai, google, azure, anthropic', () => {
    const env = { ...ANTHROPIC, ...AZURE, ...GEMINI, ...OPENAI, ...sizes }
    expect(targets(env, '*opus*')).toEqual([
      'openai/gpt-big',
      'gemini/gemini-2.5-pro',
      'azure/gpt-big',
      'anthropic/*',
    ])
    const google = { ...env, PREFERRED_PROVIDER: 'google', BIG_MODEL: 'gemini-3' }
    expect(targets(google, '*opus*')).toEqual(['gemini/gemini-3', 'openai/gpt-4.1', 'anthropic/*'])
    expect(targets({ ...env, PREFERRED_PROVIDER: 'azure' }, '*opus*')?.[0]).toBe('azure/gpt-big')
    expect(targets({ ...env, PREFERRED_PROVIDER: 'anthropic' }, '*haiku*')?.[0]).toBe('anthropic/*')
  })

  it('go to the provider that their prefix names', () => {
    const env = { ...OPENAI, ...GEMINI, BIG_MODEL: 'gemini/gemini-3', SMALL_MODEL: 'openai/gpt-x' }
    expect(targets(env, '*opus*')).toEqual(['openai/gpt-4.1', 'gemini/gemini-3'])
    expect(targets(env, '*haiku*')).toEqual(['openai/gpt-x', 'gemini/gemini-2.5-flash'])
  })

  it('keep a slash that names no provider', () => {
    const env = {
      OPENAI_BASE_URL: 'https://router.example/v1',
      OPENAI_API_KEY: 'k1',
      BIG_MODEL: 'meta/llama',
    }
    expect(targets(env, '*opus*')).toEqual(['openai/meta/llama'])
  })

  it('all go to CLAUDE_MODEL on Foundry', () => {
    const { models } = load({ ...FOUNDRY, CLAUDE_MODEL: 'my-claude' })
    expect(models).toEqual([
      { pattern: '*', steps: [{ targets: [{ provider: 'foundry', model: 'my-claude' }] }] },
    ])
  })

  it('follow AZURE_OPENAI_MODEL_MAPPER before anything else, in lower case', () => {
    const { models } = load({ ...AZURE, AZURE_OPENAI_MODEL_MAPPER: 'GPT-4=four, gpt-4o = omni' })
    expect(models.slice(0, 2)).toEqual([
      { pattern: 'gpt-4', steps: [{ targets: [{ provider: 'azure', model: 'four' }] }] },
      { pattern: 'gpt-4o', steps: [{ targets: [{ provider: 'azure', model: 'omni' }] }] },
    ])
  })

  it('warn when the preferred provider is not there', () => {
    expect(load({ ...OPENAI, PREFERRED_PROVIDER: 'google' }).warnings.join()).toMatch(
      /google, which is not set up/,
    )
  })
})

describe('a provider that is only half there', () => {
  it('is an error that names what is missing when there is no other', () => {
    expect(() => load({ FOUNDRY_RESOURCE: 'acme' })).toThrow(ConfigError)
    expect(() => load({ FOUNDRY_RESOURCE: 'acme' })).toThrow(
      'FOUNDRY_RESOURCE is set, but FOUNDRY_API_KEY is not',
    )
    expect(() => load({ AZURE_OPENAI_KEY: 'k1' })).toThrow(
      'AZURE_OPENAI_KEY is set, but AZURE_OPENAI_ENDPOINT is not',
    )
  })

  it('is a warning beside another', () => {
    expect(load({ ...OPENAI, FOUNDRY_API_KEY: 'k1' }).warnings.join()).toMatch(
      /FOUNDRY_RESOURCE.* is not: it is not used/,
    )
  })
})

describe('ANTHROPIC_API_KEY in Claude Code’s own session', () => {
  const session = { CLAUDECODE: '1' }

  it('is ignored beside another provider, with a warning', () => {
    const { providers, warnings } = load({ ...AZURE, ...ANTHROPIC, ...session })
    expect(Object.keys(providers)).toEqual(['azure'])
    expect(warnings.join()).toMatch(/Claude Code's own and was ignored/)
  })

  it('counts when it is the only one, or stands in .env', () => {
    expect(Object.keys(load({ ...ANTHROPIC, ...session }).providers)).toEqual(['anthropic'])
    const dotenv = { '/project/.env': 'ANTHROPIC_API_KEY=mine-1' }
    expect(Object.keys(load({ ...AZURE, ...session }, dotenv).providers)).toEqual(['azure', 'anthropic'])
  })
})

describe('serverless deployments', () => {
  const env = {
    ...AZURE,
    AZURE_AI_STUDIO_DEPLOYMENTS: 'mistral-large-2407=Mistral-abc:eastus2, phi=Phi-x:westus',
    'AZURE_OPENAI_KEY_MISTRAL-LARGE-2407': 'key-of-mistral',
  }

  it('are reached by their names, each with its own key', () => {
    expect(targets(env, 'mistral-large-2407')).toEqual(['mistral-large-2407/mistral-large-2407'])
    expect(targets(env, 'phi')).toEqual(['phi/phi'])
    const { providers } = load(env)
    expect(providers['mistral-large-2407']).toMatchObject({ apiKey: 'key-of-mistral' })
    expect(providers.phi).toMatchObject({ apiKey: 'client' })
    expect(targets(env, '*')).toEqual(['azure/*'])
  })

  it('work without anything else, and say what is malformed', () => {
    const { models } = load({ AZURE_AI_STUDIO_DEPLOYMENTS: 'phi=Phi-x:westus' })
    expect(models.map(({ pattern }) => pattern)).toEqual(['phi'])
    expect(load({ ...AZURE, AZURE_AI_STUDIO_DEPLOYMENTS: 'phi=Phi-x' }).warnings.join()).toMatch(
      /"phi=Phi-x", which is not name=Deployment:region/,
    )
  })
})

it('AZURE_OPENAI_PROXY_MODE takes azure and openai alone', () => {
  expect(load({ ...AZURE, AZURE_OPENAI_PROXY_MODE: 'azure' }).providers).toHaveProperty('azure')
  expect(load({ ...AZURE, AZURE_OPENAI_PROXY_MODE: 'x' }).warnings.join()).toMatch(/neither azure nor openai/)
  expect(load({ ...OPENAI, AZURE_OPENAI_PROXY_MODE: 'openai' }).providers.openai?.apiKey).toBe('openai-key')
})
