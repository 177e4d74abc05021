import type { ModelProfile } from './profile.ts'
import type { ModelTable } from './table.ts'

// ai.google.dev/gemini-api/docs: models, thinking, "What's new" of each generation.

const gemini = {
  family: 'gemini',
  contextWindow: 1_048_576,
  maxOutputTokens: 65_536,
  sampling: 'all',
  stopSequences: true,
  efforts: ['low', 'medium', 'high'],
  forcedToolChoice: true,
  prefill: true,
  structuredOutput: true,
  images: true,
  documents: true,
  tools: true,
} as const satisfies ModelProfile

/** 2.5 thinks by a budget in tokens; the levels stand for budgets, and all but Pro can switch it off. */
const v2_5 = {
  ...gemini,
  thinking: ['enabled', 'disabled'],
  thinkingBudget: { least: 0, most: 24_576 },
} as const satisfies ModelProfile

/** From 3 on `thinkingLevel` replaces the budget. */
const flash3 = { ...gemini, thinking: ['adaptive'], efforts: ['minimal', 'low', 'medium', 'high'] } as const
const pro3 = { ...gemini, thinking: ['adaptive'] } as const satisfies ModelProfile

/** 4 refuses budgets, MINIMAL, penalties, several candidates and a trailing model turn, and ignores sampling. */
const v4 = { ...pro3, sampling: 'none', prefill: false } as const satisfies ModelProfile

export const geminiModels: ModelTable = {
  gemini: { ...v4, maxOutputTokens: 65_536 },
  'gemini-4': v4,
  'gemini-3': pro3,
  'gemini-3-flash': flash3,
  'gemini-3-1-pro': pro3,
  'gemini-3-1-flash-lite': flash3,
  'gemini-3-5-flash': flash3,
  'gemini-3-6-flash': flash3,
  'gemini-3-7-flash': flash3,
  'gemini-3-8-flash': flash3,
  'gemini-2-5': { ...v2_5, efforts: ['none', 'low', 'medium', 'high'] },
  'gemini-2-5-pro': { ...v2_5, thinking: ['enabled'], thinkingBudget: { least: 128, most: 32_768 } },
  'gemini-2-0': { ...gemini, maxOutputTokens: 8192, thinking: [], efforts: [] },
}
