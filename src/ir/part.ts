import type { JsonObject } from './json.ts'
import type { Seal } from './seal.ts'

/** The five wire protocols. `completions` is legacy text completion. */
export type ProtocolId = 'messages' | 'chat' | 'responses' | 'completions' | 'gemini'

/**
 * Fields of a wire object that the IR does not model, kept for their own protocol. An encoder of the same
 * protocol puts them back; any other encoder reports them as `foreign-extension`.
 */
export type Extensions = { readonly [P in ProtocolId]?: JsonObject }

/** A prompt-cache breakpoint after the part that carries it. */
export type CacheHint = { readonly ttl?: '5m' | '30m' | '1h' | '12h' | '24h'; readonly ext?: Extensions }

/** Where the bytes of a media part are. `data` is base64 text, never decoded on the way. */
export type Source =
  | { readonly type: 'base64'; readonly mimeType: string; readonly data: string }
  | { readonly type: 'url'; readonly url: string; readonly mimeType?: string }
  | { readonly type: 'text'; readonly text: string; readonly mimeType: string }
  | { readonly type: 'file'; readonly id: string; readonly mimeType?: string }
  /** A document given as parts (Messages `source.type: "content"`). */
  | { readonly type: 'parts'; readonly parts: readonly Part[] }

/**
 * One citation of a text. Offsets are UTF-16 code units into the text of the part that carries it.
 * `kind: 'web'` is a cited page, `'document'` a place in a document that the client sent.
 */
export type Citation = {
  readonly kind: 'web' | 'document'
  readonly url?: string
  readonly title?: string
  readonly citedText?: string
  readonly start?: number
  readonly end?: number
  readonly ext?: Extensions
}

type PartBase = { readonly cache?: CacheHint; readonly ext?: Extensions }

export type TextPart = PartBase & {
  readonly kind: 'text'
  readonly text: string
  readonly citations?: readonly Citation[]
}

export type MediaPart = PartBase & {
  readonly kind: 'media'
  readonly media: 'image' | 'document' | 'audio' | 'video'
  readonly source: Source
  /** File name or title, as the client gave it. */
  readonly name?: string
  /** What the client said about a document (Messages `context`). */
  readonly context?: string
  /** OpenAI image detail: `low`, `high`, `auto`, `original`. */
  readonly detail?: string
}

/** Thinking. `redacted` reasoning has no readable text, only its seal. */
export type ReasoningPart = PartBase & {
  readonly kind: 'reasoning'
  readonly text: string
  readonly seal?: Seal
  readonly redacted?: true
}

/** A call that the client executes. */
export type ToolCallPart = PartBase & {
  readonly kind: 'tool-call'
  readonly id: string
  readonly name: string
  /** JSON text as the model wrote it, perhaps not parseable; for `custom` calls the free text itself. */
  readonly input: string
  /** A custom (free-form or grammar) tool: `input` is not JSON. */
  readonly custom?: true
  /** Codex and Responses group tools in namespaces. */
  readonly namespace?: string
  /** A call of the client's own search for tools. */
  readonly search?: true
  /** Gemini's thought signature rides on the call. */
  readonly seal?: Seal
}

export type ToolResultPart = PartBase & {
  readonly kind: 'tool-result'
  readonly callId: string
  readonly content: readonly Part[]
  readonly isError?: true
  /** The call was to a custom tool. */
  readonly custom?: true
  /** What the client's own search for tools found, as references to them. */
  readonly search?: true
}

/**
 * A tool that ran at the provider: a call, and its result when known. `tool` is the neutral name
 * (`web-search`, `web-fetch`, `code-execution`, `tool-search`, `mcp`, `file-search`, `image-generation`, …);
 * `origin` and `value` keep the wire block for its own protocol.
 */
export type ServerToolPart = PartBase & {
  readonly kind: 'server-tool'
  readonly phase: 'call' | 'result'
  readonly tool: string
  readonly id: string
  readonly name: string
  /** JSON text of the call's input, e.g. `{"query":"…"}`. */
  readonly input?: string
  /** What a web search found. */
  readonly found?: readonly { readonly url: string; readonly title: string; readonly age?: string }[]
  readonly error?: string
  readonly origin: ProtocolId
  readonly value: JsonObject
}

export type RefusalPart = PartBase & { readonly kind: 'refusal'; readonly text: string }

/** A reference to a tool that the client loads by name (Messages `tool_reference`, what a Responses client found). */
export type ToolReferencePart = PartBase & {
  readonly kind: 'tool-reference'
  readonly name: string
  readonly namespace?: string
}

/** A novelty: kept for its own protocol, reported when it cannot travel. `text` is what a reader would see. */
export type OpaquePart = PartBase & {
  readonly kind: 'opaque'
  readonly origin: ProtocolId
  readonly value: JsonObject
  readonly text?: string
}

export type Part =
  | TextPart
  | MediaPart
  | ReasoningPart
  | ToolCallPart
  | ToolResultPart
  | ServerToolPart
  | RefusalPart
  | ToolReferencePart
  | OpaquePart
