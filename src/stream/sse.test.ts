import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { GatewayError } from '../errors.ts'
import { run } from './sink.ts'
import { formatSse, parseSse, type SseEvent } from './sse.ts'

const parse = (...chunks: (string | Uint8Array)[]): SseEvent[] =>
  run(
    parseSse(),
    chunks.map((chunk) => Buffer.from(chunk as string)),
  )

const limited = (chunks: string[]) => () =>
  run(
    parseSse({ maxEventSize: 100 }),
    chunks.map((chunk) => Buffer.from(chunk)),
  )

describe('parseSse', () => {
  it('reads names, data with and without a space, and joins data lines', () => {
    expect(parse('event: a\ndata: 1\n\ndata:2\n\ndata: x\ndata:  y\ndata\n\n')).toEqual([
      { event: 'a', data: '1' },
      { data: '2' },
      { data: 'x\n y\n' },
    ])
  })

  it('takes LF, CR and CRLF for line ends, mixed too', () => {
    const events = [{ event: 'a', data: '1' }, { data: '2' }]
    for (const end of ['\n', '\r', '\r\n']) {
      expect(parse(['event: a', 'data: 1', '', 'data: 2', '', ''].join(end))).toEqual(events)
    }
    expect(parse('event: a\rdata: 1\r\n\ndata: 2\r\r')).toEqual(events)
  })

  it('does not take a CRLF that is split between chunks for two line ends', () => {
    expect(parse('data: 1\r', '\ndata: 2\r', '\n\r', '\n')).toEqual([{ data: '1\n2' }])
  })

  it('hands an event on as soon as its last byte came, the LF after a CR not awaited', () => {
    const seen: SseEvent[] = []
    const sink = parseSse()({ write: (event) => void seen.push(event), end() {} })
    sink.write(Buffer.from('data: 1\r\n\r'))
    expect(seen).toEqual([{ data: '1' }])
  })

  it('ignores comments, ids, retry times and unknown fields', () => {
    expect(parse(': hello\nid: 7\nretry: 10\nfoo\ndatax: 1\ndata: 1\n\n:\n\n')).toEqual([{ data: '1' }])
  })

  it('gives no event for a name without data, but one for empty data', () => {
    expect(parse('event: ping\n\nevent: x\nevent\ndata:\n\n')).toEqual([{ data: '' }])
  })

  it('skips a byte order mark at the start, split or not, and only there', () => {
    const mark = Buffer.from('\uFEFFdata: \uFEFF1\n\n')
    expect(parse(mark)).toEqual([{ data: '\uFEFF1' }])
    expect(parse(mark.subarray(0, 1), mark.subarray(1, 2), mark.subarray(2))).toEqual([{ data: '\uFEFF1' }])
  })

  it('flushes an event without its blank line, and a line without its end', () => {
    expect(parse('data: 1\n\ndata: 2\n')).toEqual([{ data: '1' }, { data: '2' }])
    expect(parse('data: 1\n\ndata: [DO', 'NE]')).toEqual([{ data: '1' }, { data: '[DONE]' }])
  })

  it('replaces what is not UTF-8 instead of failing', () => {
    const bytes = Buffer.concat([
      Buffer.from('data: a'),
      Buffer.from([0xff, 0xe2, 0x82]),
      Buffer.from('\n\n'),
    ])
    expect(parse(bytes)[0]?.data).toMatch(/^a\uFFFD+$/)
  })

  it('keeps U+2028 and other breaks that are no line ends', () => {
    expect(parse('data: a\u2028b\u0085c\vd\n\n')).toEqual([{ data: 'a\u2028b\u0085c\vd' }])
  })

  it('reads an event of several megabytes that comes in small chunks', () => {
    const payload = 'ä'.repeat(2_000_000)
    const bytes = Buffer.from(`data: ${payload}\n\n`)
    const chunks: Buffer[] = []
    for (let at = 0; at < bytes.length; at += 1_001) chunks.push(bytes.subarray(at, at + 1_001))
    const events = run(parseSse(), chunks)
    expect(events).toHaveLength(1)
    expect(events[0]!.data === payload).toBe(true)
  })

  it('refuses an event beyond its limit, in one line or in many', () => {
    expect(limited([`data: ${'x'.repeat(60)}`, 'x'.repeat(60)])).toThrow(GatewayError)
    expect(limited([`data: ${'x'.repeat(120)}\n\n`])).toThrow(/more than 100 bytes/)
    expect(limited(Array.from({ length: 30 }, () => 'data: 1234\n'))).toThrow(GatewayError)
    expect(limited(Array.from({ length: 30 }, () => 'data: 1234\n\n'))()).toHaveLength(30)
  })

  it('gives the same events however the bytes are split', () => {
    const line = fc.oneof(
      fc.constantFrom('data: {"a":"ü€😀"}', 'event: delta', 'data:', ': ping', 'id: 1', '', '', 'data:x'),
      fc.string({ unit: 'grapheme' }).map((text) => `data: ${text}`),
    )
    const wire = fc
      .array(fc.tuple(line, fc.constantFrom('\n', '\r', '\r\n')))
      .map((lines) => Buffer.from(lines.flat().join('')))
    fc.assert(
      fc.property(wire, fc.array(fc.nat()), (bytes, cuts) => {
        const places = cuts.map((cut) => cut % (bytes.length + 1)).toSorted((a, b) => a - b)
        const chunks = [...places, bytes.length].map((to, n) => bytes.subarray(places[n - 1] ?? 0, to))
        expect(run(parseSse(), chunks)).toEqual(run(parseSse(), [bytes]))
      }),
      { numRuns: 500 },
    )
  })

  it('gives the same events byte by byte', () => {
    const bytes = Buffer.from('\uFEFFevent: a\r\ndata: ü€😀\r\n\r\ndata: 2\n\n: x\rdata: 3\r\r')
    const single = Array.from(bytes, (_, at) => bytes.subarray(at, at + 1))
    expect(run(parseSse(), single)).toEqual([{ event: 'a', data: 'ü€😀' }, { data: '2' }, { data: '3' }])
  })
})

describe('formatSse', () => {
  it('writes what parseSse reads', () => {
    const field = fc.string({ unit: 'grapheme' }).map((text) => text.replaceAll('\r', ''))
    fc.assert(
      fc.property(
        field,
        fc.option(fc.stringMatching(/^[a-z._]{1,20}$/), { nil: undefined }),
        (data, event) => {
          const written: SseEvent = event === undefined ? { data } : { event, data }
          expect(parse(formatSse(written))).toEqual([written])
        },
      ),
    )
  })

  it('lets no line break in the data break the frame', () => {
    expect(formatSse({ data: 'a\rb\r\nc\n\nd' })).toBe('data: a\ndata: b\ndata: c\ndata: \ndata: d\n\n')
  })
})
