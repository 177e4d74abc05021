import type { JsonObject } from '../../ir/json.ts'

/**
 * The Messages wire, as loose as it is met: fields may be absent, null or of tomorrow's type. Decoders read through
 * the narrow readers of `ir/json`; these types are for what the encoders write.
 * Source: platform.claude.com/docs, "Messages", and the types of the official SDK.
 */
export type Block = JsonObject & { readonly type: string }

export type WireMessage = JsonObject & {
  readonly role: 'user' | 'assistant' | 'system'
  readonly content: readonly Block[]
}

export type CacheControl = JsonObject & { readonly type: string; readonly ttl?: string }

export type WireUsage = {
  readonly input_tokens: number
  readonly cache_creation_input_tokens: number
  readonly cache_read_input_tokens: number
  readonly output_tokens: number
} & JsonObject

/** Image types that the API takes. */
export const IMAGE_TYPES: ReadonlySet<string> = new Set([
  'image/jpeg',
  'image/png',
  'image/gif',
  'image/webp',
])

/** The tool that carries a JSON schema where `output_config.format` is unknown; its call is the answer's text. */
export const JSON_OUTPUT_TOOL = 'dragoman_json_output'
