import type { Pacing, Scenario, Shape } from './answer.ts'
import { conversationOf, SIZES, type Conversation, type ConversationSize } from './conversation.ts'

/** One row of the benchmark: what clients ask, what the model answers, and how the load is applied. */
export type Workload = {
  readonly name: string
  readonly conversation: Conversation
  readonly answer: Scenario
  readonly load: Load
}

export type Load =
  /** Each connection sends its next request when its answer is complete. */
  | {
      readonly kind: 'closed'
      readonly connections: number
      readonly seconds: number
      readonly requests?: number
    }
  /** That many streams at once, each read to its end. */
  | { readonly kind: 'streams'; readonly streams: number }

type Row = {
  readonly size: keyof typeof SIZES | ConversationSize
  readonly shape: Shape
  readonly stream?: true
  readonly reasoning?: true
  readonly pacing?: Pacing
  readonly load: Load
}

/** Makes a workload of its parts. */
export function workload(name: string, row: Row): Workload {
  const stream = row.stream ?? false
  const size = typeof row.size === 'string' ? SIZES[row.size] : row.size
  return {
    name,
    conversation: conversationOf(size, { stream, reasoning: row.reasoning ?? false }),
    answer: { shape: row.shape, stream, pacing: row.pacing ?? { kind: 'burst' } },
    load: row.load,
  }
}

const PACED: Pacing = { kind: 'paced', everyMs: 20 }
const closed = (connections: number, seconds: number): Load => ({ kind: 'closed', connections, seconds })

/** The workloads of the main suite. `seconds` is one round's share. */
export const WORKLOADS: readonly Workload[] = [
  workload('small-json', { size: 'small', shape: 'small', load: closed(32, 0.4) }),
  workload('small-json-1', { size: 'small', shape: 'small', load: closed(1, 0.4) }),
  workload('tools-json', { size: 'tools', shape: 'tools', load: closed(32, 0.4) }),
  workload('stream-burst', { size: 'small', shape: 'burst-text', stream: true, load: closed(16, 0.4) }),
  workload('stream-burst-tool', { size: 'tools', shape: 'burst-tool', stream: true, load: closed(16, 0.4) }),
  workload('stream-burst-reasoning', {
    size: 'small',
    shape: 'burst-reasoning',
    stream: true,
    reasoning: true,
    load: closed(16, 0.4),
  }),
  workload('stream-paced-100', {
    size: 'small',
    shape: 'paced',
    stream: true,
    pacing: PACED,
    load: { kind: 'streams', streams: 100 },
  }),
  workload('stream-paced-300', {
    size: 'small',
    shape: 'paced',
    stream: true,
    pacing: PACED,
    load: { kind: 'streams', streams: 300 },
  }),
  workload('agent-json', { size: 'agent', shape: 'agent', load: closed(8, 0.6) }),
  workload('agent-stream', {
    size: 'agent',
    shape: 'agent-thinking',
    stream: true,
    reasoning: true,
    load: closed(8, 0.6),
  }),
]
