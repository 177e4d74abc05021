import { describe, expect, it } from 'vitest'
import { Losses } from '../../ir/dropped.ts'
import type { ReasoningConfig } from '../../ir/request.ts'
import { messagesDialect } from './dialect.ts'
import type { MessagesDialect } from './dialect.ts'
import type { ThinkingContext } from './thinking.ts'
import { encodeThinking } from './thinking.ts'

const BUDGETS: Partial<MessagesDialect> = { thinking: ['enabled', 'disabled'], efforts: [] }
const NEWEST: Partial<MessagesDialect> = { thinking: ['adaptive', 'between-tools'], efforts: ['low', 'high'] }
const ALWAYS: Partial<MessagesDialect> = { thinking: ['adaptive'], efforts: ['low', 'medium', 'high'] }

function encode(
  config: ReasoningConfig,
  dialect: Partial<MessagesDialect> = {},
  more: Partial<ThinkingContext> = {},
) {
  const losses = new Losses()
  const context = {
    dialect: { ...messagesDialect, ...dialect },
    losses,
    maxTokens: 32_000,
    ownRequest: false,
    forcedTool: false,
    unthinkingCalls: false,
    ...more,
  }
  return { ...encodeThinking(config, context), losses: losses.list.length }
}

describe('an effort of another protocol', () => {
  it.each([
    ['adaptive thinking', {}, 'medium', { thinking: { type: 'adaptive' }, effort: 'medium' }],
    ['the nearest level there is', {}, 'xhigh', { thinking: { type: 'adaptive' }, effort: 'high' }],
    ['a budget on older models', BUDGETS, 'medium', { thinking: { type: 'enabled', budget_tokens: 8192 } }],
    ['no thinking', {}, 'none', { thinking: { type: 'disabled' } }],
    [
      'the least there is, where thinking cannot stop',
      ALWAYS,
      'none',
      { thinking: { type: 'adaptive' }, effort: 'low' },
    ],
    [
      'thinking between tools at the least effort, where that exists',
      NEWEST,
      'none',
      { thinking: { type: 'between_tools' }, effort: 'low' },
    ],
    ['nothing, where the model has no thinking', { thinking: [], efforts: [] }, 'high', {}],
  ] as const)('becomes %s', (_, dialect, effort, expected) => {
    expect(encode({ effort }, dialect)).toMatchObject(expected)
  })
})

describe('a client’s own mode', () => {
  it('is kept with its budget', () => {
    expect(encode({ mode: 'enabled', budgetTokens: 31_999 }, BUDGETS)).toEqual({
      thinking: { type: 'enabled', budget_tokens: 31_999 },
      losses: 0,
    })
  })

  it('becomes the nearest, its budget an effort', () => {
    expect(encode({ mode: 'enabled', budgetTokens: 4000 }, ALWAYS)).toEqual({
      thinking: { type: 'adaptive' },
      effort: 'medium',
      losses: 1,
    })
    expect(encode({ mode: 'adaptive', effort: 'low' }, BUDGETS)).toMatchObject({
      thinking: { type: 'enabled', budget_tokens: 2048 },
    })
  })

  it('says nothing more than its effort did', () => {
    expect(encode({ effort: 'low' }, {}, { ownRequest: true })).toEqual({ effort: 'low', losses: 0 })
  })

  it('keeps its display; OpenAI’s kinds of summary are one', () => {
    expect(encode({ mode: 'adaptive', display: 'updates' }).thinking).toEqual({
      type: 'adaptive',
      display: 'updates',
    })
    expect(encode({ display: 'detailed' }).thinking).toEqual({ type: 'adaptive', display: 'summarized' })
  })
})

describe('a budget', () => {
  it('leaves room for the answer', () => {
    expect(encode({ mode: 'enabled', budgetTokens: 8000 }, BUDGETS, { maxTokens: 4096 })).toEqual({
      thinking: { type: 'enabled', budget_tokens: 3072 },
      losses: 1,
    })
  })

  it('gives way where there is no room', () => {
    expect(encode({ effort: 'high' }, BUDGETS, { maxTokens: 1500 }).thinking).toEqual({ type: 'disabled' })
  })

  it('is never below the least that the API takes', () => {
    expect(encode({ mode: 'enabled', budgetTokens: 10 }, BUDGETS).thinking).toMatchObject({
      budget_tokens: 1024,
    })
  })
})

describe('thinking by budget gives way', () => {
  it('to a forced tool', () => {
    expect(encode({ effort: 'high' }, BUDGETS, { forcedTool: true }).thinking).toEqual({ type: 'disabled' })
  })

  it('to tool calls that came without thinking, or to adaptive thinking, which minds neither', () => {
    expect(
      encode({ mode: 'enabled', budgetTokens: 2000 }, BUDGETS, { unthinkingCalls: true }).thinking,
    ).toEqual({ type: 'disabled' })
    expect(encode({ mode: 'enabled', budgetTokens: 2000 }, {}, { unthinkingCalls: true }).thinking).toEqual({
      type: 'adaptive',
    })
  })
})
