import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { unfold } from '../../src/ir/fold.ts'
import { run } from '../../src/stream/sink.ts'
import { formatSse, parseSse } from '../../src/stream/sse.ts'
import { response } from './arbitraries.ts'
import { contextFor } from './context.ts'
import { SUBJECTS } from './protocols.ts'
import { runs } from './runs.ts'

/** Where to cut, as shares of the whole. */
const cuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 12 })

describe.each(SUBJECTS)('chunking: $id', ({ protocol, faithful }) => {
  test('bytes split anywhere give the same events', () => {
    fc.assert(
      fc.property(response, cuts, fc.constantFrom('\n', '\r\n', '\r'), (answer, where, newline) => {
        const events = run(protocol.encodeStream(contextFor(true)), unfold(answer))
        const text = events.map(formatSse).join('').replaceAll('\n', newline)
        const bytes = Buffer.from(text)
        expect(run(parseSse(), split(bytes, where))).toEqual(events)
        const decoded = run(protocol.decodeStream(faithful), run(parseSse(), split(bytes, where)))
        expect(decoded).toEqual(run(protocol.decodeStream(faithful), events))
      }),
      runs(200),
    )
  })

  test('one byte at a time gives the same events', () => {
    fc.assert(
      fc.property(response, (answer) => {
        const events = run(protocol.encodeStream(contextFor(true)), unfold(answer))
        const bytes = Buffer.from(events.map(formatSse).join(''))
        expect(
          run(
            parseSse(),
            [...bytes].map((byte) => Buffer.of(byte)),
          ),
        ).toEqual(events)
      }),
      runs(20),
    )
  })
})

function split(bytes: Buffer, where: readonly number[]): Buffer[] {
  const points = [
    0,
    ...where.map((share) => Math.floor(share * bytes.length)).toSorted((a, b) => a - b),
    bytes.length,
  ]
  return points.slice(1).map((end, index) => bytes.subarray(points[index], end))
}
