import Anthropic from '@anthropic-ai/sdk'
import OpenAI from 'openai'
import { describe, expect, test } from 'vitest'
import { ask } from '../../test/support/ask.ts'
import { startServer } from '../../test/support/http-server.ts'
import { modelObject, modelPage, type ListedModel, type ModelListing } from './models.ts'

const MODELS: ModelListing = [
  {
    id: 'claude-opus-5-5',
    displayName: 'Opus on Azure',
    ownedBy: 'azure',
    contextWindow: 400_000,
    maxOutputTokens: 128_000,
    capabilities: { image_input: { supported: true } },
    aliasOf: 'azure/gpt-big',
  },
  { id: 'azure/gpt-big', displayName: 'gpt-big', ownedBy: 'azure' },
  { id: 'ollama/qwen3:8b', displayName: 'Qwen', ownedBy: 'ollama' },
]
const models = () => MODELS
const ids = (page: { data: readonly { id: string }[] }) => page.data.map(({ id }) => id)

describe('the SDKs', () => {
  test('Anthropic’s reads the list page by page', async () => {
    const { url } = await startServer({ models })
    const client = new Anthropic({ baseURL: url, apiKey: 'any' })
    const seen: string[] = []
    for await (const model of client.models.list({ limit: 2 })) seen.push(model.id)
    expect(seen).toEqual(MODELS.map(({ id }) => id))
  })

  test('Anthropic’s reads one model', async () => {
    const { url } = await startServer({ models })
    const model = await new Anthropic({ baseURL: url, apiKey: 'any' }).models.retrieve('claude-opus-5-5')
    expect(model).toMatchObject({
      type: 'model',
      display_name: 'Opus on Azure',
      created_at: '2025-01-01T00:00:00Z',
      max_input_tokens: 400_000,
      max_tokens: 128_000,
      capabilities: { image_input: { supported: true } },
      lifecycle: 'active',
    })
  })

  test('OpenAI’s reads the whole list', async () => {
    const { url } = await startServer({ models, modelEpoch: 1_700_000_000 })
    const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'any' })
    const list = await client.models.list()
    expect(list.data[1]).toMatchObject({ id: 'azure/gpt-big', object: 'model', owned_by: 'azure' })
    expect(new Set(list.data.map((model) => model.created))).toEqual(new Set([1_700_000_000]))
  })

  test('OpenAI’s reads a model whose name has slashes and colons', async () => {
    const { url } = await startServer({ models })
    const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'any' })
    expect((await client.models.retrieve('ollama/qwen3:8b')).id).toBe('ollama/qwen3:8b')
  })
})

describe('pages', () => {
  const many: ModelListing = ['a', 'b', 'c', 'd', 'e'].map((id) => ({ id, displayName: id, ownedBy: 'x' }))
  const page = (query: string) => modelPage(many, query, (model: ListedModel) => modelObject(model))

  test('without a limit everything comes at once', () => {
    expect(page('')).toMatchObject({ object: 'list', has_more: false, first_id: 'a', last_id: 'e' })
    expect(ids(page('?limit=1000'))).toHaveLength(5)
  })

  test('after_id and before_id walk in both directions', () => {
    expect(ids(page('?limit=2&after_id=b'))).toEqual(['c', 'd'])
    expect(page('?limit=2&after_id=b').has_more).toBe(true)
    expect(page('?limit=2&after_id=c').has_more).toBe(false)
    expect(ids(page('?limit=2&before_id=d'))).toEqual(['b', 'c'])
    expect(page('?limit=2&before_id=d').has_more).toBe(true)
    expect(page('?limit=2&before_id=c').has_more).toBe(false)
  })

  test('a cursor that is gone ends the walk', () => {
    expect(page('?after_id=zz')).toMatchObject({ data: [], has_more: false, first_id: null, last_id: null })
    expect(page('?before_id=zz&limit=2')).toMatchObject({ data: [], has_more: false })
  })

  test.each(['?limit=0', '?limit=-1', '?limit=x', '?limit='])('%s is no limit', (query) => {
    expect(ids(page(query))).toHaveLength(5)
  })
})

describe('other routes', () => {
  test('an unknown model is a 404 that lists what exists', async () => {
    const { url } = await startServer({ models })
    const { status, json } = await ask(`${url}/v1/models/gpt-nil`)
    expect(status).toBe(404)
    expect(json.error).toMatchObject({ type: 'not-found', param: 'model' })
    expect(json.error.message).toContain('azure/gpt-big')
  })

  test('a name in another case is found', async () => {
    const { url } = await startServer({ models })
    expect((await ask(`${url}/v1/models/Azure%2FGPT-big`)).json.id).toBe('azure/gpt-big')
  })

  test('capabilities can be asked for alone', async () => {
    const { url } = await startServer({ models })
    const known = await ask(`${url}/v1/models/claude-opus-5-5/capabilities`)
    expect(known.json).toEqual({
      id: 'claude-opus-5-5',
      object: 'model.capabilities',
      image_input: { supported: true },
      context_window: 400_000,
      max_output_tokens: 128_000,
    })
    const unknown = await ask(`${url}/v1/models/azure/gpt-big/capabilities`)
    expect(unknown.json).toMatchObject({ id: 'azure/gpt-big', context_window: null })
  })

  test('deployments are the same models in Azure’s words', async () => {
    const { url } = await startServer({ models })
    const { json } = await ask(`${url}/deployments`)
    expect(json.data[0]).toMatchObject({
      object: 'deployment',
      id: 'claude-opus-5-5',
      model: 'azure/gpt-big',
      status: 'succeeded',
    })
    expect((await ask(`${url}/deployments/azure/gpt-big`)).json.model).toBe('azure/gpt-big')
  })

  test('a reload changes the list', async () => {
    const { url, server } = await startServer({ models })
    server.update({ models: () => [] })
    expect((await ask(`${url}/v1/models`)).json.data).toEqual([])
  })
})
