import type { Effort } from '../../ir/request.ts'
import type { CommonDialect } from '../protocol.ts'

/** How an upstream that speaks Chat Completions departs from OpenAI's own. Each default is OpenAI's. */
export type ChatDialect = CommonDialect & {
  /** Mistral on Foundry and many older servers know `max_tokens` only; OpenAI's reasoning models the other only. */
  readonly maxTokensField: 'max_completion_tokens' | 'max_tokens'
  /** Of `max_completion_tokens` upstreams: the old name is understood as well, and a client's own choice stands. */
  readonly bothTokenLimits: boolean
  /** What system turns are called: OpenAI reasoning models prefer `developer`, others know `system` only. */
  readonly systemRole: 'system' | 'developer' | 'as-given'
  /** The field that carries readable reasoning in answers and history; vLLM says `reasoning`. */
  readonly reasoningField: 'reasoning_content' | 'reasoning'
  /**
   * Whether reasoning in the history goes back: OpenAI has no field for it (`never`); DeepSeek demands it on
   * assistant turns with tool calls, even when empty (`tool-turns`).
   */
  readonly reasoningHistory: 'never' | 'tool-turns' | 'always'
  /** `effort`: `reasoning_effort`; `thinking`: DeepSeek's `thinking: {type}` beside it; `none`: no such wish. */
  readonly reasoningRequest: 'effort' | 'thinking' | 'none'
  /** `reasoning_effort` levels, weakest first; empty: the model does not reason. */
  readonly efforts: readonly Effort[]
  /** `with-effort-none`: gpt-5.1+ accepts sampling parameters only when reasoning is off. */
  readonly sampling: 'all' | 'temperature-or-top-p' | 'with-effort-none' | 'none'
  readonly structuredOutput: 'schema' | 'json-object' | 'none'
  /** `stream_options.include_usage`; a few servers refuse it. */
  readonly streamUsage: boolean
  readonly parallelToolCalls: boolean
  readonly forcedToolChoice: boolean
  /** `strict` on function tools. */
  readonly strictTools: boolean
  readonly images: boolean
  /** `file` parts; Azure's Chat API has none. */
  readonly files: boolean
  readonly audio: boolean
  /** What carries the end user's identity. */
  readonly userField: 'safety_identifier' | 'user' | 'none'
  readonly promptCacheKey: boolean
  /** `prompt_cache_breakpoint` on content parts (gpt-5.6+). */
  readonly cacheBreakpoints: boolean
  /** Anthropic's `cache_control`, which clients of Claude put on messages, parts, tools and calls: OpenAI refuses it. */
  readonly cacheControl: 'strip' | 'keep'
  readonly serviceTier: boolean
  readonly verbosity: boolean
  readonly metadata: boolean
  /** Upper bound for the output limit; larger wishes are clamped and reported. Tokens. */
  readonly maxOutputTokens: number | undefined
  /** A trailing assistant turn is continued rather than taken as history. */
  readonly prefill: boolean
  /** `web_search_options`: OpenAI's search models only. */
  readonly webSearch: boolean
  /** `top_k`: not OpenAI's, but most servers that host open models take it. */
  readonly topK: boolean
  /** System and user content as a list of texts; some servers take a string only, and then the texts are joined. */
  readonly textArrays: boolean
  /** Fields that the upstream refuses: left out and reported. */
  readonly refusedFields: readonly string[]
}

export const chatDialect: ChatDialect = {
  maxTokensField: 'max_completion_tokens',
  bothTokenLimits: false,
  systemRole: 'as-given',
  reasoningField: 'reasoning_content',
  reasoningHistory: 'never',
  reasoningRequest: 'effort',
  efforts: ['none', 'minimal', 'low', 'medium', 'high', 'xhigh'],
  sampling: 'all',
  // OpenAI takes four; o3 and o4-mini none.
  maxStops: 4,
  structuredOutput: 'schema',
  streamUsage: true,
  parallelToolCalls: true,
  forcedToolChoice: true,
  strictTools: true,
  customTools: true,
  images: true,
  files: true,
  audio: true,
  userField: 'safety_identifier',
  promptCacheKey: true,
  cacheBreakpoints: false,
  cacheControl: 'strip',
  serviceTier: true,
  verbosity: true,
  metadata: true,
  toolNameLimit: 64,
  callIdLimit: 40,
  toolNamespaces: false,
  deferredTools: false,
  // A document by URL has no place in the protocol.
  urlMedia: 'images',
  maxOutputTokens: undefined,
  prefill: false,
  webSearch: false,
  topK: false,
  textArrays: true,
  refusedFields: [],
}
