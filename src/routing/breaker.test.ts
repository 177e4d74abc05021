import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Breaker, type BreakerLimits, type Pass } from './breaker.ts'

const LIMITS: BreakerLimits = { inARow: 3, sample: 10, windowMs: 1000, openMs: 100, longestMs: 400 }

function failed(breaker: Breaker, now: number): number {
  return breaker.failed(breaker.begin(now), now, 0)
}

function opened(): Breaker {
  const breaker = new Breaker(LIMITS)
  for (const now of [1, 2, 3]) failed(breaker, now)
  return breaker
}

describe('a breaker', () => {
  it('opens after failures in a row, which a success interrupts', () => {
    const breaker = new Breaker(LIMITS)
    failed(breaker, 1)
    failed(breaker, 2)
    breaker.succeeded(breaker.begin(3), 3)
    failed(breaker, 4)
    failed(breaker, 5)
    expect(breaker.waitMs(5)).toBe(0)
    expect(failed(breaker, 6)).toBe(100)
    expect(breaker.waitMs(6)).toBe(100)
    expect(breaker.waitMs(50)).toBe(56)
  })

  it('opens when half of the last requests failed', () => {
    const breaker = new Breaker(LIMITS)
    for (let now = 1; now <= 9; now++) {
      if (now % 2 === 0) failed(breaker, now)
      else breaker.succeeded(breaker.begin(now), now)
    }
    expect(breaker.state).toBe('closed')
    failed(breaker, 10)
    expect(breaker.state).toBe('open')
  })

  it('forgets failures that are old', () => {
    const breaker = new Breaker({ ...LIMITS, inARow: 99 })
    for (let now = 1; now <= 9; now++) failed(breaker, now)
    failed(breaker, 5000)
    expect(breaker.state).toBe('closed')
  })

  it('lets one probe through, whose success closes it', () => {
    const breaker = opened()
    expect(breaker.waitMs(103)).toBe(0)
    const probe = breaker.begin(103)
    expect(breaker.waitMs(103)).toBe(Infinity)
    breaker.succeeded(probe, 110)
    expect(breaker.state).toBe('closed')
    expect(breaker.waitMs(110)).toBe(0)
  })

  it('opens for twice as long after each probe that failed, up to a limit, and a success resets that', () => {
    const breaker = opened()
    let now = 3
    for (const wait of [100, 200, 400, 400]) {
      expect(breaker.waitMs(now)).toBe(wait)
      now += wait
      failed(breaker, now)
    }
    now += 400
    breaker.succeeded(breaker.begin(now), now)
    for (const later of [1, 2, 3]) failed(breaker, now + later)
    expect(breaker.waitMs(now + 3)).toBe(100)
  })

  it('lets others through once the probe’s answer begins, and opens again at once when that breaks', () => {
    const breaker = opened()
    const probe = breaker.begin(103)
    breaker.answered(probe)
    expect(breaker.waitMs(104)).toBe(0)
    expect(breaker.failed(probe, 105, 0)).toBe(200)
  })

  it('gives the probe to another when the first ended without a result', () => {
    const breaker = opened()
    breaker.released(breaker.begin(103))
    expect(breaker.waitMs(104)).toBe(0)
    breaker.begin(104)
    expect(breaker.waitMs(104)).toBe(Infinity)
  })

  it('learns nothing from what began before it opened', () => {
    const breaker = new Breaker(LIMITS)
    const early = breaker.begin(0)
    const alsoEarly = breaker.begin(0)
    for (const now of [1, 2, 3]) failed(breaker, now)
    breaker.succeeded(early, 4)
    expect(breaker.failed(alsoEarly, 5, 0)).toBe(0)
    expect(breaker.waitMs(5)).toBe(98)
  })

  it('never lets two probes through, whatever happens', () => {
    const step = fc.record({
      what: fc.constantFrom('begin', 'succeed', 'fail', 'release', 'answer', 'wait'),
      which: fc.nat(9),
      ms: fc.nat(150),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const breaker = new Breaker(LIMITS)
        const under = new Map<Pass, boolean>()
        let now = 1
        for (const { what, which, ms } of steps) {
          if (what === 'wait') now += ms
          else if (what === 'begin') {
            if (breaker.waitMs(now) > 0) continue
            const isProbe = breaker.state !== 'closed'
            under.set(breaker.begin(now), isProbe)
          } else {
            const pass = [...under.keys()][which]
            if (pass === undefined) continue
            if (what === 'answer') {
              breaker.answered(pass)
              under.set(pass, false)
              continue
            }
            under.delete(pass)
            if (what === 'succeed') breaker.succeeded(pass, now)
            else if (what === 'fail') breaker.failed(pass, now, 0)
            else breaker.released(pass)
          }
          if (breaker.state === 'closed') for (const pass of under.keys()) under.set(pass, false)
          expect([...under.values()].filter(Boolean).length).toBeLessThanOrEqual(1)
        }
      }),
      { numRuns: 500 },
    )
  })
})
