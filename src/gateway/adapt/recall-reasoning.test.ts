import { describe, expect, it } from 'vitest'
import type { ModelEvent } from '../../ir/event.ts'
import type { Part, ReasoningPart } from '../../ir/part.ts'
import type { Turn } from '../../ir/request.ts'
import { unfold } from '../../ir/fold.ts'
import { run } from '../../stream/sink.ts'
import { ReasoningStore } from '../reasoning-store.ts'
import { adaptAll } from './adaptation.ts'
import { recallReasoning, rememberReasoning } from './recall-reasoning.ts'

const thought = (text: string): ReasoningPart => ({
  kind: 'reasoning',
  text,
  seal: { value: `seal of ${text}` },
})
const call = (id: string, input = '{}'): Part => ({ kind: 'tool-call', id, name: 'Bash', input })
const text: Part = { kind: 'text', text: 'I look.' }

function answered(parts: readonly Part[], store = new ReasoningStore()) {
  const events: ModelEvent[] = [...unfold({ id: 'r', model: 'm', parts, finish: { reason: 'tool-calls' } })]
  expect(run(rememberReasoning(store), events)).toEqual(events)
  return store
}

function recalled(parts: readonly Part[], store: ReasoningStore) {
  const request = { model: 'm', stream: false, tools: [], turns: [{ role: 'assistant', parts }] } as const
  return adaptAll(request, [recallReasoning(store)]).request.turns[0]?.parts
}

describe('reasoning that a client has no slot for', () => {
  it('comes back before the text and calls that it led to', () => {
    const parts = [thought('a'), text, call('1'), thought('b'), call('2')]
    expect(recalled([text, call('1'), call('2')], answered(parts))).toEqual(parts)
  })

  it('takes the place of the client’s own copy without a seal', () => {
    const store = answered([thought('a'), call('1')])
    expect(recalled([{ kind: 'reasoning', text: 'a' }, call('1')], store)).toEqual([thought('a'), call('1')])
  })

  it('stays away where the client sent its own back, or the call is another', () => {
    const store = answered([thought('a'), call('1', '{"x":1}')])
    const own = [thought('own'), call('1', '{"x":1}')]
    expect(recalled(own, store)).toEqual(own)
    expect(recalled([call('1', '{"x":2}')], store)).toEqual([call('1', '{"x":2}')])
  })

  it('stays away where it opens the same answer, told as several messages', () => {
    const store = answered([thought('a'), text, text, call('1')])
    const result: Part = { kind: 'tool-result', callId: '1', content: [] }
    const turns: readonly Turn[] = [
      { role: 'assistant', parts: [thought('a'), text] },
      { role: 'assistant', parts: [text, call('1')] },
      { role: 'user', parts: [result] },
    ]
    const request = { model: 'm', stream: false, tools: [], turns }
    expect(adaptAll(request, [recallReasoning(store)]).request.turns).toEqual(turns)
    // A later answer is another one.
    const later = { ...request, turns: [...turns, { role: 'assistant' as const, parts: [call('1')] }] }
    expect(adaptAll(later, [recallReasoning(store)]).request.turns.at(-1)?.parts).toHaveLength(2)
  })

  it('is found for a call without input, however that is written', () => {
    expect(recalled([call('1', '{}')], answered([thought('a'), call('1', '')]))).toHaveLength(2)
  })

  it('is forgotten oldest first when there is too much of it', () => {
    const store = new ReasoningStore({ entries: 2, size: 1000 })
    for (const id of ['1', '2']) answered([thought(id), call(id)], store)
    recalled([call('1')], store)
    answered([thought('3'), call('3')], store)
    expect(recalled([call('2')], store)).toHaveLength(1)
    expect(recalled([call('1')], store)).toHaveLength(2)
    answered([thought('x'.repeat(2000)), call('4')], store)
    expect(recalled([call('1')], store)).toHaveLength(1)
  })
})
