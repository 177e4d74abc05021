import { beforeEach, describe, expect, it } from 'vitest'
import { GatewayError, type ErrorCode } from '../errors.ts'
import { Health, type HealthChange } from './health.ts'
import { verdictOf } from './verdict.ts'

const target = { provider: 'azure', model: 'gpt' }
const sibling = { provider: 'azure', model: 'mini' }

let now: number
let changes: HealthChange[]
let health: Health
beforeEach(() => {
  now = 1000
  changes = []
  health = new Health({ now: () => now, draw: () => 0, onChange: (change) => void changes.push(change) })
})

const upstream = { status: 500, headers: {}, body: '' }
const error = (code: ErrorCode, details = {}) =>
  new GatewayError(code, `it was ${code}`, { details: { upstream, ...details } })
const unreachable = () =>
  new GatewayError('upstream-failed', 'nothing listens', {
    cause: Object.assign(new Error('no'), { code: 'ECONNREFUSED' }),
  })

const fail = (with_: GatewayError, times = 1, at = target) => {
  for (let time = 0; time < times; time++) {
    now += 1
    health.begin(at).end(with_)
  }
}

describe('a cooldown', () => {
  it('lasts as long as the upstream asked, for that target alone', () => {
    fail(error('rate-limited', { retryAfterMs: 7000 }))
    expect(health.ailmentOf(target)).toMatchObject({ kind: 'limited', waitMs: 7000 })
    expect(health.ailmentOf(sibling)).toBeUndefined()
    now += 6999
    expect(health.ailmentOf(target)?.waitMs).toBe(1)
    now += 1
    expect(health.ailmentOf(target)).toBeUndefined()
  })

  it('grows with every refusal that says nothing, and a success ends that', () => {
    for (const wait of [1000, 2000, 4000]) {
      fail(error('overloaded'))
      expect(health.ailmentOf(target)?.waitMs).toBe(wait)
      now += wait
    }
    health.begin(target).end()
    fail(error('overloaded'))
    expect(health.ailmentOf(target)?.waitMs).toBe(1000)
  })

  it('counts a burst of refusals once', () => {
    fail(error('overloaded'), 10)
    expect(health.ailmentOf(target)?.waitMs).toBeLessThanOrEqual(1000)
  })

  it('ends after ten minutes whatever was asked', () => {
    fail(error('rate-limited', { retryAfterMs: 86_400_000 }))
    expect(health.ailmentOf(target)?.waitMs).toBe(600_000)
  })

  it('is none where every client brings its own key', () => {
    health.begin(target, 'of-client').end(error('rate-limited', { retryAfterMs: 7000 }))
    expect(health.ailmentOf(target)).toBeUndefined()
  })
})

describe('failures', () => {
  it.each(['upstream-failed', 'upstream-broken', 'timeout'] as const)(
    '%s: five put a target aside',
    (code) => {
      fail(error(code), 4)
      expect(health.ailmentOf(target)).toBeUndefined()
      fail(error(code))
      expect(health.ailmentOf(target)).toMatchObject({
        kind: 'failing',
        waitMs: 5000,
        reason: `it was ${code}`,
      })
      expect(health.ailmentOf(sibling)).toBeUndefined()
    },
  )

  it.each([
    'invalid-request',
    'context-overflow',
    'output-overflow',
    'content-filtered',
    'not-found',
    'too-large',
    'upstream-auth',
    'billing',
    'client-closed',
    'internal',
  ] as const)('%s never does', (code) => {
    fail(error(code), 50)
    expect(health.ailmentOf(target)).toBeUndefined()
  })

  it('to connect put the whole provider aside, after three', () => {
    fail(unreachable(), 3)
    expect(health.ailmentOf(target)).toMatchObject({ kind: 'failing' })
    expect(health.ailmentOf(sibling)).toMatchObject({ kind: 'failing' })
    expect(health.ailmentOf({ provider: 'foundry', model: 'gpt' })).toBeUndefined()
  })

  it('are told to the operator once, and so is the recovery', () => {
    fail(error('timeout'), 8)
    now += 5000
    health.begin(target).end()
    expect(changes).toEqual([
      { name: 'azure/gpt', now: 'failing', ms: 5000, reason: 'it was timeout' },
      { name: 'azure/gpt', now: 'well' },
    ])
  })
})

describe('a probe', () => {
  beforeEach(() => {
    fail(error('upstream-failed'), 5)
    now += 5000
  })

  it('is one', () => {
    expect(health.ailmentOf(target)).toBeUndefined()
    health.begin(target)
    expect(health.ailmentOf(target)?.waitMs).toBe(Infinity)
  })

  it('that got an answer of any kind brings the target back', () => {
    health.begin(target).end(error('invalid-request'))
    expect(health.ailmentOf(target)).toBeUndefined()
  })

  it('whose client left is followed by another', () => {
    health.begin(target).abandon()
    expect(health.ailmentOf(target)).toBeUndefined()
    health.begin(target)
    expect(health.ailmentOf(target)?.waitMs).toBe(Infinity)
  })

  it('that could not connect says nothing of the model', () => {
    health.begin(target).end(unreachable())
    expect(health.ailmentOf(target)).toBeUndefined()
  })

  it('whose answer has begun lets others through, long before it ends', () => {
    const trial = health.begin(target)
    trial.answered()
    expect(health.ailmentOf(target)).toBeUndefined()
    trial.end()
    trial.end(error('timeout'))
    expect(health.ailmentOf(target)).toBeUndefined()
  })
})

describe('memory', () => {
  it('keeps nothing of targets that do well', () => {
    fail(error('timeout'), 2)
    now += 60_001
    health.begin(target).end()
    expect(health.snapshot().size).toBe(0)
  })

  it('survives a reload, but for providers that are no more', () => {
    fail(error('timeout'), 5)
    health.keep(new Set(['azure']))
    expect([...health.snapshot().keys()]).toEqual(['azure/gpt'])
    health.keep(new Set(['foundry']))
    expect(health.snapshot().size).toBe(0)
  })

  it('is bounded', () => {
    for (let index = 0; index < 5000; index++) {
      fail(error('rate-limited', { retryAfterMs: 60_000 }), 1, { provider: 'azure', model: `m${index}` })
    }
    expect(health.snapshot().size).toBe(1000)
  })
})

it('a reset of a connection that stood counts for the target, not the host', () => {
  const reset = Object.assign(new Error('reset'), { code: 'ECONNRESET' })
  expect(verdictOf(new GatewayError('upstream-failed', 'closed', { cause: reset }))).toBe('failed')
})
