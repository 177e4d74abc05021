import { describe, expect, it } from 'vitest'
import { bestMatch, words } from './table.ts'

describe('the words of a model name', () => {
  it.each([
    ['gpt-5.4-mini', '-gpt-5-4-mini-'],
    ['my-GPT-5-deployment', '-my-gpt-5-deployment-'],
    ['acme/claude-sonnet-4.5', '-acme-claude-sonnet-4-5-'],
    ['anthropic.claude-sonnet-4-5-20250929-v1:0', '-anthropic-claude-sonnet-4-5-20250929-v1-0-'],
    ['claude-3-7-sonnet@20250219', '-claude-sonnet-3-7-20250219-'],
    ['claude-4.5-haiku', '-claude-haiku-4-5-'],
    ['gpt5', '-gpt-5-'],
    ['gpt-35-turbo', '-gpt-3-5-turbo-'],
    ['gpt-41', '-gpt-4-1-'],
    ['gpt-4o', '-gpt-4o-'],
    ['llama3.1:8b', '-llama-3-1-8b-'],
    ['_prod_', '-prod-'],
  ])('%s becomes %s', (model, expected) => {
    expect(words(model)).toBe(expected)
  })
})

describe('the best match', () => {
  const table = { gpt: 'any', 'gpt-5': 'five', 'gpt-5-4': 'five four', o3: 'o3' }

  it.each([
    ['gpt-5.4', 'five four'],
    ['gpt-5-2025-08-07', 'five'],
    ['team-gpt-5-prod', 'five'],
    ['o3', 'o3'],
    ['o3-2', 'o3'],
    ['gpt-o3', 'o3'],
    ['foo3', undefined],
    ['', undefined],
  ])('of %s is %s', (model, expected) => {
    expect(bestMatch(table, model)).toBe(expected)
  })

  it('takes an unknown minor version for another model', () => {
    expect(bestMatch(table, 'gpt-5.9')).toBe('any')
  })
})
