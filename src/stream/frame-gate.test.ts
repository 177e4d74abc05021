import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FrameGate } from './frame-gate.ts'

function through(chunks: readonly string[]): { open: string[]; rest: string } {
  const open: string[] = []
  const gate = new FrameGate((bytes) => open.push(bytes.toString('utf8')))
  for (const chunk of chunks) gate.push(Buffer.from(chunk))
  const before = open.length
  gate.flush()
  return { open: open.slice(0, before), rest: open.slice(before).join('') }
}

describe('the frame gate', () => {
  it('lets whole frames through at once and holds a torn one', () => {
    expect(through(['data: 1\n\ndata: 2\n\nda', 'ta: 3'])).toEqual({
      open: ['data: 1\n\ndata: 2\n\n'],
      rest: 'data: 3',
    })
  })

  it('knows a blank line in every line ending', () => {
    for (const blank of ['\n\n', '\r\r', '\r\n\r\n', '\n\r\n']) {
      expect(through([`data: 1${blank}data: 2`]).rest).toBe('data: 2')
    }
  })

  it('loses and changes nothing however the bytes are cut', () => {
    const frames = fc.array(
      fc.constantFrom('data: {"a":1}\n\n', 'event: x\r\ndata: y\r\n\r\n', ': ping\n\n', 'tail'),
    )
    fc.assert(
      fc.property(frames, fc.array(fc.nat(60)), (list, cuts) => {
        const text = list.join('')
        const points = [0, ...cuts.map((c) => c % (text.length + 1)).toSorted((a, b) => a - b), text.length]
        const { open, rest } = through(points.slice(1).map((end, i) => text.slice(points[i], end)))
        expect(open.join('') + rest).toBe(text)
        expect(rest).not.toMatch(/\n\n|\r\n\r\n/)
      }),
    )
  })
})
