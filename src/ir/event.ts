import type { GatewayError } from '../errors.ts'
import type { JsonObject } from './json.ts'
import type { Citation, Extensions, Part, ProtocolId } from './part.ts'
import type { Finish } from './response.ts'
import type { Seal } from './seal.ts'
import type { Usage } from './usage.ts'

/**
 * One event of a streamed answer. `at` numbers the part it belongs to: unique within the answer, ascending by
 * start. Parts may interleave (Chat streams parallel calls by index); `stream/sequence` puts them in a row for
 * clients that need it.
 *
 * Grammar: `response-start`, then parts, annotations and usage in any order, then exactly one of
 * `response-end` and `error`. Usage may arrive several times; later fields replace earlier ones.
 */
export type ModelEvent =
  | {
      readonly type: 'response-start'
      readonly id: string
      readonly model: string
      readonly created?: number
      readonly ext?: Extensions
    }
  | { readonly type: 'text-start'; readonly at: number; readonly ext?: Extensions }
  | { readonly type: 'text-delta'; readonly at: number; readonly text: string }
  | { readonly type: 'reasoning-start'; readonly at: number; readonly ext?: Extensions }
  | { readonly type: 'reasoning-delta'; readonly at: number; readonly text: string }
  | { readonly type: 'refusal-start'; readonly at: number; readonly ext?: Extensions }
  | { readonly type: 'refusal-delta'; readonly at: number; readonly text: string }
  | {
      readonly type: 'tool-call-start'
      readonly at: number
      readonly id: string
      readonly name: string
      readonly custom?: true
      readonly namespace?: string
      readonly ext?: Extensions
    }
  | { readonly type: 'tool-call-delta'; readonly at: number; readonly input: string }
  | { readonly type: 'part-end'; readonly at: number; readonly seal?: Seal; readonly ext?: Extensions }
  /** A part that arrives whole: redacted reasoning, server tools, media, novelties. */
  | { readonly type: 'part'; readonly at: number; readonly part: Part }
  /** A citation of the text part `at`, which is still open or was the last text. */
  | { readonly type: 'annotation'; readonly at: number; readonly citation: Citation }
  | { readonly type: 'usage'; readonly usage: Usage }
  | { readonly type: 'response-end'; readonly finish: Finish; readonly ext?: Extensions }
  | { readonly type: 'error'; readonly error: GatewayError }
  | { readonly type: 'ping' }
  /** A wire event that the IR does not model: kept for its own protocol, otherwise left out. */
  | { readonly type: 'opaque'; readonly origin: ProtocolId; readonly value: JsonObject }
