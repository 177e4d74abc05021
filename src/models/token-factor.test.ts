import { describe, expect, it } from 'vitest'
import { TokenFactors } from './token-factor.ts'

describe('the token factor', () => {
  it('is one until something was learned', () => {
    expect(new TokenFactors().correct('m', 1000)).toBe(1000)
  })

  it('comes near what the upstream counts', () => {
    const factors = new TokenFactors()
    for (let i = 0; i < 30; i++) factors.learn('m', 1000, 1300)
    expect(factors.correct('m', 1000)).toBe(1300)
    expect(factors.correct('other', 1000)).toBe(1000)
  })

  it('does not learn from tiny prompts or absurd counts', () => {
    const factors = new TokenFactors()
    factors.learn('m', 10, 400)
    expect(factors.correct('m', 1000)).toBe(1000)
    factors.learn('m', 1000, 90_000)
    expect(factors.correct('m', 1000)).toBe(3000)
  })

  it('forgets the least recently learned model', () => {
    const factors = new TokenFactors()
    factors.learn('first', 1000, 2000)
    for (let i = 0; i < 500; i++) factors.learn(`m${i}`, 1000, 1500)
    expect(factors.correct('first', 1000)).toBe(1000)
    expect(factors.correct('m499', 1000)).toBe(1500)
  })

  it('is due for a model once in ten seconds', () => {
    const factors = new TokenFactors()
    expect(factors.isDue('m', 0)).toBe(true)
    expect(factors.isDue('m', 9_999)).toBe(false)
    expect(factors.isDue('other', 9_999)).toBe(true)
    expect(factors.isDue('m', 10_000)).toBe(true)
  })
})
