import type { JsonObject } from './json.ts'
import type { CacheHint, Extensions, Part } from './part.ts'

export type Role = 'system' | 'developer' | 'user' | 'assistant'

/**
 * One turn of the conversation, in the order the client wrote them: system turns may stand anywhere.
 * Tool results are parts of a `user` turn. `part.ext` and `turn.ext` keep unknown wire fields.
 */
export type Turn = {
  readonly role: Role
  readonly parts: readonly Part[]
  /** Participant name (Chat). */
  readonly name?: string
  /** Responses `phase`: commentary or final answer. */
  readonly phase?: string
  readonly ext?: Extensions
}

export type FunctionTool = {
  readonly kind: 'function'
  readonly name: string
  readonly description?: string
  /** JSON Schema of the input, as the client wrote it; absent when the client gave none. */
  readonly schema?: JsonObject
  readonly strict?: boolean
  readonly namespace?: string
  /** The client loads it by name later (Messages `defer_loading`). */
  readonly deferred?: true
  /** The client's own search for tools that it has not declared yet (Responses `tool_search`): a function to any model. */
  readonly search?: true
  readonly cache?: CacheHint
  readonly ext?: Extensions
}

/** A free-form tool, perhaps bound to a grammar (`format` as on the OpenAI wire). */
export type CustomTool = {
  readonly kind: 'custom'
  readonly name: string
  readonly description?: string
  readonly format?: JsonObject
  readonly namespace?: string
  readonly deferred?: true
  readonly ext?: Extensions
}

export type WebSearchTool = {
  readonly kind: 'web-search'
  /** The name that the client knows it by. */
  readonly name: string
  readonly allowedDomains?: readonly string[]
  readonly blockedDomains?: readonly string[]
  readonly maxUses?: number
  readonly userLocation?: JsonObject
  readonly contextSize?: string
  readonly origin: ProtocolOfTool
  /** The wire declaration, for its own protocol. */
  readonly value: JsonObject
  readonly ext?: Extensions
}

/** Any other tool that runs at the provider or has a vendor-defined schema. */
export type ServerTool = {
  readonly kind: 'server'
  /** The vendor's type, e.g. `code_execution_20250825`, `mcp`, `computer_use_preview`. */
  readonly type: string
  readonly name: string
  readonly origin: ProtocolOfTool
  readonly value: JsonObject
  readonly ext?: Extensions
}

type ProtocolOfTool = keyof Extensions

export type Tool = FunctionTool | CustomTool | WebSearchTool | ServerTool

export type ToolChoice =
  | { readonly mode: 'auto' | 'required' | 'none' }
  | { readonly mode: 'tool'; readonly name: string; readonly namespace?: string }
  | { readonly mode: 'allowed'; readonly tools: readonly string[]; readonly required: boolean }

export type Effort = 'none' | 'minimal' | 'low' | 'medium' | 'high' | 'xhigh' | 'max'

/** What the client asked about thinking. Every field absent means "the model's default". */
export type ReasoningConfig = {
  readonly mode?: 'adaptive' | 'enabled' | 'disabled' | 'between-tools'
  readonly budgetTokens?: number
  readonly effort?: Effort
  /** How much of it the client wants to read. */
  readonly display?: 'omitted' | 'auto' | 'concise' | 'detailed' | 'summarized' | 'updates'
  readonly ext?: Extensions
}

export type OutputFormat =
  | { readonly type: 'text' }
  | { readonly type: 'json' }
  | {
      readonly type: 'schema'
      readonly schema: JsonObject
      readonly name?: string
      readonly description?: string
      readonly strict?: boolean
      readonly ext?: Extensions
    }

/** Wishes about prompt caching that belong to no single part. */
export type CacheConfig = {
  /** Locality key (`prompt_cache_key`). */
  readonly key?: string
  readonly retention?: string
  /** The Messages API's top-level automatic mark. */
  readonly automatic?: CacheHint
}

/** Conversation state held by the provider (Responses). */
export type StateConfig = {
  readonly store?: boolean
  readonly previousResponseId?: string
  readonly conversation?: unknown
  /** A prompt template that the provider keeps (Responses `prompt`). */
  readonly prompt?: unknown
}

/** What a client asks of a model, whatever protocol it said it in. */
export type ModelRequest = {
  /** The name the client asked for; a gateway replaces it by the upstream's before encoding. */
  readonly model: string
  readonly stream: boolean
  readonly turns: readonly Turn[]
  readonly tools: readonly Tool[]
  readonly toolChoice?: ToolChoice
  readonly parallelToolCalls?: boolean
  readonly maxOutputTokens?: number
  readonly temperature?: number
  readonly topP?: number
  readonly topK?: number
  readonly stop?: readonly string[]
  readonly frequencyPenalty?: number
  readonly presencePenalty?: number
  readonly seed?: number
  readonly logitBias?: JsonObject
  /** Log probabilities; `top` is how many alternatives per token. */
  readonly logprobs?: { readonly top?: number }
  /** How many answers (`n`); absent means one. */
  readonly candidates?: number
  readonly reasoning?: ReasoningConfig
  readonly output?: OutputFormat
  readonly verbosity?: string
  /** Identity of the end user, for abuse detection. */
  readonly user?: string
  readonly metadata?: JsonObject
  readonly serviceTier?: string
  readonly cache?: CacheConfig
  readonly state?: StateConfig
  /** False when a Chat client did not ask for the usage chunk of a stream. */
  readonly streamUsage?: boolean
  /** A Chat client declared its tools as `functions`, and reads one `function_call` instead of `tool_calls`. */
  readonly legacyFunctions?: true
  /** A Completions client wants its prompt back before the answer. */
  readonly echo?: true
  readonly ext?: Extensions
}
