import type { JsonObject } from '../../ir/json.ts'

// What Dragoman writes in this protocol. What it reads is loose JSON, read through narrow readers.
// Source: platform.openai.com/docs/api-reference/completions.

export type CompletionUsage = JsonObject & {
  readonly prompt_tokens: number
  readonly completion_tokens: number
  readonly total_tokens: number
}

export type CompletionFinishReason = 'stop' | 'length' | 'content_filter'

export type CompletionChoice = {
  readonly text: string
  readonly index: number
  readonly logprobs: JsonObject | null
  readonly finish_reason: CompletionFinishReason | null
  /** Azure's. */
  readonly content_filter_results?: JsonObject
}

/** What `max_tokens` is when a client does not say. Tokens. */
export const DEFAULT_MAX_TOKENS = 16
