import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { byteText, fromByteText } from './byte-text.ts'
import { Output } from './output.ts'

describe('byte text', () => {
  it('has one character for each byte of UTF-8', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(Buffer.from(byteText(text), 'latin1')).toEqual(Buffer.from(text, 'utf8'))
      }),
    )
  })

  it('is text again', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(fromByteText(byteText(text))).toBe(text)
      }),
    )
  })

  it('joins with text and chunks to the same bytes', () => {
    const output = new Output()
    output.append('\u00e9\u{1F680}')
    output.appendBytes(byteText('\u2192'))
    output.append(Buffer.from('\u00df'))
    output.append('z')
    expect(Buffer.from(output.take() ?? []).toString()).toBe('\u00e9\u{1F680}\u2192\u00dfz')
    expect(output.take()).toBeUndefined()
  })
})
