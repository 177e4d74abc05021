import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { GatewayError } from '../errors.ts'
import type { Dropped } from '../ir/dropped.ts'
import type { ModelEvent } from '../ir/event.ts'
import { fold } from '../ir/fold.ts'
import { sequence } from './sequence.ts'
import { collect, run } from './sink.ts'

const text = (at: number): ModelEvent => ({ type: 'text-start', at })
const say = (at: number, words: string): ModelEvent => ({ type: 'text-delta', at, text: words })
const think = (at: number): ModelEvent => ({ type: 'reasoning-start', at })
const thought = (at: number, words: string): ModelEvent => ({ type: 'reasoning-delta', at, text: words })
const call = (at: number): ModelEvent => ({ type: 'tool-call-start', at, id: `call_${at}`, name: 'look' })
const input = (at: number, json: string): ModelEvent => ({ type: 'tool-call-delta', at, input: json })
const end = (at: number): ModelEvent => ({ type: 'part-end', at })
const cite = (at: number): ModelEvent => ({
  type: 'annotation',
  at,
  citation: { kind: 'web', url: 'https://a.example' },
})
const finish: ModelEvent = { type: 'response-end', finish: { reason: 'tool-calls' } }

/** Feeds one event at a time and tells what each let out. */
const live = (events: readonly ModelEvent[]): ModelEvent[][] => {
  const out = collect<ModelEvent>()
  const sink = sequence()(out)
  return events.map((event) => {
    const before = out.values.length
    sink.write(event)
    return out.values.slice(before)
  })
}

describe('sequence', () => {
  it('hands an orderly stream on unchanged', () => {
    const orderly = [
      { type: 'response-start', id: 'r', model: 'm' } as const,
      think(0),
      thought(0, 'hm'),
      { type: 'part-end', at: 0, seal: { value: 's' } } as const,
      text(1),
      say(1, 'hello'),
      end(1),
      call(2),
      input(2, '{}'),
      end(2),
      finish,
    ]
    expect(run(sequence(), orderly)).toEqual(orderly)
  })

  it('numbers parts from 0 without gaps', () => {
    const out = run(sequence(), [text(3), say(3, 'a'), end(3), call(9), input(9, '{}'), end(9)])
    expect(out).toEqual(
      [text(0), say(0, 'a'), end(0), call(1), input(1, '{}'), end(1)].map((e) => ({
        ...e,
        ...(e.type === 'tool-call-start' && { id: 'call_9' }),
      })),
    )
  })

  it('closes text at once when another part starts, and ignores its late end', () => {
    const steps = live([text(0), say(0, 'a'), call(1), end(0), input(1, '{}'), end(1)])
    expect(steps[2]).toEqual([end(0), call(1)])
    expect(steps[3]).toEqual([])
  })

  it('opens a new part for what a closed text still says', () => {
    const out = run(sequence(), [
      text(0),
      say(0, 'a'),
      call(1),
      input(1, '{}'),
      say(0, 'b'),
      say(0, 'c'),
      finish,
    ])
    expect(out).toEqual([
      text(0),
      say(0, 'a'),
      end(0),
      call(1),
      input(1, '{}'),
      end(1),
      text(2),
      say(2, 'b'),
      say(2, 'c'),
      end(2),
      finish,
    ])
  })

  it('streams the second of two calls live when the first is complete', () => {
    const steps = live([
      call(0),
      input(0, '{"a":'),
      input(0, '1}'),
      call(1),
      input(1, '{"b"'),
      input(1, ':2}'),
      end(0),
      end(1),
    ])
    expect(steps[3]).toEqual([end(0), call(1)])
    expect(steps[4]).toEqual([input(1, '{"b"')])
    expect(steps[6]).toEqual([])
    expect(steps[7]).toEqual([end(1)])
  })

  it('holds a call back while the one before is unfinished, and lets it stream live from then on', () => {
    const steps = live([
      call(0),
      call(1),
      input(1, '{"b"'),
      input(0, '{"a"'),
      input(1, ':'),
      input(0, ':1}'),
      input(1, '2}'),
    ])
    expect(steps[1]).toEqual([])
    expect(steps[2]).toEqual([])
    expect(steps[3]).toEqual([input(0, '{"a"')])
    expect(steps[5]).toEqual([input(0, ':1}'), end(0), call(1), input(1, '{"b":')])
    expect(steps[6]).toEqual([input(1, '2}')])
  })

  it('flushes what it held in start order when the answer ends', () => {
    const out = run(sequence(), [
      call(0),
      input(0, '{"cut'),
      call(1),
      text(2),
      input(1, '{}'),
      say(2, 'x'),
      finish,
    ])
    expect(out).toEqual([
      call(0),
      input(0, '{"cut'),
      end(0),
      call(1),
      input(1, '{}'),
      end(1),
      text(2),
      say(2, 'x'),
      end(2),
      finish,
    ])
  })

  it('closes a custom call when the next part starts: its input has no end of its own', () => {
    const custom: ModelEvent = { type: 'tool-call-start', at: 0, id: 'c', name: 'patch', custom: true }
    const steps = live([custom, input(0, '{ not json'), call(1)])
    expect(steps[2]).toEqual([end(0), call(1)])
  })

  it('leaves nothing open when the stream is torn', () => {
    expect(run(sequence(), [text(0), say(0, 'a')])).toEqual([text(0), say(0, 'a'), end(0)])
    expect(
      run(sequence(), [call(0), input(0, '{'), call(1), input(1, '{')]).filter((e) => e.type === 'part-end'),
    ).toHaveLength(2)
  })

  it('leaves what an error tore unended and lets nothing follow it', () => {
    const error: ModelEvent = { type: 'error', error: new GatewayError('upstream-broken', 'cut') }
    expect(run(sequence(), [text(0), error, say(0, 'more'), finish])).toEqual([text(0), error])
  })

  it('brings a citation to its open text, and after its text when that is closed', () => {
    expect(run(sequence(), [text(5), cite(5), call(6), input(6, '{}'), cite(5), finish])).toEqual([
      text(0),
      cite(0),
      end(0),
      { ...call(1), id: 'call_6' },
      input(1, '{}'),
      cite(0),
      end(1),
      finish,
    ])
  })

  it('keeps citations with a text that is held', () => {
    const cite: ModelEvent = {
      type: 'annotation',
      at: 1,
      citation: { kind: 'web', url: 'https://a.example' },
    }
    const out = run(sequence(), [call(0), text(1), say(1, 'a'), cite, say(1, 'b'), input(0, '{}'), finish])
    expect(out.slice(3)).toEqual([text(1), say(1, 'a'), cite, say(1, 'b'), end(1), finish])
  })

  it('holds a whole part until its turn', () => {
    const whole: ModelEvent = {
      type: 'part',
      at: 1,
      part: { kind: 'reasoning', text: '', redacted: true, seal: { value: 's' } },
    }
    const steps = live([call(0), whole, input(0, '{}')])
    expect(steps[1]).toEqual([])
    expect(steps[2]).toEqual([input(0, '{}'), end(0), whole])
  })

  it('keeps the seal that a held part ended with', () => {
    const sealed: ModelEvent = { type: 'part-end', at: 1, seal: { value: 's' } }
    expect(
      run(sequence(), [call(0), think(1), thought(1, 'x'), sealed, input(0, '{}'), finish]),
    ).toContainEqual(sealed)
  })

  it('opens a part for a seal that comes after its reasoning was closed', () => {
    const out = run(sequence(), [
      think(0),
      thought(0, 'x'),
      text(1),
      say(1, 'y'),
      { type: 'part-end', at: 0, seal: { value: 's' } },
      finish,
    ])
    expect(out.slice(-3)).toEqual([think(2), { type: 'part-end', at: 2, seal: { value: 's' } }, finish])
  })

  it('reports input and seals that come after their call was closed', () => {
    const dropped: Dropped[] = []
    const late: ModelEvent = { type: 'part-end', at: 0, seal: { value: 's' } }
    run(
      sequence((loss) => dropped.push(loss)),
      [call(0), input(0, '{}'), call(1), input(0, ' \n'), input(0, '{"x":1}'), late],
    )
    expect(dropped.map(({ path, content }) => [path, content])).toEqual([
      ['parts[0].input', true],
      ['parts[0].seal', undefined],
    ])
  })

  it('passes usage, pings and novelties through at any time', () => {
    const aside: ModelEvent[] = [
      { type: 'usage', usage: { uncached: 1, output: 2 } },
      { type: 'ping' },
      { type: 'opaque', origin: 'chat', value: {} },
    ]
    const steps = live([call(0), call(1), ...aside])
    expect(steps.slice(2).flat()).toEqual(aside)
  })
})

const said = (events: readonly ModelEvent[], type: string): string =>
  events.flatMap((event) => (event.type === type && 'text' in event ? [event.text] : [])).join('')

/** What is wrong with an output that should hold its parts in a row. */
function faults(events: readonly ModelEvent[]): string[] {
  const found: string[] = []
  let open: number | undefined
  let next = 0
  for (const event of events) {
    if (!('at' in event)) continue
    if (event.type.endsWith('-start')) {
      if (open !== undefined) found.push(`${event.at} starts inside ${open}`)
      if (event.at !== next++) found.push(`${event.at} is out of order`)
      open = event.at
      continue
    }
    if (event.at !== open) found.push(`${event.type} of ${event.at} while ${open} is open`)
    if (event.type === 'part-end') open = undefined
  }
  if (open !== undefined) found.push(`${open} stays open`)
  return found
}

/** Parts with their pieces, and an order in which the pieces of different parts interleave. */
const interleaved = fc
  .array(
    fc.record({
      kind: fc.constantFrom('text', 'reasoning', 'tool-call', 'custom'),
      pieces: fc.array(fc.string({ minLength: 1, maxLength: 4 }), { maxLength: 4 }),
      ended: fc.boolean(),
    }),
    { minLength: 1, maxLength: 5 },
  )
  .chain((parts) => {
    const tracks = parts.map((part, at): ModelEvent[] => {
      const closing: ModelEvent[] = part.ended ? [end(at)] : []
      if (part.kind === 'text') return [text(at), ...part.pieces.map((piece) => say(at, piece)), ...closing]
      if (part.kind === 'reasoning')
        return [think(at), ...part.pieces.map((piece) => thought(at, piece)), ...closing]
      if (part.kind === 'custom') {
        const start: ModelEvent = { type: 'tool-call-start', at, id: `c${at}`, name: 'n', custom: true }
        return [start, input(at, part.pieces.join('')), ...closing]
      }
      const json = JSON.stringify({ value: part.pieces })
      return [call(at), ...(json.match(/.{1,5}/gsu) ?? []).map((piece) => input(at, piece)), ...closing]
    })
    const turns = tracks.flatMap((track, at) => track.map(() => at))
    return fc
      .tuple(fc.shuffledSubarray(turns, { minLength: turns.length }), fc.boolean())
      .map(([order, torn]) => {
        // Starts come in order; the rest as the shuffle says. A custom call says all it has before the next start.
        const cursors = tracks.map(() => 0)
        const events: ModelEvent[] = []
        let started = -1
        const take = (at: number): void => {
          while (started < at) {
            started++
            const wanted = parts[started]!.kind === 'custom' ? 2 : 1
            for (let n = 0; n < wanted; n++) events.push(tracks[started]![cursors[started]!++]!)
          }
          const next = tracks[at]![cursors[at]!]
          if (next === undefined) return
          cursors[at]!++
          events.push(next)
        }
        for (const at of order) take(at)
        if (!torn) events.push(finish)
        return events
      })
  })

describe('sequence, whatever the order', () => {
  it('has one part open at a time, closes each once, and numbers them from 0', () => {
    fc.assert(
      fc.property(interleaved, (events) => {
        expect(faults(run(sequence(), events))).toEqual([])
      }),
    )
  })

  it('loses no text, reasoning or input, and keeps each in its order', () => {
    fc.assert(
      fc.property(interleaved, (events) => {
        const dropped: Dropped[] = []
        const before = fold(events).parts
        const after = fold(
          run(
            sequence((loss) => dropped.push(loss)),
            events,
          ),
        ).parts
        expect(dropped).toEqual([])
        const calls = (parts: typeof before) =>
          parts.flatMap((part) => (part.kind === 'tool-call' ? [[part.id, part.input]] : []))
        expect(calls(after)).toEqual(calls(before))
        const out = run(sequence(), events)
        for (const type of ['text-delta', 'reasoning-delta']) {
          expect([...said(out, type)].toSorted()).toEqual([...said(events, type)].toSorted())
        }
      }),
    )
  })
})
