import { describe, expect, it } from 'vitest'
import { GatewayError } from '../errors.ts'
import { retryDelay } from './retry.ts'
import { route } from './route.ts'

const big = { provider: 'azure', model: 'gpt-big' }
const claude = { provider: 'foundry', model: 'claude-sonnet' }
const table = {
  providers: new Set(['azure', 'foundry']),
  rules: [
    { pattern: 'claude-sonnet-*', targets: [big, claude] },
    { pattern: 'gpt-*', targets: [big, claude], weights: [3, 1] },
  ],
}

describe('routing', () => {
  it('gives the targets of the rule in their order', () => {
    expect(route('claude-sonnet-5-5', table, () => 0)).toEqual([big, claude])
  })

  it('draws by weight and keeps the others as fallbacks', () => {
    expect(route('gpt-5', table, () => 0.74)).toEqual([big, claude])
    expect(route('gpt-5', table, () => 0.76)).toEqual([claude, big])
  })

  it('goes straight to provider/model when a client asks for it, past a catch-all', () => {
    const all = { ...table, rules: [...table.rules, { pattern: '*', targets: [big] }] }
    expect(route('foundry/claude/opus', all, () => 0)).toEqual([
      { provider: 'foundry', model: 'claude/opus' },
    ])
  })

  it('passes the requested name on where the target says *', () => {
    const all = { ...table, rules: [{ pattern: '*', targets: [{ provider: 'azure', model: '*' }] }] }
    expect(route('o4-mini', all, () => 0)).toEqual([{ provider: 'azure', model: 'o4-mini' }])
  })

  it('refuses an unknown name and lists what exists', () => {
    const attempt = () => route('mystery', table, () => 0)
    expect(attempt).toThrow(GatewayError)
    expect(attempt).toThrow(/'mystery' is not configured.*claude-sonnet-\*.*azure, foundry/)
  })
})

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

  it('wait as long as the upstream asked, unless that is too long for a waiting client', () => {
    expect(retryDelay(limited(1200), 0, 2, () => 0)).toBe(1200)
    expect(retryDelay(limited(60_000), 0, 2, () => 0)).toBeUndefined()
  })

  it('end when they are used up or the error is the client’s', () => {
    expect(retryDelay(limited(), 2, 2, () => 0)).toBeUndefined()
    expect(retryDelay(new GatewayError('invalid-request', 'no'), 0, 2, () => 0)).toBeUndefined()
  })
})
