import { describe, expect, it } from 'vitest'
import { chatDialect } from '../protocols/chat/dialect.ts'
import { presetAt, presetNamed, presets } from './presets.ts'
import { readUrl } from './url.ts'

describe('presets', () => {
  it.each(Object.entries(presets))('%s is found by its name, with a usable address', (name, preset) => {
    expect(readUrl(preset.baseUrl, name).pathname).not.toMatch(/.\/$/)
    expect(presetNamed(name)?.baseUrl).toBe(preset.baseUrl)
  })

  it.each(Object.entries(presets))('%s departs only in fields that the dialect has', (_, preset) => {
    expect(Object.keys(chatDialect)).toEqual(expect.arrayContaining(Object.keys(preset.chat)))
  })

  it.each([
    ['LM Studio', 'lmstudio'],
    ['llamacpp', 'llama.cpp'],
    ['github_models', 'github-models'],
  ])('are found by name whatever its punctuation: %s', (written, name) => {
    expect(presetNamed(written)?.name).toBe(name)
  })

  it.each(
    Object.entries(presets).filter(
      ([, preset]) => preset.keyVariable !== undefined && preset.hosts[0] !== 'litellm',
    ),
  )('%s is recognised by its address', (name, preset) => {
    expect(presetAt(new URL(preset.baseUrl))?.name).toBe(name)
  })

  it.each([
    ['http://192.168.0.9:11434/v1', 'ollama'],
    ['http://ollama:80/v1', 'ollama'],
    ['https://us-east-1.api.x.ai/v1', 'xai'],
    ['http://localhost:8000/v1', undefined],
    ['https://api.deepseek.com.evil.test', undefined],
    ['https://llm.example.com:11434', undefined],
  ])('%s is %s', (url, name) => {
    expect(presetAt(new URL(url))?.name).toBe(name)
  })
})
