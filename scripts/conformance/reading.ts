import type { JsonObject } from '../../src/ir/json.ts'
import type { RequestSummary, SummaryTurn } from './semantics.ts'

type Mutable<T> = T extends readonly (infer Item)[]
  ? Mutable<Item>[]
  : T extends object
    ? { -readonly [Key in keyof T]: Mutable<T[Key]> }
    : T

/** A meaning under comparison; readings change it. */
export type Draft = Mutable<Omit<RequestSummary, 'structured'>> & { structured: unknown }
export type DraftTurn = Mutable<SummaryTurn>

/** A request as the client made it and as it was sent. */
export type Sent = {
  readonly from: string
  readonly to: string
  readonly wire: JsonObject
  readonly body: JsonObject
}

/**
 * One way in which a target's protocol says the same otherwise. `read` undoes it in what was sent, or does it to what
 * was wanted, so that both can be compared to the letter; what it does not recognise it leaves alone.
 */
export type Reading = {
  readonly id: string
  /** What a reader of the documentation is told. */
  readonly form: string
  read(want: Draft, got: Draft, sent: Sent): void
}

/** Applies every reading; tells which of them had something to read. */
export function readBack(
  summaries: { readonly want: RequestSummary; readonly got: RequestSummary },
  readings: readonly Reading[],
  sent: Sent,
): { readonly want: RequestSummary; readonly got: RequestSummary; readonly used: readonly string[] } {
  const want = structuredClone(summaries.want) as Draft
  const got = structuredClone(summaries.got) as Draft
  const used: string[] = []
  let before = JSON.stringify([want, got])
  for (const reading of readings) {
    reading.read(want, got, sent)
    const after = JSON.stringify([want, got])
    if (after !== before) used.push(reading.id)
    before = after
  }
  for (const draft of [want, got]) draft.turns = settled(draft.turns)
  return { want, got, used }
}

/** Turns that say something; neighbours of one role are one. */
function settled(turns: readonly DraftTurn[]): DraftTurn[] {
  const out: DraftTurn[] = []
  for (const turn of turns) {
    const { text, toolCalls, toolResults, media } = turn
    if (text === '' && toolCalls.length + toolResults.length + media.length === 0) continue
    const last = out.at(-1)
    if (last === undefined || last.role !== turn.role) {
      out.push(turn)
      continue
    }
    last.text += turn.text
    last.toolCalls.push(...turn.toolCalls)
    last.toolResults.push(...turn.toolResults)
    last.media.push(...turn.media)
  }
  return out
}

/** Every text of a draft, changed. `place` is the role of the turn, `result` or `system`. */
export function mapTexts(draft: Draft, change: (text: string, place: string) => string): void {
  draft.system = change(draft.system, 'system')
  for (const turn of draft.turns) {
    turn.text = change(turn.text, turn.role)
    for (const result of turn.toolResults) result.text = change(result.text, 'result')
  }
}

/** Every object within a wire value, outermost first. */
export function* objectsIn(value: unknown): Generator<JsonObject> {
  if (Array.isArray(value)) for (const item of value) yield* objectsIn(item)
  else if (typeof value === 'object' && value !== null) {
    yield value as JsonObject
    for (const member of Object.values(value)) yield* objectsIn(member)
  }
}
