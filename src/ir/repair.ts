import type { Losses } from './dropped.ts'
import type { Part, ToolCallPart, ToolResultPart } from './part.ts'
import type { Turn } from './request.ts'

/** What a model is told about a call whose result the client no longer has (compaction, Esc, trimming). */
export const NOT_EXECUTED = 'The tool call was not executed.'

/**
 * A history that vendors with adjacency rules accept: ids of tool calls are unique, and every call is answered,
 * once, at the head of the user turn that follows it. Everything changed is reported.
 *
 * - Results that the client split over several turns, or wrote after a text or a system turn, move up.
 * - A call without a result before the next assistant turn gets one that says so.
 * - A result without an open call becomes text where it stands. That includes a result that comes after a further
 *   assistant turn: its call was already answered upstream, and moving it up would rewrite a cached prefix.
 * - A call that reuses an id (some servers say `call_0` every turn) is renamed, with its result.
 *
 * Only earlier turns decide what becomes of a turn, so that repairing a longer history extends what repairing the
 * shorter one gave, but for the results of the last calls. Turns that need nothing are returned as they are.
 */
export function repairHistory(turns: readonly Turn[], losses: Losses): readonly Turn[] {
  const repair = new Repair(losses)
  for (const [index, turn] of turns.entries()) repair.push(turn, index)
  const out = repair.finish()
  return out.length === turns.length && out.every((turn, index) => turn === turns[index]) ? turns : out
}

/** A call as it goes out, and the id by which the client's result will name it. */
type OpenCall = { readonly original: string; readonly call: ToolCallPart; answer?: ToolResultPart }

type Held = { readonly turn: Turn; readonly index: number }

class Repair {
  readonly #losses: Losses
  readonly #out: Turn[] = []
  readonly #usedIds = new Set<string>()
  readonly #renamed = new Set<string>()
  /** Calls of the newest run of assistant turns. */
  #open: OpenCall[] = []
  /** What came since: it waits until all results of the run are known. */
  #held: Held[] = []

  constructor(losses: Losses) {
    this.#losses = losses
  }

  push(turn: Turn, index: number): void {
    if (turn.role !== 'assistant') {
      this.#held.push({ turn, index })
      return
    }
    if (!this.#runContinues()) this.#close()
    this.#out.push(this.#assistantTurn(turn, index))
  }

  finish(): readonly Turn[] {
    this.#close()
    return this.#out
  }

  /** Assistant turns with nothing but system turns between them call together: vendors see one turn. */
  #runContinues(): boolean {
    return this.#open.length > 0 && this.#held.every(({ turn }) => isInstruction(turn))
  }

  #assistantTurn(turn: Turn, index: number): Turn {
    const parts = turn.parts.flatMap((part, at): readonly Part[] => {
      if (part.kind === 'tool-result') return this.#asText(part, index, at)
      if (part.kind !== 'tool-call') return [part]
      const call = this.#withUniqueId(part)
      this.#open.push({ original: part.id, call })
      return [call]
    })
    return withParts(turn, parts)
  }

  #withUniqueId(call: ToolCallPart): ToolCallPart {
    let id = call.id
    for (let copy = 2; this.#usedIds.has(id); copy++) id = `${call.id}_${copy}`
    this.#usedIds.add(id)
    if (id === call.id) return call
    if (!this.#renamed.has(call.id)) {
      this.#renamed.add(call.id)
      this.#losses.approximated(`tool call ${call.id}`, 'its id was used before; later calls got new ids')
    }
    return { ...call, id }
  }

  /** Ends a round: the results first, in one user turn, then all else that came after the calls. */
  #close(): void {
    const results: ToolResultPart[] = []
    let afterOther = false
    const rest = this.#held.map(({ turn, index }) => {
      const parts = turn.parts.flatMap((part, at): readonly Part[] => {
        const answer = part.kind === 'tool-result' ? this.#answer(part) : undefined
        if (answer === undefined) {
          afterOther = true
          if (part.kind === 'tool-result') return this.#asText(part, index, at)
          return part.kind === 'tool-call' ? this.#callAsText(part, index, at) : [part]
        }
        if (answer === 'repeated') this.#approximated(index, at, 'a repeated tool result was left out')
        else {
          results.push(answer)
          if (afterOther) this.#approximated(index, at, 'a tool result moved up, before other content')
        }
        return []
      })
      return { turn, parts }
    })
    for (const { call, answer } of this.#open) if (answer === undefined) results.push(this.#missing(call))
    this.#emit(results, rest)
    this.#open = []
    this.#held = []
  }

  /** The result as it goes out; undefined when no call of this round waits for it. */
  #answer(result: ToolResultPart): ToolResultPart | 'repeated' | undefined {
    const namesakes = this.#open.filter(({ original }) => original === result.callId)
    const waiting = namesakes.find(({ answer }) => answer === undefined)
    if (waiting === undefined) {
      const same = namesakes.some(
        ({ answer }) => JSON.stringify(answer?.content) === JSON.stringify(result.content),
      )
      return same ? 'repeated' : undefined
    }
    const callId = waiting.call.id
    waiting.answer = callId === result.callId ? result : { ...result, callId }
    return waiting.answer
  }

  #missing(call: ToolCallPart): ToolResultPart {
    this.#losses.approximated(`tool call ${call.id}`, 'it had no result; one was made up that says so')
    return {
      kind: 'tool-result',
      callId: call.id,
      content: [{ kind: 'text', text: NOT_EXECUTED }],
      isError: true,
      ...(call.custom && { custom: call.custom }),
      ...(call.search && { search: call.search }),
    }
  }

  #emit(results: readonly ToolResultPart[], rest: readonly { turn: Turn; parts: readonly Part[] }[]): void {
    const [first, ...others] = rest
    if (first !== undefined && first.turn.role === 'user') {
      this.#pushUnlessEmptied(first.turn, [...results, ...first.parts])
    } else {
      if (results.length > 0) this.#out.push({ role: 'user', parts: results })
      if (first !== undefined) this.#pushUnlessEmptied(first.turn, first.parts)
    }
    for (const { turn, parts } of others) this.#pushUnlessEmptied(turn, parts)
  }

  #pushUnlessEmptied(turn: Turn, parts: readonly Part[]): void {
    if (parts.length > 0 || turn.parts.length === 0) this.#out.push(withParts(turn, parts))
  }

  #asText(result: ToolResultPart, index: number, at: number): readonly Part[] {
    this.#approximated(index, at, 'a tool result without an open call, kept as text')
    return [{ kind: 'text', text: `Result of tool call ${result.callId}:` }, ...result.content]
  }

  #callAsText(call: ToolCallPart, index: number, at: number): readonly Part[] {
    this.#approximated(index, at, 'a tool call outside an assistant turn, kept as text')
    return [{ kind: 'text', text: `Tool call ${call.id}: ${call.name} ${call.input}` }]
  }

  #approximated(index: number, at: number, note: string): void {
    this.#losses.approximated(`messages[${index}].content[${at}]`, note)
  }
}

const isInstruction = ({ role }: Turn): boolean => role === 'system' || role === 'developer'

/** The same turn when its parts are the same. */
function withParts(turn: Turn, parts: readonly Part[]): Turn {
  const same = parts.length === turn.parts.length && parts.every((part, at) => part === turn.parts[at])
  return same ? turn : { ...turn, parts }
}
