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
  /**
   * `equal`: the same to the letter of its summary. `otherwise`: the same, in a form of the target's own that was read
   * back. `different`: something is not there, or not the same.
   */
  readonly outcome: 'equal' | 'otherwise' | 'different' | 'refused' | 'crashed'
  /** The forms that were read back. */
  readonly forms: readonly string[]
  /** What differs, or why it was refused. */
  readonly reasons: readonly string[]
  /** What Dragoman said it lost. */
  readonly dropped: readonly Dropped[]
}

export type CellHead = Omit<Cell, 'outcome' | 'reasons' | 'forms'>

/** What differs between two meanings, after these forms were read back. */
export type Comparison = { readonly differences: readonly string[]; readonly forms: readonly string[] }

/** Errors that Dragoman means: what it cannot serve as asked, and answers that are none. */
const REFUSALS: ReadonlySet<ErrorCode> = new Set([
  'invalid-request',
  'not-supported',
  'upstream-broken',
  'upstream-failed',
])

/** Runs a comparison and says how it went. */
export async function judge(cell: CellHead, compare: () => Comparison | Promise<Comparison>): Promise<Cell> {
  try {
    const { differences, forms } = await compare()
    const same = forms.length === 0 ? 'equal' : 'otherwise'
    return { ...cell, outcome: differences.length === 0 ? same : 'different', forms, reasons: differences }
  } catch (thrown) {
    const refused = thrown instanceof GatewayError && REFUSALS.has(thrown.code)
    const message = thrown instanceof Error ? thrown.message : String(thrown)
    return { ...cell, outcome: refused ? 'refused' : 'crashed', forms: [], reasons: [message] }
  }
}
