import type { JsonObject } from '../../ir/json.ts'

// What Dragoman writes in this protocol. What it reads is loose JSON, read through narrow readers.

export type ChatContentPart = JsonObject & { readonly type: string }

export type ChatToolCall = {
  readonly id: string
  readonly type: 'function' | 'custom'
  readonly function?: { readonly name: string; readonly arguments: string }
  readonly custom?: { readonly name: string; readonly input: string }
  readonly extra_content?: JsonObject
}

/** A message of a request. */
export type ChatMessage = JsonObject & {
  readonly role: 'system' | 'developer' | 'user' | 'assistant' | 'tool'
  readonly content: string | null | readonly ChatContentPart[]
}

export type ChatUsage = {
  readonly prompt_tokens: number
  readonly completion_tokens: number
  readonly total_tokens: number
  readonly prompt_tokens_details: { readonly cached_tokens: number; readonly cache_write_tokens?: number }
  readonly completion_tokens_details: { readonly reasoning_tokens: number }
}

export type ChatFinishReason = 'stop' | 'length' | 'tool_calls' | 'function_call' | 'content_filter'
