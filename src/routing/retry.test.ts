import { describe, expect, it } from 'vitest'
import { GatewayError } from '../errors.ts'
import { retryDelay } from './retry.ts'

describe('retries', () => {
  const limited = (retryAfterMs?: number) =>
    new GatewayError(
      'rate-limited',
      'slow down',
      retryAfterMs === undefined ? {} : { details: { retryAfterMs } },
    )

  it('double from half a second and take up to a quarter off', () => {
    expect(retryDelay(limited(), 0, 2, () => 0)).toBe(500)
    expect(retryDelay(limited(), 1, 2, () => 0)).toBe(1000)
    expect(retryDelay(limited(), 1, 2, () => 1)).toBe(750)
  })

  it('wait as long as the upstream asked and never less, unless that is too long for a waiting client', () => {
    expect(retryDelay(limited(1200), 0, 2, () => 0)).toBe(1200)
    expect(retryDelay(limited(1000), 0, 2, () => 0.5)).toBe(1050)
    expect(retryDelay(limited(60_000), 0, 2, () => 0)).toBeUndefined()
  })

  it('end when they are used up or the error is the client’s', () => {
    expect(retryDelay(limited(), 2, 2, () => 0)).toBeUndefined()
    expect(retryDelay(new GatewayError('invalid-request', 'no'), 0, 2, () => 0)).toBeUndefined()
  })

  it('are left out where the upstream says that they are no use', () => {
    const upstream = { status: 500, headers: { 'x-should-retry': 'false' }, body: '' }
    const error = new GatewayError('upstream-failed', 'no', { details: { upstream } })
    expect(retryDelay(error, 0, 2, () => 0)).toBeUndefined()
  })
})
