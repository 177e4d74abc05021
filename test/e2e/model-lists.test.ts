import Anthropic from '@anthropic-ai/sdk'
import OpenAI from 'openai'
import { describe, expect, it } from 'vitest'
import { ask } from '../support/ask.ts'
import { startGateway } from '../support/gateway.ts'

const CONFIG = `
providers:
  azure: { type: azure-openai, endpoint: "$UPSTREAM", apiKey: azure-key-1, models: { big: { family: gpt-5.2 }, plain: { images: false, contextWindow: 5000, maxOutputTokens: 700 } } }
models:
  "claude-opus-*": azure/big
  "*haiku*": azure/plain
  nickname: azure/big
  "*": azure/*
`

describe('model lists', () => {
  it('say what each model can do, in shapes that both SDKs read', async () => {
    const gateway = await startGateway({ config: CONFIG })
    const anthropic = new Anthropic({ baseURL: gateway.url, apiKey: 'any' })
    const opus = await anthropic.models.retrieve('claude-opus-5-5')
    expect(opus.max_input_tokens).toBeGreaterThan(100_000)
    expect(opus.capabilities).toMatchObject({
      image_input: { supported: true },
      effort: { supported: true, high: { supported: true } },
      thinking: { supported: true, types: { adaptive: { supported: true } } },
    })
    const haiku = await anthropic.models.retrieve('claude-haiku-5-5')
    expect(haiku).toMatchObject({ max_input_tokens: 5_000, max_tokens: 700 })
    expect(haiku.capabilities?.image_input.supported).toBe(false)
    const openai = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: 'any' })
    const list = await openai.models.list()
    expect(list.data.find(({ id }) => id === 'azure/plain')).toMatchObject({
      object: 'model',
      owned_by: 'azure',
      context_window: 5_000,
      max_output_tokens: 700,
    })
  })

  it('hold names that Claude Code discovers, for every rule that catches one', async () => {
    const gateway = await startGateway({ config: CONFIG })
    const { json, status } = await ask(`${gateway.url}/v1/models?limit=1000`)
    expect(status).toBe(200)
    const ids: string[] = json.data.map(({ id }: { id: string }) => id)
    expect(ids.filter((id) => id.includes('claude')).toSorted()).toEqual([
      'claude-fable-5-2',
      'claude-haiku-5-5',
      'claude-opus-5-5',
      'claude-sonnet-5-5',
    ])
    expect(ids).toEqual(expect.arrayContaining(['nickname', 'azure/big', 'azure/plain']))
    expect(ids).not.toContain('azure/*')
  })

  it('tell the capabilities of one model alone', async () => {
    const gateway = await startGateway({ config: CONFIG })
    const { json } = await ask(`${gateway.url}/v1/models/azure/plain/capabilities`)
    expect(json).toMatchObject({
      id: 'azure/plain',
      context_window: 5_000,
      max_output_tokens: 700,
      image_input: { supported: false },
      tools: { supported: true },
      reasoning_efforts: [],
    })
  })
})
