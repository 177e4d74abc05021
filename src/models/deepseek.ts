import type { ModelProfile } from './profile.ts'
import type { ModelTable } from './table.ts'

// api-docs.deepseek.com: pricing (windows, limits), guides/thinking_mode (efforts, history).

const deepseek = {
  family: 'deepseek',
  contextWindow: 128_000,
  maxOutputTokens: 8192,
  // While thinking it ignores sampling parameters instead of refusing them.
  sampling: 'all',
  stopSequences: true,
  efforts: [],
  forcedToolChoice: true,
  prefill: false,
  structuredOutput: false,
  images: false,
  documents: false,
  tools: true,
  customTools: false,
  verbosity: false,
  maxTokensField: 'max_tokens',
} as const satisfies ModelProfile

/** Assistant turns with tool calls must bring their `reasoning_content` back, even an empty one. */
const thinking = {
  ...deepseek,
  maxOutputTokens: 64_000,
  reasoningHistory: 'tool-turns',
  reasoningRequest: 'thinking',
  efforts: ['none', 'low', 'high', 'max'],
  forcedToolChoice: false,
} as const satisfies ModelProfile

const v4 = { ...thinking, contextWindow: 1_000_000, maxOutputTokens: 384_000 } as const satisfies ModelProfile

export const deepseekModels: ModelTable = {
  deepseek: { ...thinking, maxOutputTokens: 8192 },
  'deepseek-v4': v4,
  'deepseek-flash': v4,
  'deepseek-pro': v4,
  'deepseek-reasoner': { ...thinking, efforts: [], reasoningRequest: 'none' },
  'deepseek-chat': deepseek,
  'deepseek-v3-2': { ...thinking, efforts: [] },
  'deepseek-v3-1': { ...thinking, efforts: [] },
  'deepseek-v3': deepseek,
  // R1 reasons always and wants its reasoning kept out of the history.
  'deepseek-r1': {
    ...deepseek,
    maxOutputTokens: 32_768,
    reasoningHistory: 'never',
    reasoningRequest: 'none',
    forcedToolChoice: false,
  },
  'deepseek-r1-distill': {
    ...deepseek,
    maxOutputTokens: 32_768,
    reasoningHistory: 'never',
    reasoningRequest: 'none',
    tools: false,
  },
}
