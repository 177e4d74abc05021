import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isEnvelope, openSeal, wrapSeal } from './seal.ts'

describe('an envelope', () => {
  it('gives back issuer, model and secret byte for byte, whatever they hold', () => {
    const text = fc.string({ unit: 'grapheme' })
    fc.assert(
      fc.property(text, text, text, text, (issuer, model, value, secret) => {
        const key = `k${secret}`
        expect(openSeal(wrapSeal({ issuer, model, value }, key), key)).toEqual({ issuer, model, value })
      }),
    )
  })

  it('is the same every time, so that a replayed history keeps its bytes', () => {
    const seal = { issuer: 'azure', model: 'gpt', value: 'secret' }
    expect(wrapSeal(seal, 'k')).toBe(wrapSeal(seal, 'k'))
  })

  it('does not open with another secret or after any change', () => {
    const envelope = wrapSeal({ issuer: 'azure', model: 'gpt', value: 'secret' }, 'k')
    expect(openSeal(envelope, 'other')).toBeUndefined()
    fc.assert(
      fc.property(fc.nat(envelope.length - 1), (at) => {
        const torn = envelope.slice(0, at) + (envelope[at] === 'A' ? 'B' : 'A') + envelope.slice(at + 1)
        const opened = openSeal(torn, 'k')
        // A change in the prefix makes it no envelope at all: then it is a bare text of nobody's.
        expect(opened === undefined || opened.issuer === undefined).toBe(true)
      }),
    )
  })

  it('is told from a vendor’s bare signature', () => {
    expect(isEnvelope('EqQBCgIYAhIk')).toBe(false)
    expect(openSeal('EqQBCgIYAhIk', 'k')).toEqual({ value: 'EqQBCgIYAhIk' })
  })
})
