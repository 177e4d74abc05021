import type { JsonObject } from '../../ir/json.ts'

// What Dragoman writes in this protocol. What it reads is loose JSON, read through narrow readers.

/** An item of a request's `input` or of an answer's `output`. */
export type ResponsesItem = JsonObject & { readonly type: string }

/** A part of a message's content or of a tool's output. */
export type ResponsesContentPart = JsonObject & { readonly type: string }

/** An event of a stream, before it is numbered. */
export type ResponsesEvent = JsonObject & { readonly type: string }

export type ResponsesUsage = {
  readonly input_tokens: number
  readonly input_tokens_details: { readonly cached_tokens: number; readonly cache_write_tokens?: number }
  readonly output_tokens: number
  readonly output_tokens_details: { readonly reasoning_tokens: number }
  readonly total_tokens: number
}

export type ResponsesStatus = 'in_progress' | 'completed' | 'incomplete' | 'failed'

export type UrlCitation = {
  readonly type: 'url_citation'
  readonly start_index: number
  readonly end_index: number
  readonly url: string
  readonly title: string
}
