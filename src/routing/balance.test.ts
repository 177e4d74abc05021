import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { balanced } from './balance.ts'
import { targetName, type Step } from './rule.ts'

const step = (weights: readonly number[]): Step => ({
  targets: weights.map((_, index) => ({ provider: `region-${index}`, model: 'gpt' })),
  weights,
})

const first = (of: Step, session: string) => targetName(balanced(of, session)[0]!)

const shares = (of: Step, sessions: number): Map<string, number> => {
  const counts = new Map<string, number>()
  for (let index = 0; index < sessions; index++) {
    const name = first(of, `session ${index}`)
    counts.set(name, (counts.get(name) ?? 0) + 1 / sessions)
  }
  return counts
}

describe('balancing', () => {
  it('gives every target its share of the conversations', () => {
    const weight = fc.integer({ min: 1, max: 10 })
    fc.assert(
      fc.property(fc.array(weight, { minLength: 2, maxLength: 5 }), (weights) => {
        const total = weights.reduce((sum, each) => sum + each, 0)
        const found = shares(step(weights), 3000)
        for (const [index, each] of weights.entries()) {
          expect(found.get(`region-${index}/gpt`) ?? 0).toBeCloseTo(each / total, 1)
        }
      }),
      { numRuns: 20 },
    )
  })

  it('keeps a conversation where it is, and gives every target as a fallback', () => {
    fc.assert(
      fc.property(
        fc.string(),
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 2 }),
        (session, weights) => {
          const order = balanced(step(weights), session)
          expect(balanced(step(weights), session)).toEqual(order)
          expect(new Set(order.map(targetName)).size).toBe(weights.length)
        },
      ),
    )
  })

  it('moves only the conversations of a target that is removed', () => {
    const before = step([3, 1, 2, 2])
    const after: Step = { targets: before.targets.slice(0, 3), weights: [3, 1, 2] }
    fc.assert(
      fc.property(fc.string(), (session) => {
        const was = first(before, session)
        expect(was === 'region-3/gpt' || was === first(after, session)).toBe(true)
      }),
      { numRuns: 500 },
    )
  })

  it('does not depend on the order in the config', () => {
    const { targets } = step([1, 1, 1])
    fc.assert(
      fc.property(fc.string(), (session) => {
        expect(first({ targets: targets.toReversed(), weights: [1, 1, 1] }, session)).toBe(
          first({ targets, weights: [1, 1, 1] }, session),
        )
      }),
    )
  })
})
