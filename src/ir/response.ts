import type { JsonObject } from './json.ts'
import type { Extensions, Part } from './part.ts'
import type { Usage } from './usage.ts'

/**
 * Why the model stopped.
 *
 * `pause`: a server tool's loop was interrupted and the turn may be continued. `context-window`: the context,
 * not the output limit, was full. `filtered`: a content filter cut in. `refusal`: the model declined.
 */
export type FinishReason =
  | 'stop'
  | 'stop-sequence'
  | 'length'
  | 'context-window'
  | 'tool-calls'
  | 'filtered'
  | 'refusal'
  | 'pause'
  | 'compaction'

export type Finish = {
  readonly reason: FinishReason
  /** The upstream's own word. */
  readonly raw?: string
  /** The stop sequence that matched. */
  readonly stop?: string
  /** Why a filter or the model refused: category and explanation where the upstream gave them. */
  readonly detail?: { readonly category?: string; readonly explanation?: string; readonly ext?: JsonObject }
}

/** One whole answer. `id` and `model` are the upstream's. */
export type ModelResponse = {
  readonly id: string
  readonly model: string
  /** Unix seconds, when the upstream said it. */
  readonly created?: number
  readonly parts: readonly Part[]
  readonly finish: Finish
  readonly usage?: Usage
  /** Further answers of the same request (`n > 1`), without the first. */
  readonly alternatives?: readonly { readonly parts: readonly Part[]; readonly finish: Finish }[]
  readonly ext?: Extensions
}
