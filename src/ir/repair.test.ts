import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Losses } from './dropped.ts'
import type { Part } from './part.ts'
import { NOT_EXECUTED, repairHistory } from './repair.ts'
import type { Turn } from './request.ts'

const text = (value: string): Part => ({ kind: 'text', text: value })
const call = (id: string): Part => ({ kind: 'tool-call', id, name: 'look', input: '{}' })
const result = (callId: string, value = `of ${callId}`): Part => ({
  kind: 'tool-result',
  callId,
  content: [text(value)],
})
const madeUp = (callId: string): Part => ({
  kind: 'tool-result',
  callId,
  content: [text(NOT_EXECUTED)],
  isError: true,
})
const user = (...parts: Part[]): Turn => ({ role: 'user', parts })
const assistant = (...parts: Part[]): Turn => ({ role: 'assistant', parts })
const system = (...parts: Part[]): Turn => ({ role: 'system', parts })

const repair = (...turns: Turn[]) => {
  const losses = new Losses()
  return { turns: repairHistory(turns, losses), dropped: losses.list }
}

describe('a sound history', () => {
  it('is returned as it is, the very same turns', () => {
    const turns = [
      system(text('be brief')),
      user(text('go')),
      assistant(text('hm'), call('a'), call('b')),
      user(result('b'), result('a'), text('and then?')),
      assistant(text('done')),
      system(text('now in French')),
      user(text('merci')),
    ]
    const losses = new Losses()
    expect(repairHistory(turns, losses)).toBe(turns)
    expect(losses.list).toEqual([])
  })

  it('may have one call told over several assistant turns', () => {
    const turns = [user(text('go')), assistant(call('a')), assistant(text('wait')), user(result('a'))]
    expect(repairHistory(turns, new Losses())).toBe(turns)
  })
})

describe('results out of place', () => {
  it('come first in the turn after their calls, in the order the client gave', () => {
    const { turns, dropped } = repair(
      user(text('go')),
      assistant(call('a'), call('b')),
      user(text('here:'), result('b')),
      user(result('a'), text('done')),
    )
    expect(turns).toEqual([
      user(text('go')),
      assistant(call('a'), call('b')),
      user(result('b'), result('a'), text('here:')),
      user(text('done')),
    ])
    expect(dropped.map(({ path }) => path)).toEqual(['messages[2].content[1]', 'messages[3].content[0]'])
  })

  it('move before a system turn that stands between call and result', () => {
    const { turns } = repair(
      user(text('go')),
      assistant(call('a')),
      system(text('careful')),
      user(result('a'), text('next')),
    )
    expect(turns).toEqual([
      user(text('go')),
      assistant(call('a')),
      user(result('a')),
      system(text('careful')),
      user(text('next')),
    ])
  })

  it('answer calls of assistant turns that only a system turn parts', () => {
    const { turns } = repair(
      assistant(call('a')),
      system(text('careful')),
      assistant(call('b')),
      user(result('a'), result('b')),
    )
    expect(turns).toEqual([
      assistant(call('a')),
      assistant(call('b')),
      user(result('a'), result('b')),
      system(text('careful')),
    ])
  })

  it('stay as text when they come after a further assistant turn, and the call is answered in its place', () => {
    const { turns, dropped } = repair(
      assistant(call('a')),
      user(text('never mind')),
      assistant(text('fine')),
      user(result('a')),
    )
    expect(turns).toEqual([
      assistant(call('a')),
      user(madeUp('a'), text('never mind')),
      assistant(text('fine')),
      user(text('Result of tool call a:'), text('of a')),
    ])
    expect(dropped.map(({ path, reason }) => [path, reason])).toEqual([
      ['tool call a', 'approximated'],
      ['messages[3].content[0]', 'approximated'],
    ])
  })
})

describe('results and calls without each other', () => {
  it('a missing result is made up, for custom tools too', () => {
    const custom: Part = { kind: 'tool-call', id: 'c', name: 'patch', input: '***', custom: true }
    const { turns, dropped } = repair(assistant(call('a'), custom), user(result('a')))
    expect(turns.at(-1)).toEqual(user(result('a'), { ...madeUp('c'), custom: true } as Part))
    expect(dropped).toHaveLength(1)
  })

  it('an unanswered call at the end is answered in a turn of its own', () => {
    expect(repair(assistant(call('a'))).turns).toEqual([assistant(call('a')), user(madeUp('a'))])
  })

  it('a result without a call becomes text', () => {
    const { turns, dropped } = repair(user(result('z'), text('go')))
    expect(turns).toEqual([user(text('Result of tool call z:'), text('of z'), text('go'))])
    expect(dropped).toHaveLength(1)
  })

  it('a repeated result is left out, a contradicting one kept as text', () => {
    const { turns } = repair(assistant(call('a')), user(result('a', '1'), result('a', '1'), result('a', '2')))
    expect(turns.at(-1)).toEqual(user(result('a', '1'), text('Result of tool call a:'), text('2')))
  })

  it('a call in a user turn becomes text', () => {
    expect(repair(user(call('a'))).turns).toEqual([user(text('Tool call a: look {}'))])
  })
})

describe('ids used twice', () => {
  it('are told apart, with their results, across turns', () => {
    const { turns, dropped } = repair(
      assistant(call('call_0')),
      user(result('call_0', 'first')),
      assistant(call('call_0')),
      user(result('call_0', 'second')),
      assistant(call('call_0')),
      user(result('call_0', 'third')),
    )
    expect(turns).toEqual([
      assistant(call('call_0')),
      user(result('call_0', 'first')),
      assistant(call('call_0_2')),
      user(result('call_0_2', 'second')),
      assistant(call('call_0_3')),
      user(result('call_0_3', 'third')),
    ])
    expect(dropped).toHaveLength(1)
  })

  it('are told apart by position within one turn', () => {
    const { turns } = repair(assistant(call(''), call('')), user(result('', '1'), result('', '2')))
    expect(turns).toEqual([assistant(call(''), call('_2')), user(result('', '1'), result('_2', '2'))])
  })

  it('never collide with an id that looks like a renamed one', () => {
    const { turns } = repair(
      assistant(call('a_2')),
      user(result('a_2')),
      assistant(call('a'), call('a')),
      user(result('a', '1'), result('a', '2')),
    )
    expect(turns.slice(2)).toEqual([
      assistant(call('a'), call('a_3')),
      user(result('a', '1'), result('a_3', '2')),
    ])
  })
})

const anyTurn: fc.Arbitrary<Turn> = fc.record({
  role: fc.constantFrom('user', 'user', 'assistant', 'assistant', 'system'),
  parts: fc.array(
    fc.oneof(
      fc.constantFrom('x', 'y').map(text),
      fc.constantFrom('a', 'b', 'a_2').map(call),
      fc
        .tuple(fc.constantFrom('a', 'b', 'a_2'), fc.constantFrom('1', '2'))
        .map(([id, value]) => result(id, value)),
    ),
    { minLength: 1, maxLength: 3 },
  ),
})

/** What a vendor with adjacency rules would object to. */
function faultsOf(turns: readonly Turn[]): string[] {
  const faults: string[] = []
  const seen = new Set<string>()
  const open = new Set<string>()
  for (const [index, turn] of turns.entries()) {
    const results = turn.parts.filter((part) => part.kind === 'tool-result')
    if (turn.role === 'assistant' && results.length > 0) faults.push(`${index}: result of an assistant`)
    if (turn.parts.slice(0, results.length).some((part) => part.kind !== 'tool-result'))
      faults.push(`${index}: results are not first`)
    for (const { callId } of results)
      if (!open.delete(callId)) faults.push(`${index}: ${callId} was not open`)
    if (turn.role !== 'assistant' && open.size > 0) faults.push(`${index}: calls left open`)
    for (const part of turn.parts) {
      if (part.kind !== 'tool-call') continue
      if (turn.role !== 'assistant') faults.push(`${index}: call of a user`)
      if (seen.has(part.id)) faults.push(`${index}: ${part.id} twice`)
      seen.add(part.id)
      open.add(part.id)
    }
  }
  if (open.size > 0) faults.push('calls left open at the end')
  return faults
}

describe('for any history', () => {
  it('every call is answered once, at the head of the next user turn, under a unique id', () => {
    fc.assert(
      fc.property(fc.array(anyTurn, { maxLength: 8 }), (input) => {
        expect(faultsOf(repair(...input).turns)).toEqual([])
      }),
    )
  })

  it('repairing twice changes nothing more', () => {
    fc.assert(
      fc.property(fc.array(anyTurn, { maxLength: 8 }), (input) => {
        const once = repair(...input).turns
        expect(repairHistory(once, new Losses())).toBe(once)
      }),
    )
  })

  it('a longer history extends the repaired shorter one, up to the last round of calls', () => {
    fc.assert(
      fc.property(fc.array(anyTurn, { maxLength: 8 }), fc.nat(8), (input, cut) => {
        const whole = repair(...input).turns
        const shorter = repair(...input.slice(0, cut)).turns
        const lastRound = shorter.findLastIndex((turn) => turn.role === 'assistant') + 1
        // The last run of assistant turns may go on after system turns, so the run itself is settled, its end not.
        expect(whole.slice(0, lastRound)).toEqual(shorter.slice(0, lastRound))
      }),
    )
  })
})
