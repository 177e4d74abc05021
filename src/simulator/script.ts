import type { JsonObject } from '../ir/json.ts'

/** One piece of a scripted answer, in the order in which the model says it. */
export type AnswerPart =
  | { readonly thinking: string }
  | { readonly redactedThinking: string }
  | { readonly text: string }
  | { readonly refusal: string }
  | { readonly toolCall: ScriptedToolCall }
  /** The vendor's own search; texts after it cite what it found. */
  | { readonly webSearch: ScriptedSearch }

export type ScriptedToolCall = {
  readonly name: string
  /** A string is sent as it stands, so that a script can hold broken JSON. */
  readonly input: JsonObject | string
  /** Made up by the surface, in its vendor's form, when absent. */
  readonly id?: string
}

export type ScriptedSearch = { readonly query: string; readonly results: readonly FoundPage[] }

export type FoundPage = { readonly url: string; readonly title: string }

/** Why an answer ends; each surface says it in its own words. */
export type Finish =
  | 'stop'
  | 'stop-sequence'
  | 'length'
  | 'tool-calls'
  | 'content-filter'
  | 'refusal'
  | 'pause'

/** Token counts that replace the simulator's own. */
export type ScriptedUsage = {
  /** The whole prompt, cached or not. */
  readonly input?: number
  readonly cacheRead?: number
  readonly cacheWrite?: number
  /** Reasoning included. */
  readonly output?: number
  readonly reasoning?: number
}

/** A failure as its vendor words it; what is absent takes the surface's usual value for the status. */
export type Failure = {
  readonly status: number
  readonly message: string
  readonly type?: string
  readonly code?: string | null
  readonly param?: string | null
  readonly headers?: Readonly<Record<string, string>>
  /** Sent instead of the surface's error body: a string as it stands, anything else as JSON. */
  readonly body?: unknown
}

/** Ways in which an answer misbehaves on the wire. Events are counted from 1 as they are written. */
export type Faults = {
  /** Milliseconds before the status line. */
  readonly firstByteDelayMs?: number
  /** Milliseconds between two events. */
  readonly pacingMs?: number
  /** Splits the body into pieces of so many bytes, in the middle of characters too. */
  readonly chunkBytes?: number
  /** Breaks the connection off after so many bytes of the body. */
  readonly cutAfterBytes?: number
  /** Breaks the connection off after so many events. */
  readonly cutAfterEvents?: number
  /** How a cut looks to the other side: the end of the connection (the default), or a reset. */
  readonly cutBy?: 'end' | 'reset'
  /** Ends the body cleanly after so many events, without a terminal one. */
  readonly endAfterEvents?: number
  /** Says nothing for so long (or until the client leaves, without `ms`) after so many events. */
  readonly stallAfterEvents?: { readonly events: number; readonly ms?: number }
  /** An error event in the vendor's form after so many events (default: half of them), then the end. */
  readonly inStreamError?: Failure & { readonly afterEvents?: number }
  /** Events of parallel tool calls alternate (Chat only: the others never do it). */
  readonly interleaveToolCalls?: boolean
  /** Leaves out the last event: `[DONE]` or `message_stop`. */
  readonly noDone?: boolean
  readonly contentType?: string
  /** Sent instead of the answer, with the answer's status. */
  readonly htmlBody?: string
  readonly emptyBody?: boolean
  readonly gzip?: boolean
}

/** What the simulator says to one request. Give `parts` for an order of your own, or the shorthands. */
export type Answer = {
  readonly parts?: readonly AnswerPart[]
  readonly thinking?: string
  readonly webSearch?: ScriptedSearch
  readonly text?: string
  readonly refusal?: string
  readonly toolCalls?: readonly ScriptedToolCall[]
  /** Default: `tool-calls` when there is one, else `stop`. */
  readonly finish?: Finish
  /** Sent verbatim as the vendor's finish or stop reason. */
  readonly rawFinish?: string
  readonly usage?: ScriptedUsage
  /** The model name that the answer claims. */
  readonly model?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly error?: Failure
  /** A whole HTTP answer of one's own, on any path. Objects are sent as JSON. */
  readonly raw?: {
    readonly status?: number
    readonly headers?: Readonly<Record<string, string>>
    readonly body: string | Uint8Array | JsonObject
  }
  readonly faults?: Faults
}

/** The parts of an answer in order: thinking, search, text, refusal and tool calls, unless `parts` says otherwise. */
export function partsOf(answer: Answer): readonly AnswerPart[] {
  if (answer.parts !== undefined) return answer.parts
  return [
    ...(answer.thinking === undefined ? [] : [{ thinking: answer.thinking }]),
    ...(answer.webSearch === undefined ? [] : [{ webSearch: answer.webSearch }]),
    ...(answer.text === undefined ? [] : [{ text: answer.text }]),
    ...(answer.refusal === undefined ? [] : [{ refusal: answer.refusal }]),
    ...(answer.toolCalls ?? []).map((toolCall) => ({ toolCall })),
  ]
}
