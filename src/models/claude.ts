import type { ModelProfile } from './profile.ts'
import type { ModelTable } from './table.ts'

// Windows, output limits and thinking modes: platform.claude.com/docs, models overview and the page of each model.
// Effort levels: platform.claude.com/docs, "Effort". What is refused (forced tools, sampling, prefill): the
// migration guides there, and where they are silent, what users of the models reported (Foundry among them).

/** True of every Claude that still answers. */
const claude = {
  family: 'claude',
  tools: true,
  images: true,
  documents: true,
  stopSequences: true,
} as const satisfies ModelProfile

/** Up to 4.5: thinking by budget, sampling while not thinking, trailing assistant turns continued. */
const byBudget = {
  ...claude,
  contextWindow: 200_000,
  maxOutputTokens: 64_000,
  thinking: ['enabled', 'disabled'],
  efforts: [],
  // Since 4.1 temperature and top_p exclude each other.
  sampling: 'temperature-or-top-p',
  forcedToolChoice: true,
  prefill: true,
  midConversationSystem: false,
  structuredOutput: true,
  deferredTools: false,
} as const satisfies ModelProfile

const v4 = {
  ...byBudget,
  maxOutputTokens: 32_000,
  sampling: 'all',
  structuredOutput: false,
} as const satisfies ModelProfile

const v4_6 = {
  ...byBudget,
  contextWindow: 1_000_000,
  maxOutputTokens: 128_000,
  thinking: ['adaptive', 'enabled', 'disabled'],
  efforts: ['low', 'medium', 'high', 'max'],
  prefill: false,
  deferredTools: true,
} as const satisfies ModelProfile

/** From 4.7 on: no budgets (reports conflict for 4.7; refused is the safe reading), no sampling. */
const v4_7 = {
  ...v4_6,
  thinking: ['adaptive', 'disabled'],
  efforts: ['low', 'medium', 'high', 'xhigh', 'max'],
  sampling: 'none',
} as const satisfies ModelProfile

/** From Opus 4.8 on `role: "system"` may stand among the messages (not on every host). */
const v4_8 = { ...v4_7, midConversationSystem: true } as const satisfies ModelProfile

/** Thinks whether asked or not, and refuses a forced tool because that would forbid it. */
const alwaysThinking = {
  ...v4_8,
  thinking: ['adaptive'],
  forcedToolChoice: false,
} as const satisfies ModelProfile

export const claudeModels: ModelTable = {
  // A Claude of unknown version: what all of 4.6 and later accept.
  claude: {
    ...v4_7,
    contextWindow: 200_000,
    maxOutputTokens: 64_000,
    thinking: ['adaptive'],
    efforts: ['low', 'medium', 'high'],
    forcedToolChoice: false,
  },
  opus: alwaysThinking,
  sonnet: alwaysThinking,
  // 4.5 and 5.5 are both in use and share neither thinking nor efforts.
  haiku: { ...byBudget, thinking: [], sampling: 'none', prefill: false },
  fable: alwaysThinking,
  mythos: alwaysThinking,

  'opus-5-5': alwaysThinking,
  'sonnet-5-5': { ...alwaysThinking, thinking: ['adaptive', 'between-tools'] },
  // Thinking can be disabled at efforts up to `high`.
  'haiku-5-5': v4_8,
  'fable-5-2': alwaysThinking,
  'fable-5-1': alwaysThinking,
  'mythos-5-2': alwaysThinking,
  'mythos-5-1': alwaysThinking,
  // Sources conflict about forced tools on fable-5; refused is the safe reading.
  'fable-5': alwaysThinking,
  'mythos-5': alwaysThinking,
  'opus-5': v4_8,
  'sonnet-5': v4_8,
  'opus-4-8': v4_8,
  'opus-4-7': v4_7,
  'opus-4-6': v4_6,
  'sonnet-4-6': v4_6,
  'opus-4-5': { ...byBudget, efforts: ['low', 'medium', 'high'], deferredTools: true },
  'sonnet-4-5': { ...byBudget, deferredTools: true },
  'haiku-4-5': byBudget,
  'opus-4-1': { ...byBudget, maxOutputTokens: 32_000 },
  'opus-4': v4,
  'sonnet-4': { ...v4, maxOutputTokens: 64_000 },
  // Anthropic's aliases for the two above.
  'opus-4-0': v4,
  'sonnet-4-0': { ...v4, maxOutputTokens: 64_000 },
  'sonnet-3-7': { ...byBudget, sampling: 'all', structuredOutput: false },
  'sonnet-3-5': {
    ...byBudget,
    maxOutputTokens: 8192,
    thinking: [],
    sampling: 'all',
    structuredOutput: false,
  },
  'haiku-3-5': { ...byBudget, maxOutputTokens: 8192, thinking: [], sampling: 'all', structuredOutput: false },
  'opus-3': { ...byBudget, maxOutputTokens: 4096, thinking: [], sampling: 'all', structuredOutput: false },
  'haiku-3': { ...byBudget, maxOutputTokens: 4096, thinking: [], sampling: 'all', structuredOutput: false },
}
