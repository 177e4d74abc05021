import type { ModelProfile } from './profile.ts'
import type { ModelTable } from './table.ts'

// Windows and limits: developers.openai.com/api/docs/models. Effort levels: the reasoning guide there, and for Azure
// learn.microsoft.com "Azure OpenAI reasoning models", whose feature table also lists the refused parameters.

/** Reasoning models: one name for the output limit, no sampling, no penalties. */
const reasoning = {
  family: 'gpt',
  contextWindow: 400_000,
  maxOutputTokens: 128_000,
  sampling: 'none',
  stopSequences: true,
  efforts: ['low', 'medium', 'high'],
  forcedToolChoice: true,
  prefill: false,
  structuredOutput: true,
  images: true,
  documents: true,
  tools: true,
  customTools: true,
  verbosity: true,
  deferredTools: false,
  cacheBreakpoints: false,
  maxTokensField: 'max_completion_tokens',
  reasoningNeedsResponses: true,
} as const satisfies ModelProfile

const gpt5 = { ...reasoning, efforts: ['minimal', 'low', 'medium', 'high'] } as const satisfies ModelProfile

/** From 5.1 on reasoning can be off, and only then sampling is accepted. */
const gpt5_1 = {
  ...reasoning,
  efforts: ['none', 'low', 'medium', 'high'],
  sampling: 'with-effort-none',
} as const satisfies ModelProfile

const gpt5_2 = {
  ...gpt5_1,
  efforts: ['none', 'low', 'medium', 'high', 'xhigh'],
} as const satisfies ModelProfile

/** From 5.4 on Chat answers tools together with reasoning by 400 "use /v1/responses"; tool search arrived. */
const gpt5_4 = { ...gpt5_2, toolsNeedResponses: true, deferredTools: true } as const satisfies ModelProfile

const gpt5_6 = {
  ...gpt5_4,
  contextWindow: 1_050_000,
  efforts: ['none', 'low', 'medium', 'high', 'xhigh', 'max'],
  cacheBreakpoints: true,
} as const satisfies ModelProfile

/** Variants that only Responses serves, with tools or without. */
const responsesOnly = { toolsNeedResponses: true, sampling: 'none' } as const

const oSeries = {
  ...reasoning,
  family: 'o-series',
  contextWindow: 200_000,
  maxOutputTokens: 100_000,
  customTools: false,
  verbosity: false,
} as const satisfies ModelProfile

/** Models that do not reason. They know both names of the output limit. */
const chat = {
  ...reasoning,
  bothTokenLimits: true,
  contextWindow: 128_000,
  maxOutputTokens: 16_384,
  sampling: 'all',
  efforts: [],
  customTools: false,
  verbosity: false,
  reasoningNeedsResponses: false,
} as const satisfies ModelProfile

const gpt4_1 = { ...chat, contextWindow: 1_047_576, maxOutputTokens: 32_768 } as const satisfies ModelProfile

export const openaiModels: ModelTable = {
  // A gpt of unknown version (`gpt-prod`): no effort, which models that do not reason refuse. Sampling stays, since
  // dropping it would change answers where it works; a model that refuses it says so, and that is learned.
  gpt: { ...chat, bothTokenLimits: false, maxOutputTokens: 16_384 },

  'gpt-6-1-terra': gpt5_6,
  'gpt-6-1-sol': { ...gpt5_6, efforts: ['low', 'medium', 'high', 'xhigh', 'max'], sampling: 'none' },
  // Sources name levels up to xhigh only, and no way to switch reasoning off.
  'gpt-6-astra': { ...gpt5_6, efforts: ['low', 'medium', 'high', 'xhigh'], sampling: 'none' },
  'gpt-6': gpt5_6,
  'gpt-5-6': gpt5_6,
  'gpt-5-5': { ...gpt5_4, contextWindow: 1_050_000 },
  'gpt-5-5-pro': {
    ...gpt5_4,
    ...responsesOnly,
    contextWindow: 1_050_000,
    efforts: ['medium', 'high', 'xhigh'],
  },
  'gpt-5-4': { ...gpt5_4, contextWindow: 1_050_000 },
  'gpt-5-4-pro': {
    ...gpt5_4,
    ...responsesOnly,
    contextWindow: 1_050_000,
    efforts: ['medium', 'high', 'xhigh'],
  },
  'gpt-5-4-mini': gpt5_4,
  'gpt-5-4-nano': gpt5_4,
  'gpt-5-3': gpt5_2,
  'gpt-5-3-codex': { ...gpt5_2, ...responsesOnly, efforts: ['low', 'medium', 'high', 'xhigh'] },
  'gpt-5-2': gpt5_2,
  'gpt-5-2-codex': { ...gpt5_2, ...responsesOnly, efforts: ['low', 'medium', 'high', 'xhigh'] },
  'gpt-5-2-pro': { ...gpt5_2, ...responsesOnly, efforts: ['medium', 'high', 'xhigh'] },
  'gpt-5-1': gpt5_1,
  'gpt-5-1-codex': { ...gpt5_1, ...responsesOnly, efforts: ['low', 'medium', 'high'] },
  'gpt-5-1-codex-max': { ...gpt5_1, ...responsesOnly, efforts: ['low', 'medium', 'high', 'xhigh'] },
  'gpt-5': gpt5,
  'gpt-5-codex': { ...gpt5, ...responsesOnly, efforts: ['low', 'medium', 'high'] },
  'gpt-5-pro': { ...gpt5, ...responsesOnly, maxOutputTokens: 272_000, efforts: ['high'] },
  // The ChatGPT snapshots do not take an effort.
  'gpt-5-chat': chat,
  'gpt-5-1-chat': { ...chat, sampling: 'none' },
  'gpt-5-2-chat': { ...chat, sampling: 'none' },
  'gpt-5-3-chat': { ...chat, sampling: 'none' },

  // o3 and o4-mini refuse `stop`; o1 and o3-mini take it.
  o1: oSeries,
  'o1-pro': { ...oSeries, ...responsesOnly },
  'o1-mini': { ...oSeries, contextWindow: 128_000, maxOutputTokens: 65_536, efforts: [], tools: false },
  'o1-preview': { ...oSeries, contextWindow: 128_000, maxOutputTokens: 32_768, efforts: [], tools: false },
  o3: { ...oSeries, stopSequences: false },
  'o3-mini': { ...oSeries, images: false },
  'o3-pro': { ...oSeries, ...responsesOnly, stopSequences: false },
  'o3-deep-research': { ...oSeries, ...responsesOnly, stopSequences: false },
  'o4-mini': { ...oSeries, stopSequences: false },
  'o4-mini-deep-research': { ...oSeries, ...responsesOnly, stopSequences: false },
  'codex-mini': { ...oSeries, ...responsesOnly, stopSequences: false },

  'gpt-4-1': gpt4_1,
  'gpt-4o': chat,
  'chatgpt-4o': chat,
  'gpt-4-turbo': { ...chat, maxOutputTokens: 4096, structuredOutput: false, documents: false },
  'gpt-4': {
    ...chat,
    contextWindow: 8192,
    maxOutputTokens: 4096,
    structuredOutput: false,
    images: false,
    documents: false,
  },
  'gpt-3-5': {
    ...chat,
    contextWindow: 16_385,
    maxOutputTokens: 4096,
    structuredOutput: false,
    images: false,
    documents: false,
  },

  // Azure picks the model itself, so only what the weakest of its pool accepts is safe.
  'model-router': {
    ...chat,
    family: 'model-router',
    sampling: 'none',
    images: true,
    documents: false,
    stopSequences: false,
  },
}
