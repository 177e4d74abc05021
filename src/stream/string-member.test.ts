import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { StringMember } from './string-member.ts'

function read(pieces: readonly string[]): string {
  const member = new StringMember('input')
  return pieces.map((piece) => member.push(piece)).join('') + member.finish()
}

describe('a string member', () => {
  it('is decoded the same however its JSON is cut', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme' }),
        fc.array(fc.nat(200)),
        fc.boolean(),
        (text, cuts, escape) => {
          let json = JSON.stringify({ input: text })
          if (escape)
            json = json.replace(
              /[\u0080-\uffff]/g,
              (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
            )
          const points = [
            0,
            ...cuts.map((cut) => cut % (json.length + 1)).toSorted((a, b) => a - b),
            json.length,
          ]
          expect(read(points.slice(1).map((end, i) => json.slice(points[i], end)))).toBe(text)
        },
      ),
    )
  })

  it('streams before the object is complete', () => {
    const member = new StringMember('input')
    expect(member.push('{"input":"*** Begin')).toBe('*** Begin')
    expect(member.push(' Patch\\')).toBe(' Patch')
    expect(member.push('n"}')).toBe('\n')
    expect(member.finish()).toBe('')
  })

  it('falls back to the whole text where the model wrote no such object', () => {
    expect(read(['*** Begin Patch'])).toBe('*** Begin Patch')
    expect(read(['{"patch":"text"}'])).toBe('text')
    expect(read(['{"input":""}'])).toBe('')
  })
})
