import type { Effort } from '../../ir/request.ts'
import type { CommonDialect } from '../protocol.ts'

/**
 * How an upstream that speaks Responses departs from OpenAI's own. Each default is OpenAI's, from the API reference
 * (developers.openai.com/api/reference, "Create a model response") unless another source is named. Fields that the Chat
 * dialect has too are named alike: one set of facts about a model serves both.
 */
export type ResponsesDialect = CommonDialect & {
  /** What system turns in the input are called; some compatible servers know one of the two only. */
  readonly systemRole: 'system' | 'developer' | 'as-given'
  /** `reasoning.effort` levels, weakest first; empty: the model does not reason. */
  readonly efforts: readonly Effort[]
  /** `reasoning.summary`; a model without it still reasons, unread. */
  readonly reasoningSummary: boolean
  /** `include: ["reasoning.encrypted_content"]`, without which stateless reasoning is lost after each turn. */
  readonly encryptedReasoning: boolean
  /**
   * Whether readable reasoning that nobody sealed goes back, as `reasoning_text`. OpenAI reads sealed reasoning only;
   * DeepSeek and others that serve open models want the text (`tool-turns`: on turns with calls).
   */
  readonly reasoningHistory: 'never' | 'tool-turns' | 'always'
  /** `with-effort-none`: gpt-5.1+ accepts sampling parameters only when reasoning is off. */
  readonly sampling: 'all' | 'temperature-or-top-p' | 'with-effort-none' | 'none'
  readonly structuredOutput: 'schema' | 'json-object' | 'none'
  readonly parallelToolCalls: boolean
  readonly forcedToolChoice: boolean
  /** `strict` on function tools. */
  readonly strictTools: boolean
  /** Tools may have a description that says nothing. */
  readonly emptyDescriptions: boolean
  readonly images: boolean
  /** `input_file` parts. */
  readonly files: boolean
  /** `input_audio` parts: the type exists, but no public model is known to take it here. */
  readonly audio: boolean
  /** The hosted `web_search` tool. */
  readonly webSearch: boolean
  /** What carries the end user's identity; `user` is the deprecated name that older Azure versions know. */
  readonly userField: 'safety_identifier' | 'user' | 'none'
  readonly promptCacheKey: boolean
  /** `prompt_cache_breakpoint` on content parts (gpt-5.6+; guide "Prompt caching"). */
  readonly cacheBreakpoints: boolean
  readonly serviceTier: boolean
  /** `text.verbosity` (gpt-5+). */
  readonly verbosity: boolean
  readonly metadata: boolean
  /** Conversations held by the upstream: `store`, `previous_response_id`, `conversation`. */
  readonly storedConversations: boolean
  /** Lower bound for the output limit: less is a 400. Tokens. */
  readonly minOutputTokens: number
  /** Upper bound for the output limit; larger wishes are clamped and reported. Tokens. */
  readonly maxOutputTokens: number | undefined
  /** A trailing assistant turn is continued rather than taken as history. */
  readonly prefill: boolean
  /** Fields that the upstream refuses: left out and reported. */
  readonly refusedFields: readonly string[]
}

export const responsesDialect: ResponsesDialect = {
  systemRole: 'as-given',
  efforts: ['none', 'minimal', 'low', 'medium', 'high', 'xhigh'],
  reasoningSummary: true,
  encryptedReasoning: true,
  reasoningHistory: 'never',
  sampling: 'all',
  structuredOutput: 'schema',
  parallelToolCalls: true,
  forcedToolChoice: true,
  strictTools: true,
  emptyDescriptions: true,
  images: true,
  files: true,
  audio: false,
  webSearch: true,
  userField: 'safety_identifier',
  promptCacheKey: true,
  cacheBreakpoints: false,
  serviceTier: true,
  verbosity: true,
  metadata: true,
  storedConversations: true,
  minOutputTokens: 16,
  maxOutputTokens: undefined,
  prefill: false,
  refusedFields: [],
  // `^[A-Za-z0-9_-]{1,64}$`, as in Chat.
  toolNameLimit: 64,
  // The protocol has no stop sequences at all.
  maxStops: 0,
  customTools: true,
  // gpt-5.4+; guide "Tool search".
  toolNamespaces: true,
  deferredTools: false,
}
