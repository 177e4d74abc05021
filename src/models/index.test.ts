import { describe, expect, it } from 'vitest'
import { EFFORTS } from '../ir/effort.ts'
import { claudeModels } from './claude.ts'
import { deepseekModels } from './deepseek.ts'
import { geminiModels } from './gemini.ts'
import { priceOf, profileOf } from './index.ts'
import { openWeightModels } from './open-weights.ts'
import { openaiModels } from './openai.ts'
import type { ModelProfile } from './profile.ts'
import { words } from './table.ts'

const tables = { claudeModels, openaiModels, geminiModels, deepseekModels, openWeightModels }

describe('profiles by name', () => {
  it.each<[string, Partial<ModelProfile>]>([
    // Claude
    [
      'claude-sonnet-5-5',
      { thinking: ['adaptive', 'between-tools'], forcedToolChoice: false, sampling: 'none' },
    ],
    ['claude-opus-5-5', { thinking: ['adaptive'], forcedToolChoice: false, maxOutputTokens: 128_000 }],
    ['claude-fable-5-2', { thinking: ['adaptive'], forcedToolChoice: false }],
    ['claude-haiku-5-5', { thinking: ['adaptive', 'disabled'], forcedToolChoice: true }],
    ['claude-opus-5', { thinking: ['adaptive', 'disabled'], forcedToolChoice: true }],
    ['claude-opus-4-8', { midConversationSystem: true, contextWindow: 1_000_000 }],
    ['claude-sonnet-4-0', { thinking: ['enabled', 'disabled'], maxOutputTokens: 64_000, sampling: 'all' }],
    ['claude-opus-4-7', { midConversationSystem: false, sampling: 'none', prefill: false }],
    [
      'claude-sonnet-4-6',
      { efforts: ['low', 'medium', 'high', 'max'], maxOutputTokens: 128_000, prefill: false },
    ],
    [
      'claude-sonnet-4-5-20250929',
      { thinking: ['enabled', 'disabled'], efforts: [], maxOutputTokens: 64_000 },
    ],
    ['claude-opus-4-1-20250805', { maxOutputTokens: 32_000 }],
    ['acme/claude-sonnet-4-5', { family: 'claude', prefill: true }],
    ['claude-3-7-sonnet-20250219', { family: 'claude', structuredOutput: false }],
    ['claude-prod', { family: 'claude', thinking: ['adaptive'], sampling: 'none', forcedToolChoice: false }],
    ['claude-opus-7', { family: 'claude', contextWindow: 1_000_000, sampling: 'none' }],
    ['claude-haiku', { family: 'claude', thinking: [], efforts: [] }],
    // OpenAI
    ['gpt-5', { efforts: ['minimal', 'low', 'medium', 'high'], sampling: 'none' }],
    ['my-gpt-5-deployment', { family: 'gpt', maxTokensField: 'max_completion_tokens' }],
    ['gpt-5-mini-2025-08-07', { efforts: ['minimal', 'low', 'medium', 'high'] }],
    ['gpt-5.1', { efforts: ['none', 'low', 'medium', 'high'], sampling: 'with-effort-none' }],
    ['gpt-5.2', { efforts: ['none', 'low', 'medium', 'high', 'xhigh'] }],
    ['gpt-5.4', { toolsNeedResponses: true, cacheBreakpoints: false }],
    ['gpt-5.4-mini', { toolsNeedResponses: true, contextWindow: 400_000 }],
    ['gpt-5.6-sol', { efforts: ['none', 'low', 'medium', 'high', 'xhigh', 'max'], cacheBreakpoints: true }],
    ['gpt-6.1-sol', { efforts: ['low', 'medium', 'high', 'xhigh', 'max'], toolsNeedResponses: true }],
    ['gpt-5-codex', { toolsNeedResponses: true, efforts: ['low', 'medium', 'high'] }],
    ['gpt-4o-mini', { sampling: 'all', efforts: [], maxOutputTokens: 16_384 }],
    ['gpt-41', { contextWindow: 1_047_576 }],
    ['o3', { stopSequences: false, sampling: 'none' }],
    ['o3-mini', { stopSequences: true, sampling: 'none' }],
    ['o4-mini', { stopSequences: false, efforts: ['low', 'medium', 'high'] }],
    ['gpt-big', { family: 'gpt', efforts: [], sampling: 'all' }],
    ['model-router', { family: 'model-router', efforts: [] }],
    // Others
    ['gemini-4-pro', { sampling: 'none', prefill: false }],
    ['google/gemini-3.8-flash', { efforts: ['minimal', 'low', 'medium', 'high'] }],
    ['deepseek-v4-pro', { family: 'deepseek', reasoningHistory: 'tool-turns', reasoningRequest: 'thinking' }],
    ['DeepSeek-R1-0528', { reasoningHistory: 'never', forcedToolChoice: false }],
    ['openai/gpt-oss-120b', { family: 'gpt-oss', reasoningHistory: 'tool-turns' }],
    ['qwen3-coder:30b', { family: 'qwen', maxTokensField: 'max_tokens' }],
    ['meta-llama/Llama-3.3-70B-Instruct', { family: 'llama', tools: true }],
    ['Mistral-Large-3', { family: 'mistral', maxTokensField: 'max_tokens' }],
    ['moonshotai/Kimi-K2-Thinking', { family: 'kimi' }],
    ['glm-4.6', { family: 'glm', contextWindow: 200_000 }],
    ['Phi-4-mini-instruct', { family: 'phi' }],
    ['grok-4-fast-reasoning', { family: 'grok', stopSequences: false }],
  ])('%s', (model, expected) => {
    expect(profileOf(model)).toMatchObject(expected)
  })

  it('claims nothing about a name that it does not know', () => {
    expect(profileOf('assistant-prod')).toEqual({ family: 'unknown', efforts: [] })
  })

  it('lets the config override any field', () => {
    expect(profileOf('claude-sonnet-4-5', { contextWindow: 1_000_000 })).toMatchObject({
      family: 'claude',
      contextWindow: 1_000_000,
      maxOutputTokens: 64_000,
    })
  })

  it('takes the facts of the model that the config names as the family', () => {
    const { price, ...facts } = profileOf('prod', { family: 'gpt-5.4', images: false })
    expect(facts).toMatchObject({ family: 'gpt', toolsNeedResponses: true, images: false })
    expect(price).toEqual(priceOf('gpt-5.4'))
  })

  it('keeps a family that is in no table', () => {
    expect(profileOf('prod', { family: 'acme' }).family).toBe('acme')
  })
})

describe('the tables', () => {
  const entries = Object.values(tables).flatMap((table) => Object.entries(table))

  it('know each name once', () => {
    expect(new Set(entries.map(([key]) => key)).size).toBe(entries.length)
  })

  it.each(entries)('%s is found under its own name, with efforts weakest first', (key, facts) => {
    expect(words(key)).toBe(`-${key}-`)
    expect(profileOf(key)).toMatchObject(facts)
    const ranks = (facts.efforts ?? []).map((effort) => EFFORTS.indexOf(effort))
    expect(ranks).toEqual(ranks.toSorted((a, b) => a - b))
  })
})

describe('prices', () => {
  it.each([
    ['claude-opus-5-5', { input: 4, output: 20, cacheRead: 0.4, cacheWrite: 5 }],
    ['anthropic/claude-haiku-4.5', { input: 1, output: 5, cacheRead: 0.1, cacheWrite: 1.25 }],
    ['gpt-5-mini', { input: 0.25, output: 2, cacheRead: 0.025 }],
    ['gpt-6.1-sol', { input: 2, output: 10, cacheRead: 0.1, cacheWrite: 2.5 }],
  ])('%s', (model, price) => {
    expect(priceOf(model)).toEqual(price)
    expect(profileOf(model).price).toEqual(price)
  })

  it.each(['gpt-5.4-pro', 'gpt-5.9', 'o1-mini', 'claude-prod', 'anything'])(
    '%s has no known price',
    (model) => {
      expect(priceOf(model)).toBeUndefined()
    },
  )
})
