import { expect, it } from 'vitest'
import { parseConfig } from '../../config/load.ts'
import { listUpstreamModels } from './list.ts'

type Answers = Readonly<Record<string, unknown>>

/** A network that knows these addresses, and what was asked of it. */
function network(answers: Answers) {
  const asked: { url: string; headers: Headers }[] = []
  const fetch = (async (input: string, init: RequestInit) => {
    asked.push({ url: input, headers: new Headers(init.headers) })
    const body = answers[input]
    return body === undefined
      ? Response.json({ error: { message: 'not here' } }, { status: 404 })
      : Response.json(body)
  }) as typeof globalThis.fetch
  const credential = async () => ({ getToken: async () => ({ token: 'entra-token', expiresOnTimestamp: 0 }) })
  return { asked, deps: { fetch, credential } }
}

const provider = (fields: string) => {
  const found = parseConfig(`providers: { p: { ${fields} } }`).providers.p
  if (found === undefined) throw new Error('no provider')
  return found
}

it.each([
  ['openai', 'type: openai, apiKey: k-12345678', 'https://api.openai.com/v1/models', 'authorization'],
  [
    'a compatible server',
    'type: openai-compatible, baseUrl: "http://localhost:11434/v1"',
    'http://localhost:11434/v1/models',
    undefined,
  ],
  [
    'anthropic',
    'type: anthropic, apiKey: k-12345678',
    'https://api.anthropic.com/v1/models?limit=1000',
    'x-api-key',
  ],
])('asks %s beside where it sends requests', async (_, fields, url, header) => {
  const { asked, deps } = network({ [url]: { data: [{ id: 'a' }, { id: 'b' }, { id: 'a' }] } })
  expect(await listUpstreamModels(provider(fields), deps)).toEqual({
    ok: true,
    models: [{ name: 'a' }, { name: 'b' }],
  })
  if (header !== undefined) expect(asked[0]?.headers.get(header)).toContain('k-12345678')
})

it('reads Gemini’s names', async () => {
  const url = 'https://generativelanguage.googleapis.com/v1beta/models?pageSize=1000'
  const { deps } = network({ [url]: { models: [{ name: 'models/gemini-3' }] } })
  expect(await listUpstreamModels(provider('type: gemini, apiKey: k-12345678'), deps)).toEqual({
    ok: true,
    models: [{ name: 'gemini-3' }],
  })
})

it('asks an Azure resource for its deployments, by the version that lists them', async () => {
  const data = [{ id: 'mine', model: 'gpt-5.2' }]
  const { deps, asked } = network({
    'https://acme.openai.azure.com/openai/deployments?api-version=2022-12-01': { data },
    'https://acme.openai.azure.com/openai/deployments?api-version=2023-05-15': { data: [] },
  })
  const fields = 'type: azure-openai, endpoint: acme, apiKey: k-12345678'
  expect(await listUpstreamModels(provider(fields), deps)).toEqual({
    ok: true,
    models: [{ name: 'mine', model: 'gpt-5.2' }],
  })
  expect(asked[0]?.headers.get('api-key')).toBe('k-12345678')
  const dated = provider(`${fields}, modelsApiVersion: "2023-05-15"`)
  expect(await listUpstreamModels(dated, deps)).toEqual({ ok: true, models: [] })
})

it('finds a resource in any subscription, with Entra', async () => {
  const manager = 'https://management.azure.com'
  const account = '/subscriptions/two/resourceGroups/g/providers/Microsoft.CognitiveServices/accounts/Acme'
  const accounts = (subscription: string) =>
    `${manager}/subscriptions/${subscription}/providers/Microsoft.CognitiveServices/accounts?api-version=2024-10-01`
  const { deps, asked } = network({
    [`${manager}/subscriptions?api-version=2022-12-01`]: {
      value: [{ subscriptionId: 'one' }, { subscriptionId: 'two' }],
    },
    [accounts('two')]: { value: [{ name: 'other' }, { name: 'Acme', id: account }] },
    [`${manager}${account}/deployments?api-version=2024-10-01`]: {
      value: [{ name: 'big', properties: { model: { name: 'gpt-5.2' } } }],
    },
  })
  expect(await listUpstreamModels(provider('type: azure-openai, endpoint: acme, auth: entra'), deps)).toEqual(
    {
      ok: true,
      models: [{ name: 'big', model: 'gpt-5.2' }],
    },
  )
  expect(asked.every(({ headers }) => headers.get('authorization') === 'Bearer entra-token')).toBe(true)
})

it('says why there is no list', async () => {
  const { deps } = network({})
  expect(await listUpstreamModels(provider('type: openai, apiKey: k-12345678'), deps)).toEqual({
    ok: false,
    reason: 'api.openai.com answered 404: not here',
  })
})
