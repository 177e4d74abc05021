import type { Effort } from '../ir/request.ts'

/**
 * Facts about a model, data only. Every field has the meaning "what this model accepts or has"; absent means
 * unknown, and an encoder then stays with the protocol's default. The config's `providers.X.models` overrides
 * any field.
 */
export type ModelProfile = {
  readonly family: string
  /** Tokens. */
  readonly contextWindow?: number
  /** Tokens. */
  readonly maxOutputTokens?: number
  /** `with-effort-none`: accepted only when reasoning is off. */
  readonly sampling?: 'all' | 'none' | 'temperature-or-top-p' | 'with-effort-none'
  readonly stopSequences?: boolean
  /** Levels the model takes, weakest first; empty means it has none. */
  readonly efforts?: readonly Effort[]
  readonly thinking?: readonly ('adaptive' | 'enabled' | 'disabled' | 'between-tools')[]
  /** Bounds of Gemini's `thinkingBudget`. Tokens. */
  readonly thinkingBudget?: { readonly least: number; readonly most: number }
  readonly forcedToolChoice?: boolean
  readonly prefill?: boolean
  readonly midConversationSystem?: boolean
  readonly structuredOutput?: boolean
  readonly images?: boolean
  readonly documents?: boolean
  readonly tools?: boolean
  /** Chat refuses tools together with reasoning: use Responses. */
  readonly toolsNeedResponses?: boolean
  /** Chat has no slot for its reasoning, which is lost between the calls of a turn: prefer Responses. */
  readonly reasoningNeedsResponses?: boolean
  /** Tools that are declared but loaded by name later (tool search). */
  readonly deferredTools?: boolean
  /** `prompt_cache_breakpoint` on content parts. */
  readonly cacheBreakpoints?: boolean
  /** The `verbosity` parameter. */
  readonly verbosity?: boolean
  /** Free-form (`custom`) tools. */
  readonly customTools?: boolean
  /** Which of the two names Chat's output limit goes by, wherever the model is hosted. */
  readonly maxTokensField?: 'max_completion_tokens' | 'max_tokens'
  /** Chat: the old name is understood as well, so that a client's own choice may stand. */
  readonly bothTokenLimits?: boolean
  /** Chat: whether reasoning has to come back with the history. */
  readonly reasoningHistory?: 'never' | 'tool-turns' | 'always'
  /** Chat: how a wish about reasoning is spelled. */
  readonly reasoningRequest?: 'effort' | 'thinking' | 'none'
  /** US dollars per million tokens. */
  readonly price?: {
    readonly input: number
    readonly output: number
    readonly cacheRead?: number
    readonly cacheWrite?: number
  }
}
