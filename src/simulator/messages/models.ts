import type { Call } from '../surface.ts'

/** What a Claude model refuses. Source: the vendor's model pages and error messages. */
export type ClaudeModel = {
  readonly thinking: readonly ('adaptive' | 'enabled' | 'disabled' | 'between_tools')[]
  readonly forcedToolChoice: boolean
  readonly sampling: 'all' | 'one' | 'none'
  /** `output_config.effort` values; empty: the model has none. */
  readonly efforts: readonly string[]
  readonly prefill: boolean
  readonly midConversationSystem: boolean
  /** Thinking is bound to the model that made it. */
  readonly boundThinking: boolean
  /** Tokens. */
  readonly maxOutput: number
}

const old: ClaudeModel = {
  thinking: ['enabled', 'disabled'],
  forcedToolChoice: true,
  sampling: 'one',
  efforts: [],
  prefill: true,
  midConversationSystem: false,
  boundThinking: false,
  maxOutput: 64_000,
}

const recent: ClaudeModel = {
  ...old,
  thinking: ['adaptive', 'enabled', 'disabled'],
  efforts: ['low', 'medium', 'high', 'max'],
  prefill: false,
  maxOutput: 128_000,
}

const current: ClaudeModel = {
  ...recent,
  thinking: ['adaptive', 'disabled'],
  sampling: 'none',
  efforts: ['low', 'medium', 'high', 'xhigh', 'max'],
  midConversationSystem: true,
}

const newest: ClaudeModel = {
  ...current,
  thinking: ['adaptive'],
  forcedToolChoice: false,
  boundThinking: true,
}

const FAMILIES: readonly (readonly [RegExp, ClaudeModel])[] = [
  [/sonnet-5-5/, { ...newest, thinking: ['adaptive', 'between_tools'] }],
  [/haiku-5-5/, { ...current, boundThinking: true }],
  [/opus-5-5|fable-5|mythos-5/, newest],
  [/(?:opus|sonnet|haiku)-5/, current],
  [/opus-4-8/, current],
  [/opus-4-7/, { ...current, midConversationSystem: false }],
  [/(?:opus|sonnet)-4-6/, recent],
  [/opus-4-5/, { ...old, efforts: ['low', 'medium', 'high'] }],
  [/(?:opus|sonnet|haiku)-4-[1-5]/, old],
  [/opus-4/, { ...old, sampling: 'all', maxOutput: 32_000 }],
  [/sonnet-4/, { ...old, sampling: 'all' }],
  [/claude-3/, { ...old, sampling: 'all', maxOutput: 8192 }],
]

/** The facts of a model by its name; one that is no Claude name is taken for a recent model. */
export function claudeModel(name: string): ClaudeModel {
  return FAMILIES.find(([pattern]) => pattern.test(name))?.[1] ?? recent
}

/** Who signs a call's thinking: the account, and for newer models the model too. */
export function issuerOf(call: Pick<Call, 'rules' | 'model'>): string {
  return claudeModel(call.model).boundThinking ? `${call.rules.account} ${call.model}` : call.rules.account
}
