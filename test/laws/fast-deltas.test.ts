import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ModelEvent } from '../../src/ir/event.ts'
import { unfold } from '../../src/ir/fold.ts'
import { collect, run } from '../../src/stream/sink.ts'
import { formatSse, parseSse, type SkimmingSink, type SseEvent } from '../../src/stream/sse.ts'
import { response } from './arbitraries.ts'
import { contextFor } from './context.ts'
import { eventSequence } from './event-arbitraries.ts'
import { SUBJECTS, subjectOf } from './protocols.ts'
import { runs } from './runs.ts'
import { wireStream, type Skimmed } from './wire-arbitraries.ts'

const skimmed: readonly Skimmed[] = ['chat', 'messages', 'responses']

describe.each(skimmed)('fast deltas: %s', (id) => {
  const { protocol, faithful } = subjectOf(id)!
  const decode = (chunks: Iterable<Uint8Array>, fastPaths?: 'off'): ModelEvent[] =>
    run(
      (out) => parseSse(fastPaths === undefined ? {} : { fastPaths })(protocol.decodeStream(faithful)(out)),
      chunks,
    )

  test('a stream says the same skimmed and read in full', () => {
    fc.assert(
      fc.property(wireStream(id), (chunks) => {
        expect(decode(chunks)).toEqual(decode(chunks, 'off'))
      }),
      runs(1500),
    )
  })

  test('what we write ourselves says the same skimmed and read in full', () => {
    fc.assert(
      fc.property(response, (answer) => {
        const events = run(protocol.encodeStream(contextFor(true)), unfold(answer))
        const bytes = [Buffer.from(events.map(formatSse).join(''))]
        expect(decode(bytes)).toEqual(decode(bytes, 'off'))
      }),
      runs(150),
    )
  })

  test('most deltas of a plain stream are skimmed', () => {
    const parts: ModelEvent[] = Array.from({ length: 50 }, (_, n) => ({
      type: 'text-delta',
      at: 0,
      text: `${n} "é"\n`,
    }))
    const said: ModelEvent[] = [
      { type: 'response-start', id: 'r', model: 'm' },
      { type: 'text-start', at: 0 },
      ...parts,
      { type: 'part-end', at: 0 },
      { type: 'response-end', finish: { reason: 'stop' } },
    ]
    const bytes = Buffer.from(
      run(protocol.encodeStream(contextFor(true)), said)
        .map(formatSse)
        .join(''),
    )
    let inFull = 0
    const out = collect<ModelEvent>()
    const decoder: SkimmingSink = protocol.decodeStream(faithful)(out)
    const counting: SkimmingSink = {
      write(event) {
        inFull++
        decoder.write(event)
      },
      skim: (text, start) => decoder.skim?.(text, start) ?? start,
      end: () => decoder.end(),
    }
    run(() => parseSse()(counting), [bytes])
    expect(out.values.filter((event) => event.type === 'text-delta')).toEqual(parts)
    expect(inFull).toBeLessThan(14)
  })
})

describe.each(SUBJECTS)('ready frames: $id', ({ protocol }) => {
  test('an event is the same bytes, ready or not', () => {
    fc.assert(
      fc.property(eventSequence, (events) => {
        const plain = run(protocol.encodeStream(contextFor(true)), events)
          .map(formatSse)
          .join('')
        let ready = ''
        const frames = {
          write: (event: SseEvent) => void (ready += Buffer.from(formatSse(event)).toString('latin1')),
          frame: (bytes: string) => void (ready += bytes),
          end() {},
        }
        const encoder = protocol.encodeStream(contextFor(true))(frames)
        for (const event of events) encoder.write(event)
        encoder.end()
        expect(Buffer.from(ready, 'latin1').toString()).toBe(plain)
      }),
      runs(300),
    )
  })
})
