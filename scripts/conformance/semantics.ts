import type { JsonObject } from '../../src/ir/json.ts'
import type { CorpusRecord } from '../../test/support/corpus.ts'

/** The meaning of an answer, as the corpus' own tools read it. */
export type Summary = {
  readonly text: string
  readonly toolCalls: readonly { readonly name: string; readonly args: unknown }[]
  readonly reasoningText: string
  readonly stop: string | null
  readonly refusal: string | null
  readonly error: unknown
  readonly choices: number
  readonly usage: { readonly output: number; readonly reasoning: number } | null
}

type Media = { readonly kind: string; readonly inline: boolean; readonly size: number }

export type SummaryTurn = {
  readonly role: string
  readonly text: string
  readonly toolCalls: readonly { readonly name: string; readonly args: unknown }[]
  readonly toolResults: readonly { readonly text: string; readonly error: boolean }[]
  readonly media: readonly Media[]
}

/** The meaning of a request. Neighbouring turns of one role are one. */
export type RequestSummary = {
  readonly system: string
  readonly turns: readonly SummaryTurn[]
  readonly tools: readonly { readonly name: string }[]
  readonly toolChoice: string | null
  readonly maxTokens: number | null
  readonly stop: readonly string[]
  readonly structured: unknown
}

/** The corpus' tools for comparing meanings. They share no code with Dragoman. */
export type Semantics = {
  summarize(protocol: string, body: unknown, format?: string): Summary
  summarizeExchange(record: CorpusRecord): Summary | null
  diffSummaries(want: Summary, got: Summary, options: object): string[]
  requestSummary(protocol: string, body: JsonObject): RequestSummary
  diffRequests(want: RequestSummary, got: RequestSummary, options: object): string[]
  accumulateAnthropicSSE(text: string): { readonly message: JsonObject }
  accumulateChatSSE(text: string): { readonly completion: JsonObject }
  accumulateResponsesSSE(text: string): { readonly response: JsonObject }
  accumulateGemini(chunks: readonly JsonObject[]): { readonly response: JsonObject }
}
