import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ModelEvent } from '../../src/ir/event.ts'
import { unfold } from '../../src/ir/fold.ts'
import { run } from '../../src/stream/sink.ts'
import { response } from './arbitraries.ts'
import { contextFor } from './context.ts'
import { eventSequence, interleaved } from './event-arbitraries.ts'
import { SUBJECTS } from './protocols.ts'
import { runs } from './runs.ts'

describe.each(SUBJECTS)('grammar: $id', ({ protocol, faithful, grammar, finishes }) => {
  const encode = (events: readonly ModelEvent[]) => run(protocol.encodeStream(contextFor(true)), events)

  test('a sound answer is written without a fault', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          response.map((answer) => [...unfold(answer)]),
          interleaved(),
        ),
        (events) => {
          expect(grammar(encode(events))).toEqual({ faults: [], ending: 'success' })
        },
      ),
      runs(250),
    )
  })

  test('torn, doubled and shuffled events are written without a fault', () => {
    fc.assert(
      fc.property(eventSequence, (events) => {
        expect(grammar(encode(events)).faults).toEqual([])
      }),
      runs(800),
    )
  })

  test('an answer that never ended does not look like one that did', () => {
    fc.assert(
      fc.property(eventSequence, (events) => {
        const end = events.find((event) => event.type === 'response-end' || event.type === 'error')
        fc.pre(end?.type !== 'response-end')
        expect(grammar(encode(events)).ending).toBe('error')
      }),
      runs(500),
    )
  })

  test('an upstream that broke off is an error, wherever it broke', () => {
    fc.assert(
      fc.property(response, fc.nat(), (answer, cut) => {
        const whole = encode([...unfold(answer)])
        const last = whole.findIndex(finishes)
        expect(last).toBeGreaterThanOrEqual(0)
        const decoded = run(protocol.decodeStream(faithful), whole.slice(0, cut % (last + 1)))
        expect(decoded.filter(isTerminal).map((event) => event.type)).toEqual(['error'])
        expect(isTerminal(decoded.at(-1)!)).toBe(true)
      }),
      runs(250),
    )
  })

  test('exactly one terminal event is read from any stream', () => {
    fc.assert(
      fc.property(eventSequence, fc.array(fc.nat({ max: 30 }), { maxLength: 3 }), (events, drops) => {
        const wire = drops.reduce(
          (list, drop) => list.toSpliced(drop % Math.max(list.length, 1), 1),
          encode(events),
        )
        const decoded = run(protocol.decodeStream(faithful), wire)
        expect(decoded.filter(isTerminal)).toHaveLength(1)
        expect(isTerminal(decoded.at(-1)!)).toBe(true)
      }),
      runs(400),
    )
  })

  test('what is no stream at all is an error and no crash', () => {
    const junk = fc.record(
      {
        event: fc.constantFrom('message_start', 'error', 'novelty', 'response.created'),
        data: fc.oneof(
          fc.string(),
          fc.constantFrom(
            '',
            '[DONE]',
            'null',
            '[]',
            '{}',
            '{"type":"message_start"}',
            '{"choices":[{}]}',
            '{"choices":null}',
            '{"error":"no"}',
          ),
          fc.json({ maxDepth: 2 }),
        ),
      },
      { requiredKeys: ['data'] },
    )
    fc.assert(
      fc.property(fc.array(junk, { maxLength: 6 }), (events) => {
        const decoded = run(protocol.decodeStream(faithful), events)
        expect(decoded.filter(isTerminal)).toHaveLength(1)
        expect(isTerminal(decoded.at(-1)!)).toBe(true)
      }),
      runs(300),
    )
  })
})

const isTerminal = (event: ModelEvent): boolean => event.type === 'response-end' || event.type === 'error'
