import type { Losses } from './dropped.ts'
import type { Part, ToolCallPart, ToolResultPart } from './part.ts'
import type { Turn } from './request.ts'

/** What a model is told about a call whose result the client no longer has (compaction, Esc, trimming). */
export const NOT_EXECUTED = 'The tool call was not executed.'

/**
 * A history that vendors with adjacency rules accept: every tool call of an assistant turn is answered, once,
 * at the head of the user turn that follows. Late results move up, missing ones are made up as errors, results
 * without a call become text, a second result for the same call is left out. Everything changed is reported.
 * Untouched turns are returned as they are, so that a sound history costs nothing and stays the same bytes.
 */
export function repairHistory(turns: readonly Turn[], losses: Losses): readonly Turn[] {
  if (isSound(turns)) return turns
  const results = new Map<string, ToolResultPart>()
  for (const turn of turns) {
    for (const part of turn.parts)
      if (part.kind === 'tool-result' && !results.has(part.callId)) results.set(part.callId, part)
  }
  const called = new Set<string>()
  const placed = new Set<string>()
  const out: Turn[] = []
  for (const [index, turn] of turns.entries()) {
    if (turn.role === 'assistant') {
      out.push(turn)
      const calls = openCalls(turns, index).filter((call) => !called.has(call.id))
      for (const call of calls) called.add(call.id)
      if (calls.length > 0)
        out.push({ role: 'user', parts: calls.map((call) => resultFor(call, results, placed, losses)) })
      continue
    }
    const parts = turn.parts.flatMap((part, at) =>
      keepPart(part, `messages[${index}].content[${at}]`, called, losses),
    )
    if (parts.length > 0) out.push({ ...turn, parts })
  }
  return mergeResults(out)
}

/** Calls of an assistant turn, counted at the last of a run of assistant turns: vendors see one turn. */
function openCalls(turns: readonly Turn[], index: number): ToolCallPart[] {
  if (turns[index + 1]?.role === 'assistant') return []
  const calls: ToolCallPart[] = []
  for (let i = index; turns[i]?.role === 'assistant'; i--) {
    calls.unshift(...turns[i]!.parts.filter((part) => part.kind === 'tool-call'))
  }
  return calls
}

function resultFor(
  call: ToolCallPart,
  results: Map<string, ToolResultPart>,
  placed: Set<string>,
  losses: Losses,
): ToolResultPart {
  const known = placed.has(call.id) ? undefined : results.get(call.id)
  placed.add(call.id)
  if (known !== undefined) return known
  losses.approximated(`tool call ${call.id}`, 'it had no result; one was made up that says so')
  const custom = call.custom === undefined ? {} : { custom: call.custom }
  return {
    kind: 'tool-result',
    callId: call.id,
    content: [{ kind: 'text', text: NOT_EXECUTED }],
    isError: true,
    ...custom,
  }
}

/** Results stand where their call put them by now: here they only remain as text when no call was seen. */
function keepPart(part: Part, path: string, called: ReadonlySet<string>, losses: Losses): readonly Part[] {
  if (part.kind !== 'tool-result') return [part]
  if (called.has(part.callId)) return []
  losses.approximated(path, 'a tool result without its call, kept as text')
  return part.content.map((inner): Part => inner)
}

/** A user turn of results followed by a user turn becomes one, results first. */
function mergeResults(turns: readonly Turn[]): Turn[] {
  const out: Turn[] = []
  for (const turn of turns) {
    const last = out.at(-1)
    const onlyResults = last?.role === 'user' && last.parts.every((part) => part.kind === 'tool-result')
    if (last !== undefined && onlyResults && turn.role === 'user') {
      out[out.length - 1] = { ...turn, parts: [...last.parts, ...turn.parts] }
    } else out.push(turn)
  }
  return out
}

function isSound(turns: readonly Turn[]): boolean {
  let pending: string[] = []
  const seen = new Set<string>()
  for (const [index, turn] of turns.entries()) {
    const results = turn.parts.flatMap((part) => (part.kind === 'tool-result' ? [part.callId] : []))
    if (results.length > 0) {
      if (turn.role !== 'user' || results.length > pending.length) return false
      const head = turn.parts.slice(0, results.length)
      if (head.some((part) => part.kind !== 'tool-result')) return false
      for (const id of results) {
        if (!pending.includes(id)) return false
        pending = pending.filter((other) => other !== id)
      }
    }
    if (pending.length > 0) return false
    for (const part of turn.parts) {
      if (part.kind !== 'tool-call') continue
      if (turn.role !== 'assistant' || seen.has(part.id)) return false
      seen.add(part.id)
    }
    if (turn.role === 'assistant' && turns[index + 1]?.role !== 'assistant') {
      pending = openCalls(turns, index).map((call) => call.id)
    }
  }
  return pending.length === 0
}
