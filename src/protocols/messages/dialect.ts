import type { Effort } from '../../ir/request.ts'
import type { CommonDialect } from '../protocol.ts'

/** How an upstream that speaks Messages departs from the newest Anthropic API. Each default states its source. */
export type MessagesDialect = CommonDialect & {
  /** Accepts `role: "system"` inside `messages` (Opus 4.8 and later on api.anthropic.com; not Foundry). */
  readonly midConversationSystem: boolean
  /** Thinking modes the model takes; an absent mode is approximated by the nearest that is present. */
  readonly thinking: readonly ('adaptive' | 'enabled' | 'disabled' | 'between-tools')[]
  /** `output_config.effort` levels, weakest first; empty: the model has no such field. */
  readonly efforts: readonly Effort[]
  /** Which of temperature, top_p and top_k are accepted (Claude 4.1+: not both of the first two; 5.x: none). */
  readonly sampling: 'all' | 'temperature-or-top-p' | 'none'
  /** `tool_choice` any/tool accepted. */
  readonly forcedToolChoice: boolean
  /** A trailing assistant turn is continued; newer models refuse it. */
  readonly prefill: boolean
  /** `output_config.format` accepted; otherwise one forced tool carries the schema. */
  readonly structuredOutput: boolean
  /** Used when the client gave no limit; `max_tokens` is obligatory in this protocol. Tokens. */
  readonly defaultMaxTokens: number
  /** Upper bound for `max_tokens`; larger wishes are clamped and reported. Tokens. */
  readonly maxOutputTokens: number | undefined
  /** Sends a top-level automatic `cache_control` when the client set no mark at all. */
  readonly automaticCache: boolean
  /** Fields that the upstream refuses: left out and reported. */
  readonly refusedFields: readonly string[]
  /** Thinking without a signature: api.anthropic.com and Foundry refuse it, some imitations need it. */
  readonly unsignedThinking: 'drop' | 'keep'
  readonly serviceTier: boolean
}

export const messagesDialect: MessagesDialect = {
  midConversationSystem: false,
  thinking: ['adaptive', 'enabled', 'disabled'],
  efforts: ['low', 'medium', 'high', 'max'],
  sampling: 'temperature-or-top-p',
  forcedToolChoice: true,
  prefill: false,
  structuredOutput: true,
  defaultMaxTokens: 32_000,
  maxOutputTokens: undefined,
  automaticCache: true,
  refusedFields: [],
  unsignedThinking: 'drop',
  toolNameLimit: 128,
  maxStops: Infinity,
  // The API: "each stop sequence must contain non-whitespace".
  blankStops: false,
  customTools: false,
  toolNamespaces: false,
  deferredTools: true,
  urlMedia: 'all',
  serviceTier: true,
}
