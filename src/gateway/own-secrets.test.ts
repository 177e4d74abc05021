import { describe, expect, it } from 'vitest'
import { GatewayError } from '../errors.ts'
import { secretsIn, withoutSecrets } from './own-secrets.ts'

const KEY = 'Zm9vYmFyYmF6cXV4'

describe('credentials of a request', () => {
  it('are what its headers hold, without their scheme', () => {
    expect(
      secretsIn({
        authorization: `Bearer ${KEY}`,
        'api-key': 'another-key',
        'content-type': 'application/json',
      }),
    ).toEqual([KEY, 'another-key'])
    expect(secretsIn({ 'x-api-key': 'short' })).toEqual([])
  })

  it('are taken out of an error that repeats them, and of the body behind it', () => {
    const body = `{"error":{"message":"Bad key ${KEY}"}}`
    const details = { param: 'x', upstream: { status: 401, headers: {}, body } }
    const error = withoutSecrets(new GatewayError('upstream-auth', `Bad key ${KEY}`, { details }), [KEY])
    expect(error).toMatchObject({
      code: 'upstream-auth',
      status: 502,
      retry: 'next',
      details: { param: 'x' },
    })
    expect(`${error.message} ${error.details.upstream?.body}`).not.toContain(KEY)
  })

  it('leave an error alone that does not', () => {
    const error = new GatewayError('rate-limited', 'slow down')
    expect(withoutSecrets(error, [KEY])).toBe(error)
  })
})
