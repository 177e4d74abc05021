import { describe, expect, it } from 'vitest'
import { GatewayError } from '../errors.ts'
import { brokenOff, isReset, unanswered } from './failure.ts'

const failed = (code: string, message = 'secret details'): Error =>
  Object.assign(new Error(message), { code })
const timeouts = { connect: 10_000, firstByte: 300_000 }

describe('unanswered', () => {
  it.each([
    ['ECONNREFUSED', /connection refused/, 'same'],
    ['ENOTFOUND', /name is not known/, 'next'],
    ['ECONNRESET', /closed the connection/, 'same'],
    ['UND_ERR_SOCKET', /closed the connection/, 'same'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', /not trusted \(DEPTH/, 'next'],
    ['CERT_HAS_EXPIRED', /has expired/, 'next'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', /another name/, 'next'],
    ['ERR_SSL_WRONG_VERSION_NUMBER', /TLS handshake/, 'next'],
    ['EWHATEVER', /failed \(EWHATEVER\)/, 'same'],
  ])('tells %s in words and whether to try again', (code, words, retry) => {
    const cause = failed(code)
    const error = unanswered(cause, 'api.example:443', timeouts)
    expect(error).toMatchObject({ code: 'upstream-failed', retry, cause })
    expect(error.message).toMatch(words)
    expect(error.message).toContain('api.example:443')
    expect(error.message).not.toContain('secret')
  })

  it('tells the two timeouts apart', () => {
    expect(unanswered(failed('UND_ERR_CONNECT_TIMEOUT'), 'a', timeouts)).toMatchObject({
      code: 'timeout',
      message: 'a could not be reached within 10000 ms',
    })
    expect(unanswered(failed('UND_ERR_HEADERS_TIMEOUT'), 'a', timeouts)).toMatchObject({
      code: 'timeout',
      message: 'a did not begin to answer within 300000 ms',
    })
  })

  it('finds the code of a cause, and the status of a proxy that refused', () => {
    const wrapped = new Error('outer', { cause: failed('ECONNREFUSED') })
    expect(unanswered(wrapped, 'a', timeouts).message).toMatch(/refused/)
    const refused = failed('UND_ERR_ABORTED', 'Proxy response (407) !== 200 when HTTP Tunneling')
    expect(unanswered(refused, 'a', timeouts).message).toMatch(/status 407/)
  })

  it('leaves an error of ours as it is', () => {
    const ours = new GatewayError('client-closed', 'gone')
    expect(unanswered(ours, 'a', timeouts)).toBe(ours)
    expect(brokenOff(ours, 'a')).toBe(ours)
  })
})

describe('isReset', () => {
  it('knows a closed connection from any other failure', () => {
    expect(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET'].map((code) => isReset(failed(code)))).toEqual([
      true,
      true,
      true,
    ])
    expect(isReset(failed('ECONNREFUSED'))).toBe(false)
  })
})
