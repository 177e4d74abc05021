import type { ModelProfile } from './profile.ts'
import type { ModelTable } from './table.ts'

// Open models run on many servers, so only what the model itself determines is said here: windows from the model
// cards, and whether its chat template wants earlier reasoning back. What a server accepts is the provider's affair.

const open = {
  sampling: 'all',
  stopSequences: true,
  efforts: [],
  images: false,
  documents: false,
  tools: true,
  customTools: false,
  verbosity: false,
  // Every server of open models knows this name; Mistral on Azure refuses the other with 422.
  maxTokensField: 'max_tokens',
} as const satisfies Partial<ModelProfile>

/** Reasoning between tool calls is part of the template: without it the model forgets its plan. */
const interleaved = { ...open, reasoningHistory: 'tool-turns' } as const satisfies Partial<ModelProfile>

const qwen = { ...open, family: 'qwen', contextWindow: 131_072 } as const satisfies ModelProfile
const llama = { ...open, family: 'llama', contextWindow: 131_072 } as const satisfies ModelProfile
const mistral = { ...open, family: 'mistral', contextWindow: 131_072 } as const satisfies ModelProfile
const kimi = { ...interleaved, family: 'kimi', contextWindow: 262_144 } as const satisfies ModelProfile
const glm = { ...interleaved, family: 'glm', contextWindow: 131_072 } as const satisfies ModelProfile
const phi = {
  ...open,
  family: 'phi',
  contextWindow: 131_072,
  maxOutputTokens: 4096,
} as const satisfies ModelProfile

export const openWeightModels: ModelTable = {
  qwen,
  'qwen-3': { ...qwen, contextWindow: 262_144 },
  'qwen-vl': { ...qwen, images: true },
  'qwen-3-vl': { ...qwen, contextWindow: 262_144, images: true },
  'qwen-3-5': { ...qwen, ...interleaved, contextWindow: 262_144, images: true },
  'qwen-2-5': qwen,
  'qwen-2-5-vl': { ...qwen, images: true },
  qwq: { ...qwen, reasoningHistory: 'never' },

  llama,
  'llama-4': { ...llama, contextWindow: 1_000_000, images: true },
  'llama-3-2-vision': { ...llama, images: true },
  'llama-3': { ...llama, contextWindow: 8192, tools: false },
  'llama-3-1': llama,
  'llama-3-2': llama,
  'llama-3-3': llama,
  'llama-2': { ...llama, contextWindow: 4096, tools: false },

  mistral,
  ministral: mistral,
  mixtral: { ...mistral, contextWindow: 32_768 },
  codestral: { ...mistral, contextWindow: 262_144 },
  devstral: { ...mistral, contextWindow: 262_144 },
  magistral: mistral,
  pixtral: { ...mistral, images: true },
  'mistral-large': { ...mistral, contextWindow: 262_144, images: true },
  'mistral-medium': { ...mistral, images: true },
  'mistral-small': { ...mistral, images: true },

  // Its format carries the reasoning of a tool loop; levels from the model card.
  'gpt-oss': {
    ...interleaved,
    family: 'gpt-oss',
    contextWindow: 131_072,
    efforts: ['low', 'medium', 'high'],
    reasoningRequest: 'effort',
  },

  kimi,
  'kimi-k2': kimi,
  'kimi-k2-5': { ...kimi, images: true },
  glm,
  'glm-4-6': { ...glm, contextWindow: 200_000 },
  'glm-4-7': { ...glm, contextWindow: 200_000 },
  'glm-5': { ...glm, contextWindow: 200_000 },
  'glm-4-5v': { ...glm, images: true },

  phi,
  'phi-4': { ...phi, contextWindow: 16_384, maxOutputTokens: 4096 },
  'phi-4-mini': phi,
  'phi-4-multimodal': { ...phi, images: true },
  'phi-4-reasoning': { ...phi, contextWindow: 32_768, tools: false },

  gemma: { ...open, family: 'gemma', contextWindow: 131_072, images: true },
  minimax: { ...interleaved, family: 'minimax', contextWindow: 200_000 },

  // Not open, but served like them: by its maker and on Azure. docs.x.ai: reasoning refuses stop and penalties.
  grok: { ...open, family: 'grok', contextWindow: 131_072, stopSequences: false, structuredOutput: true },
  'grok-3': { ...open, family: 'grok', contextWindow: 131_072, structuredOutput: true },
  'grok-3-mini': {
    ...open,
    family: 'grok',
    contextWindow: 131_072,
    stopSequences: false,
    structuredOutput: true,
    efforts: ['low', 'high'],
  },
  'grok-4': {
    ...open,
    family: 'grok',
    contextWindow: 256_000,
    stopSequences: false,
    structuredOutput: true,
    images: true,
  },
}
