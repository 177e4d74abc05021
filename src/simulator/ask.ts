import type { JsonObject } from '../ir/json.ts'

/** A tool that a request offers. `schema` is absent for free-form tools. */
export type OfferedTool = { readonly name: string; readonly schema?: JsonObject }

/** An image, document or sound that a request holds. `bytes` is its size, where it came inline. */
export type Medium = {
  readonly kind: 'image' | 'document' | 'audio'
  readonly mimeType: string
  readonly bytes?: number
}

export type ToolOutcome = {
  readonly name: string
  readonly text: string
  readonly isError: boolean
  readonly media: readonly Medium[]
}

/** What a request asks for, whatever its protocol: all that the brain needs to know. */
export type Ask = {
  readonly model: string
  /** The last text of the last user turn. */
  readonly userText: string
  /** Media of the last user turn, tool results aside. */
  readonly media: readonly Medium[]
  /** Results that the last turn brings; empty when it brings none. */
  readonly outcomes: readonly ToolOutcome[]
  readonly tools: readonly OfferedTool[]
  readonly toolChoice: 'auto' | 'none' | 'required' | { readonly name: string }
  readonly parallelToolCalls: boolean
  readonly thinking: boolean
  /** Tokens. */
  readonly maxTokens?: number
  readonly stops: readonly string[]
  /** `true` asks for any JSON object, a schema for an instance of it. */
  readonly json?: true | JsonObject
  readonly promptTokens: number
}

/** The size in bytes of base64 data. */
export function base64Bytes(data: string): number {
  return Buffer.byteLength(data, 'base64')
}
