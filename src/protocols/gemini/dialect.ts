import type { Effort } from '../../ir/request.ts'
import type { CommonDialect } from '../protocol.ts'

/** What a Gemini model or host takes. Each default is that of the Gemini API with a model of the third generation. */
export type GeminiDialect = CommonDialect & {
  /** `parametersJsonSchema` and `responseJsonSchema`; otherwise schemas are cut down to Google's OpenAPI subset. */
  readonly jsonSchema: boolean
  /** How much to think is said by `thinkingLevel` (3 and later), by `thinkingBudget` (2.5), or not at all. */
  readonly thinking: 'level' | 'budget' | 'none'
  /** Values of `thinkingLevel`, weakest first. */
  readonly efforts: readonly Effort[]
  /** Bounds of `thinkingBudget`. Tokens. */
  readonly thinkingBudget: { readonly least: number; readonly most: number }
  /** From 3 on the first call of every step must carry its signature, or the documented placeholder. */
  readonly thoughtSignatures: 'required' | 'optional'
  /** `id` on calls and their responses; otherwise they are matched by order. */
  readonly callIds: boolean
  /** Images and PDFs inside `functionResponse` (3 and later). */
  readonly multimodalResults: boolean
  /** Google Search or a JSON schema for the answer beside function declarations (3 and later). */
  readonly toolCombinations: boolean
  /** Mode `VALIDATED`, which keeps calls to their schema without forcing any. */
  readonly validatedTools: boolean
  /** Mode `ANY`. */
  readonly forcedToolChoice: boolean
  readonly webSearch: boolean
  /** temperature, topP and topK: ignored by Gemini 4. */
  readonly sampling: 'all' | 'none'
  /** `presencePenalty` and `frequencyPenalty`: refused by Gemini 4. */
  readonly penalties: boolean
  /** `candidateCount` above one: refused by Gemini 4. */
  readonly candidates: boolean
  /** A trailing model turn is continued; Gemini 4 refuses it. */
  readonly prefill: boolean
  readonly serviceTier: boolean
  /** Upper bound for `maxOutputTokens`; larger wishes are clamped and reported. Tokens. */
  readonly maxOutputTokens: number | undefined
  /** Members of the body or of `generationConfig` that the upstream refuses: left out and reported. */
  readonly refusedFields: readonly string[]
}

export const geminiDialect: GeminiDialect = {
  jsonSchema: true,
  thinking: 'level',
  efforts: ['low', 'medium', 'high'],
  thinkingBudget: { least: 0, most: 24_576 },
  thoughtSignatures: 'required',
  callIds: true,
  multimodalResults: true,
  toolCombinations: true,
  validatedTools: true,
  forcedToolChoice: true,
  webSearch: true,
  sampling: 'all',
  penalties: true,
  candidates: true,
  prefill: true,
  serviceTier: true,
  maxOutputTokens: undefined,
  refusedFields: [],
  toolNameLimit: 128,
  maxStops: 5,
  customTools: false,
  toolNamespaces: false,
  deferredTools: false,
  urlMedia: 'none',
  // ai.google.dev, "File input methods": the Files API and YouTube, by reference.
  ownUrls: [
    'https://generativelanguage.googleapis.com/',
    'https://www.youtube.com/',
    'https://m.youtube.com/',
    'https://youtube.com/',
    'https://youtu.be/',
  ],
}
