import { beforeEach, describe, expect, it } from 'vitest'
import { GatewayError, type ErrorCode } from '../errors.ts'
import { Course, type Move } from './course.ts'
import { Health } from './health.ts'
import type { TargetRef } from './rule.ts'

const [a, b, c] = ['a', 'b', 'c'].map((provider) => ({ provider, model: 'm' })) as [
  TargetRef,
  TargetRef,
  TargetRef,
]

let now: number
let health: Health
let retries: number
beforeEach(() => {
  now = 0
  retries = 2
  health = new Health({ now: () => now, draw: () => 0 })
})

const upstream = { status: 500, headers: {}, body: '' }
const error = (code: ErrorCode, details = {}) =>
  new GatewayError(code, `it was ${code}`, { details: { upstream, ...details } })
const limited = (retryAfterMs?: number) =>
  error('rate-limited', retryAfterMs === undefined ? {} : { retryAfterMs })

const course = (...targets: readonly TargetRef[]) =>
  new Course(targets, { health, now: () => now, draw: () => 0, retries: () => retries })

/** Plays a course: what each target answers, in order; where nothing is written it answers well. */
function play(of: Course, script: Readonly<Record<string, readonly (GatewayError | undefined)[]>>) {
  const path: string[] = []
  const asked = new Map<string, number>()
  for (let move: Move | undefined = of.next(); move !== undefined; move = of.next()) {
    if ('waitMs' in move) {
      path.push(`wait ${Math.round(move.waitMs)}`)
      now += move.waitMs
      continue
    }
    const { provider } = move.target
    path.push(provider)
    const time = asked.get(provider) ?? 0
    asked.set(provider, time + 1)
    const result = script[provider]?.[time]
    health.begin(move.target).end(result)
    if (result === undefined) return { path, error: undefined }
    of.failed(move.target, result)
  }
  return { path, error: of.outcome() }
}

const aside = (target: TargetRef, error_: GatewayError, times = 1) => {
  for (let time = 0; time < times; time++) health.begin(target).end(error_)
}

describe('one request', () => {
  it('is tried again where the failure is passing, then at the next target', () => {
    const failing = [error('upstream-failed'), error('upstream-failed'), error('upstream-failed')]
    expect(play(course(a, b), { a: failing }).path).toEqual(['a', 'wait 500', 'a', 'wait 1000', 'a', 'b'])
  })

  it('goes on at once from a target that is limited', () => {
    expect(play(course(a, b), { a: [limited(30_000)] }).path).toEqual(['a', 'b'])
  })

  it('comes back to the first that recovers when all are limited for a short while', () => {
    const { path, error: told } = play(course(a, b), { a: [limited(3000)], b: [limited(900)] })
    expect(path).toEqual(['a', 'b', 'wait 900', 'b'])
    expect(told).toBeUndefined()
  })

  it('is told the shortest wait when all are limited for longer', () => {
    const { path, error: told } = play(course(a, b), { a: [limited(30_000)], b: [limited(20_000)] })
    expect(path).toEqual(['a', 'b'])
    expect(told).toMatchObject({ code: 'rate-limited', retry: 'same', details: { retryAfterMs: 20_000 } })
  })

  it('ends with what the client must change', () => {
    const { path, error: told } = play(course(a, b), { a: [error('context-overflow')] })
    expect(path).toEqual(['a'])
    expect(told?.code).toBe('context-overflow')
  })

  it('leaves a target whose fault is lasting at once', () => {
    expect(play(course(a, b), { a: [error('upstream-auth')] }).path).toEqual(['a', 'b'])
  })

  it('ends the client’s retries too when the gateway’s are exhausted, but not for limits', () => {
    const failing = Array.from({ length: 3 }, () => error('upstream-failed'))
    expect(play(course(a), { a: failing }).error?.retry).toBe('never')
    const told = play(course(b), { b: [limited(), limited(), limited()] }).error
    expect(told?.retry).toBe('same')
  })

  it('leaves the retries to the client when the gateway makes none', () => {
    retries = 0
    expect(play(course(a), { a: [error('upstream-failed')] }).error?.retry).toBe('same')
  })

  it('does not wait for ever where other requests keep putting its targets aside', () => {
    const of = course(a, b)
    for (const target of [a, b]) {
      health.begin(target).end(limited(4_000))
      of.failed(target, limited(4_000))
    }
    for (let move = of.next(); move !== undefined && 'waitMs' in move; move = of.next()) {
      now += move.waitMs
      for (const target of [a, b]) aside(target, limited(4_000))
    }
    expect(of.next()).toBeUndefined()
    expect(of.outcome()).toMatchObject({ code: 'rate-limited' })
    expect(now).toBeLessThanOrEqual(25_000)
  })

  it('is not tried a second time anywhere once it is old', () => {
    const slow = course(a, b)
    expect(slow.next()).toEqual({ target: a })
    now += 61_000
    slow.failed(a, error('upstream-failed'))
    expect(slow.next()).toEqual({ target: b })
    slow.failed(b, error('upstream-failed'))
    expect(slow.next()).toBeUndefined()
  })
})

describe('targets that are unwell', () => {
  it('are passed by while they cool down, and tried first again after that', () => {
    aside(a, limited(30_000))
    expect(play(course(a, b), {}).path).toEqual(['b'])
    now += 30_000
    expect(play(course(a, b), {}).path).toEqual(['a'])
  })

  it('are passed by while their breaker is open; then one request probes', () => {
    aside(a, error('upstream-failed'), 5)
    expect(play(course(a, b), {}).path).toEqual(['b'])
    now += 5000
    expect(course(a, b).next()).toEqual({ target: a })
    const probe = health.begin(a)
    expect(course(a, b).next()).toEqual({ target: b })
    probe.end()
    expect(course(a, b).next()).toEqual({ target: a })
  })

  it('are left by the request whose failure opened their breaker', () => {
    aside(a, error('upstream-failed'), 4)
    expect(play(course(a, b), { a: [error('upstream-failed')] }).path).toEqual(['a', 'b'])
  })

  it('are asked all the same after a failure elsewhere: a pause asked for is no refusal', () => {
    aside(b, limited(30_000))
    retries = 0
    expect(play(course(a, b), { a: [error('upstream-failed')] }).path).toEqual(['a', 'b'])
  })

  it('are waited for when all are and one recovers soon', () => {
    aside(a, limited(5000))
    aside(b, limited(1500))
    expect(play(course(a, b), {}).path).toEqual(['wait 1500', 'b'])
  })

  it('answer for the gateway when all are for longer: 429 with the shortest wait, and why', () => {
    aside(a, limited(9000))
    aside(b, limited(5000))
    aside(c, error('timeout'), 5)
    const { path, error: told } = play(course(a, b, c), {})
    expect(path).toEqual([])
    expect(told).toMatchObject({ status: 429, retry: 'same', details: { retryAfterMs: 5000 } })
    expect(told?.message).toMatch(/a\/m is limited .*b\/m is limited .*c\/m is failing \(it was timeout\)/)
  })

  it('answer 503 when all fail', () => {
    aside(a, error('timeout'), 5)
    aside(b, error('timeout'), 5)
    expect(play(course(a, b), {}).error).toMatchObject({
      status: 503,
      retry: 'same',
      details: { retryAfterMs: 5000 },
    })
  })

  it('are asked directly when there is no other', () => {
    aside(a, limited(30_000))
    aside(a, error('timeout'), 5)
    expect(play(course(a), {}).path).toEqual(['a'])
  })
})
