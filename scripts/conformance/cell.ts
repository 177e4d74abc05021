import { GatewayError, type ErrorCode } from '../../src/errors.ts'
import type { Dropped } from '../../src/ir/dropped.ts'

/** What is measured: answers, requests, what comes back of an answer with the next turn, and relayed bytes. */
export type Matrix = 'responses' | 'requests' | 'round trips' | 'passthrough'

/** One record taken from one protocol to another. */
export type Cell = {
  readonly matrix: Matrix
  readonly form: 'whole' | 'streamed' | 'request'
  readonly from: string
  readonly to: string
  readonly record: string
  readonly features: readonly string[]
  readonly outcome: 'equal' | 'different' | 'refused' | 'crashed'
  /** What differs, or why it was refused. */
  readonly reasons: readonly string[]
  /** What Dragoman said it lost. */
  readonly dropped: readonly Dropped[]
}

export type CellHead = Omit<Cell, 'outcome' | 'reasons'>

/** Errors that Dragoman means: what it cannot serve as asked, and answers that are none. */
const REFUSALS: ReadonlySet<ErrorCode> = new Set([
  'invalid-request',
  'not-supported',
  'upstream-broken',
  'upstream-failed',
])

/** Runs a comparison, which names what differs, and says how it went. */
export async function judge(
  cell: CellHead,
  compare: () => readonly string[] | Promise<readonly string[]>,
): Promise<Cell> {
  try {
    const reasons = await compare()
    return { ...cell, outcome: reasons.length === 0 ? 'equal' : 'different', reasons }
  } catch (thrown) {
    const refused = thrown instanceof GatewayError && REFUSALS.has(thrown.code)
    const message = thrown instanceof Error ? thrown.message : String(thrown)
    return { ...cell, outcome: refused ? 'refused' : 'crashed', reasons: [message] }
  }
}
