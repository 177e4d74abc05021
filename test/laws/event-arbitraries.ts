/** Event sequences good and bad, for the laws about streams. */
import * as fc from 'fast-check'
import { GatewayError } from '../../src/errors.ts'
import type { ModelEvent } from '../../src/ir/event.ts'
import { unfold } from '../../src/ir/fold.ts'
import { response, responseWith, usage } from './arbitraries.ts'
import { callId, type Feature } from './part-arbitraries.ts'

const at = fc.nat({ max: 3 })

/** One event that may be out of place. */
const strayEvent: fc.Arbitrary<ModelEvent> = fc.oneof(
  fc.constant<ModelEvent>({ type: 'response-start', id: 'again', model: 'other' }),
  at.map((n): ModelEvent => ({ type: 'text-start', at: n })),
  at.map((n): ModelEvent => ({ type: 'text-delta', at: n, text: 'stray' })),
  at.map((n): ModelEvent => ({ type: 'reasoning-start', at: n })),
  at.map((n): ModelEvent => ({ type: 'reasoning-delta', at: n, text: 'stray thought' })),
  at.map((n): ModelEvent => ({ type: 'refusal-start', at: n })),
  at.map((n): ModelEvent => ({ type: 'refusal-delta', at: n, text: 'no' })),
  fc.tuple(at, callId).map(([n, id]): ModelEvent => ({ type: 'tool-call-start', at: n, id, name: 'search' })),
  fc
    .tuple(at, fc.constantFrom('{', '}', '{}', '"q":', '{"q":1}', ''))
    .map(([n, input]): ModelEvent => ({ type: 'tool-call-delta', at: n, input })),
  at.map((n): ModelEvent => ({ type: 'part-end', at: n })),
  at.map((n): ModelEvent => ({ type: 'part-end', at: n, seal: { value: 'c2VhbA==' } })),
  at.map((n): ModelEvent => ({ type: 'part', at: n, part: { kind: 'text', text: 'whole' } })),
  at.map((n): ModelEvent => ({
    type: 'part',
    at: n,
    part: { kind: 'reasoning', text: '', redacted: true, seal: { value: 'cg==' } },
  })),
  fc.tuple(at, callId).map(([n, id]): ModelEvent => ({
    type: 'part',
    at: n,
    part: { kind: 'tool-call', id, name: 'search', input: '{"q":1}' },
  })),
  at.map((n): ModelEvent => ({
    type: 'part',
    at: n,
    part: { kind: 'opaque', origin: 'messages', value: { type: 'novelty' } },
  })),
  at.map((n): ModelEvent => ({
    type: 'annotation',
    at: n,
    citation: { kind: 'web', url: 'https://example.com/', title: 'A' },
  })),
  usage.map((value): ModelEvent => ({ type: 'usage', usage: value })),
  fc.constantFrom<ModelEvent>(
    { type: 'response-end', finish: { reason: 'stop' } },
    { type: 'response-end', finish: { reason: 'tool-calls' } },
    { type: 'response-end', finish: { reason: 'length' } },
    { type: 'response-end', finish: { reason: 'pause' } },
    { type: 'ping' },
    { type: 'opaque', origin: 'chat', value: { novelty: 1 } },
  ),
  fc.constant(0).map((): ModelEvent => ({
    type: 'error',
    error: new GatewayError('upstream-broken', 'the upstream broke off'),
  })),
)

type Damage = {
  readonly kind: 'drop' | 'twice' | 'swap' | 'insert' | 'cut'
  readonly where: number
  readonly event: ModelEvent
}

const damage: fc.Arbitrary<Damage> = fc.record({
  kind: fc.constantFrom('drop', 'twice', 'swap', 'insert', 'cut'),
  where: fc.nat({ max: 40 }),
  event: strayEvent,
})

const interleavable = fc
  .subarray<Feature>(['reasoning', 'tools', 'parallel-calls'])
  .chain((features) => responseWith(new Set(features)))

/** Event sequences good and bad: sound ones, sound ones with damage, and pure noise. */
export const eventSequence: fc.Arbitrary<ModelEvent[]> = fc.oneof(
  { arbitrary: response.map((value) => [...unfold(value)]), weight: 1 },
  { arbitrary: interleaved(), weight: 2 },
  {
    arbitrary: fc
      .tuple(interleaved(), fc.array(damage, { minLength: 1, maxLength: 3 }))
      .map(([events, faults]) => faults.reduce(hurt, events)),
    weight: 5,
  },
  { arbitrary: fc.array(strayEvent, { maxLength: 12 }), weight: 2 },
)

/** A sound answer whose parts stream in turns, as Chat streams parallel calls. Parts begin in order. */
export function interleaved(): fc.Arbitrary<ModelEvent[]> {
  const order = fc.array(fc.nat({ max: 5 }), { minLength: 1, maxLength: 30 })
  return fc.tuple(interleavable, order).map(([value, picks]) => {
    const [start, ...rest] = unfold(value)
    const lanes = value.parts.map((_, part) => rest.filter((event) => 'at' in event && event.at === part))
    const out: ModelEvent[] = [start!]
    let begun = 0
    for (let step = 0; lanes.some((lane) => lane.length > 0); step++) {
      const open = lanes.slice(0, begun + 1).filter((lane) => lane.length > 0)
      const lane = open[picks[step % picks.length]! % open.length]!
      if (lane === lanes[begun]) begun++
      out.push(lane.shift()!)
    }
    return [...out, ...rest.filter((event) => !('at' in event))]
  })
}

function hurt(events: ModelEvent[], { kind, where, event }: Damage): ModelEvent[] {
  const index = where % Math.max(events.length, 1)
  switch (kind) {
    case 'drop':
      return events.toSpliced(index, 1)
    case 'twice':
      return events[index] === undefined ? events : events.toSpliced(index, 0, events[index])
    case 'swap': {
      const [a, b] = [events[index], events[index + 1]]
      return a === undefined || b === undefined ? events : events.toSpliced(index, 2, b, a)
    }
    case 'insert':
      return events.toSpliced(index, 0, event)
    case 'cut':
      return events.slice(0, index)
    default:
      return kind satisfies never
  }
}
