import { describe, expect, it } from 'vitest'
import { Losses } from '../../ir/dropped.ts'
import type { ReasoningConfig } from '../../ir/request.ts'
import { geminiDialect } from './dialect.ts'
import type { GeminiDialect } from './dialect.ts'
import { decodeThinking, encodeThinking } from './thinking.ts'

const byLevel = geminiDialect
const byBudget: GeminiDialect = { ...geminiDialect, thinking: 'budget' }
const pro: GeminiDialect = { ...byBudget, thinkingBudget: { least: 128, most: 32_768 } }
const none: GeminiDialect = { ...geminiDialect, thinking: 'none' }

function encode(config: ReasoningConfig, dialect: GeminiDialect) {
  const losses = new Losses()
  const { thinkingConfig } = encodeThinking(config, dialect, losses)
  return { wire: thinkingConfig, reasons: losses.list.map(({ path, reason }) => `${path} ${reason}`) }
}

describe('a wish for thinking', () => {
  it.each<[string, ReasoningConfig, GeminiDialect, object | undefined, string[]]>([
    ['an effort is a level', { effort: 'high' }, byLevel, { thinkingLevel: 'HIGH' }, []],
    [
      'too high an effort is the highest level',
      { effort: 'max' },
      byLevel,
      { thinkingLevel: 'HIGH' },
      ['reasoning.effort approximated'],
    ],
    [
      'a budget is the nearest level',
      { budgetTokens: 8000 },
      byLevel,
      { thinkingLevel: 'MEDIUM' },
      ['reasoning.budget_tokens approximated'],
    ],
    [
      'off is the lowest level',
      { mode: 'disabled' },
      byLevel,
      { thinkingLevel: 'LOW' },
      ['reasoning.effort approximated'],
    ],
    [
      'an effort is a budget',
      { effort: 'low' },
      byBudget,
      { thinkingBudget: 1024 },
      ['reasoning.effort approximated'],
    ],
    [
      'the highest effort is the model’s most',
      { effort: 'max' },
      pro,
      { thinkingBudget: 32_768 },
      ['reasoning.effort approximated'],
    ],
    ['off is no budget', { mode: 'disabled' }, byBudget, { thinkingBudget: 0 }, []],
    [
      'off is the least where it cannot be off',
      { mode: 'disabled' },
      pro,
      { thinkingBudget: 128 },
      ['reasoning.mode approximated'],
    ],
    ['a budget goes as it is', { budgetTokens: 3000 }, byBudget, { thinkingBudget: 3000 }, []],
    [
      'a budget stays within the model’s bounds',
      { budgetTokens: 60_000 },
      byBudget,
      { thinkingBudget: 24_576 },
      ['reasoning.budget_tokens approximated'],
    ],
    ['as the model likes', { mode: 'adaptive' }, byBudget, { thinkingBudget: -1 }, []],
    ['as the model likes is the default of levels', { mode: 'adaptive' }, byLevel, undefined, []],
    [
      'effort wins over budget',
      { effort: 'low', budgetTokens: 9000 },
      byLevel,
      { thinkingLevel: 'LOW' },
      ['reasoning.budget_tokens approximated'],
    ],
    [
      'thoughts are shown to who wants to see them',
      { effort: 'low', display: 'summarized' },
      byLevel,
      { includeThoughts: true, thinkingLevel: 'LOW' },
      [],
    ],
    [
      'thoughts are shown to who switched thinking on',
      { mode: 'enabled', budgetTokens: 2000 },
      byBudget,
      { includeThoughts: true, thinkingBudget: 2000 },
      [],
    ],
    ['a model that does not think', { effort: 'high' }, none, undefined, ['reasoning unsupported']],
    ['a model that does not think is off', { mode: 'disabled' }, none, undefined, []],
  ])('%s', (_, config, dialect, wire, reasons) => {
    expect(encode(config, dialect)).toEqual({ wire, reasons })
  })

  it.each<[object, ReasoningConfig]>([
    [{ thinkingBudget: 0 }, { mode: 'disabled' }],
    [{ thinkingBudget: -1 }, { mode: 'adaptive' }],
    [
      { thinking_level: 'minimal', include_thoughts: true },
      { effort: 'minimal', display: 'auto' },
    ],
    [
      { thinkingBudget: 99, novelty: 1 },
      { budgetTokens: 99, ext: { gemini: { novelty: 1 } } },
    ],
  ])('%j is read', (wire, config) => expect(decodeThinking(wire)).toEqual(config))
})
