import type { JsonObject } from '../../ir/json.ts'

/**
 * The generateContent wire, as loose as it is met: fields may be absent, null, or spelled in snake_case. Decoders read
 * through the narrow readers of `ir/json`; these types are for what the encoders write.
 * Source: ai.google.dev/api/generate-content, and the types of the official SDK.
 */
export type WirePart = JsonObject

export type WireContent = JsonObject & {
  readonly role: 'user' | 'model'
  readonly parts: readonly WirePart[]
}

export type WireUsage = {
  readonly promptTokenCount: number
  readonly cachedContentTokenCount?: number
  readonly candidatesTokenCount: number
  readonly thoughtsTokenCount?: number
  readonly totalTokenCount: number
} & JsonObject

/**
 * What Google documents for a call whose signature is lost (a history of another model, or trimmed): without any the
 * request is refused from Gemini 3 on.
 */
export const SKIP_SIGNATURE = 'skip_thought_signature_validator'

/** What `functionResponse.parts` takes; other media follow the responses as parts of the turn. */
export const RESULT_MEDIA: ReadonlySet<string> = new Set([
  'image/png',
  'image/jpeg',
  'image/webp',
  'application/pdf',
  'text/plain',
])
