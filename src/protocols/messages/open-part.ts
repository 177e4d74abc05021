import { deltaFrame, type WriteDelta } from '../../stream/delta-frame.ts'
import type { FrameSink } from '../../stream/sse.ts'
import type { CallArguments } from './call-arguments.ts'
import type { Block } from './wire.ts'

/** The part of a stream that is open; its block begins once there is something to show. */
export type OpenPart = {
  readonly kind: 'text' | 'reasoning' | 'tool-call'
  readonly start: Block
  readonly path: string
  begun: boolean
  /** Text so far, for citations of a place in it. */
  said: string
  readonly input?: CallArguments
  /** Made with the first delta. */
  write?: WriteDelta
}

/** What a part of each kind streams, and in which member. */
const DELTAS = {
  text: ['text_delta', 'text'],
  reasoning: ['thinking_delta', 'thinking'],
  'tool-call': ['input_json_delta', 'partial_json'],
} as const

/** A writer of what the block under `index` streams. */
export function blockDeltas(out: FrameSink, kind: OpenPart['kind'], index: number): WriteDelta {
  const event = 'content_block_delta'
  const [type, member] = DELTAS[kind]
  const before = `{"type":"${event}","index":${index},"delta":{"type":"${type}","${member}":`
  return deltaFrame(out, { event, before, after: '}}' })
}
