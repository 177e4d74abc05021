import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ModelEvent } from '../ir/event.ts'
import { fold } from '../ir/fold.ts'
import { run } from './sink.ts'
import { cutAtStop, cutText } from './stop-cut.ts'

const start: ModelEvent = { type: 'text-start', at: 0 }
const end: ModelEvent = { type: 'part-end', at: 0 }
const say = (text: string): ModelEvent => ({ type: 'text-delta', at: 0, text })
const whole = (text: string): ModelEvent => ({ type: 'part', at: 0, part: { kind: 'text', text } })
const finish: ModelEvent = { type: 'response-end', finish: { reason: 'stop' } }
const stopped = (stop: string): ModelEvent => ({
  type: 'response-end',
  finish: { reason: 'stop-sequence', stop },
})

function cut(stops: readonly string[], events: readonly ModelEvent[]): { out: ModelEvent[]; cuts: number } {
  let cuts = 0
  const out = run(
    cutAtStop(stops, () => void cuts++),
    events,
  )
  return { out, cuts }
}

describe('cutAtStop', () => {
  it('cuts before a match that spans deltas, ends the answer and says so once', () => {
    const { out, cuts } = cut(['END'], [start, say('one E'), say('N'), say('D two'), say('END'), end, finish])
    expect(out).toEqual([start, say('one '), end, stopped('END')])
    expect(cuts).toBe(1)
  })

  it('lets go at once of what can no longer match', () => {
    const { out, cuts } = cut(['END'], [start, say('E'), say('Nter'), end, finish])
    expect(out).toEqual([start, say('ENter'), end, finish])
    expect(cuts).toBe(0)
  })

  it('holds back nothing that cannot begin a stop', () => {
    expect(cut(['\n\n'], [start, say('a\n'), say('b')]).out).toEqual([start, say('a'), say('\nb')])
  })

  it('lets held text go when its part or the answer ends, or the stream is torn', () => {
    expect(cut(['END'], [start, say('EN'), end, finish]).out).toEqual([start, say('EN'), end, finish])
    expect(cut(['END'], [start, say('EN'), finish]).out).toEqual([start, say('EN'), finish])
    expect(cut(['END'], [start, say('EN')]).out).toEqual([start, say('EN')])
  })

  it('lets held text go before another part starts', () => {
    const call: ModelEvent = { type: 'tool-call-start', at: 1, id: 'c', name: 'n' }
    expect(cut(['END'], [start, say('EN'), call]).out).toEqual([start, say('EN'), call])
  })

  it('takes the sequence that is complete first', () => {
    expect(cut(['abcd', 'bc'], [start, say('abcd')]).out).toEqual([start, say('a'), end, stopped('bc')])
    expect(cut(['bc', 'abc'], [start, say('xabc')]).out).toEqual([start, say('x'), end, stopped('abc')])
  })

  it('leaves tool calls, reasoning and refusals alone', () => {
    const events: ModelEvent[] = [
      { type: 'reasoning-start', at: 0 },
      { type: 'reasoning-delta', at: 0, text: 'END' },
      { type: 'tool-call-start', at: 1, id: 'c', name: 'n' },
      { type: 'tool-call-delta', at: 1, input: '"END"' },
      { type: 'refusal-start', at: 2 },
      { type: 'refusal-delta', at: 2, text: 'END' },
      finish,
    ]
    expect(cut(['END'], events)).toEqual({ out: events, cuts: 0 })
  })

  it('cuts text that arrives whole', () => {
    expect(cut(['END'], [whole('a END b'), finish]).out).toEqual([whole('a '), stopped('END')])
  })

  it('closes every open part when it cuts', () => {
    const think: ModelEvent = { type: 'reasoning-start', at: 1 }
    const { out } = cut(['END'], [start, think, say('END')])
    expect(out).toEqual([start, think, end, { type: 'part-end', at: 1 }, stopped('END')])
  })

  it('is no stage at all without stop sequences', () => {
    expect(cut(['', ''], [start, say('a'), finish]).out).toEqual([start, say('a'), finish])
  })

  it('cuts where cutText cuts, however the text is split', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 12 })
    const sequences = fc.array(
      fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 1, maxLength: 4 }),
      {
        minLength: 1,
        maxLength: 3,
      },
    )
    fc.assert(
      fc.property(fc.array(letters), sequences, (deltas, stops) => {
        const { out, cuts } = cut(stops, [start, ...deltas.map(say), end, finish])
        const { parts, finish: ending } = fold(out)
        const expected = cutText(deltas.join(''), stops)
        expect(parts).toEqual([{ kind: 'text', text: expected.text }])
        expect(ending.stop).toBe(expected.stop)
        expect(cuts).toBe(expected.stop === undefined ? 0 : 1)
      }),
      { numRuns: 500 },
    )
  })
})
