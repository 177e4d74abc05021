import { describe, expect, it } from 'vitest'
import { writeHead, type RequestHeadParts } from './request-head.ts'

const write = (change: Partial<RequestHeadParts> = {}) =>
  writeHead({ method: 'POST', path: '/v1?x=1', host: 'acme.test', headers: {}, length: 2, ...change })

describe('the head of a request', () => {
  it('has the host, asks for no compression, and says how long the body is', () => {
    expect(write({ headers: { 'X-A': 'é' } }).text).toBe(
      'POST /v1?x=1 HTTP/1.1\r\nhost: acme.test\r\nconnection: keep-alive\r\nX-A: é\r\naccept-encoding: identity\r\ncontent-length: 2\r\n\r\n',
    )
    expect(write({ length: undefined }).text).not.toContain('content-length')
  })

  it('takes a host of the headers, but not two; nor a length', () => {
    expect(write({ headers: { Host: 'other.test' } })).toMatchObject({ host: 'other.test' })
    expect(() => write({ headers: { Host: 'a', host: 'b' } })).toThrow(/host/)
    expect(write({ headers: { 'Content-Length': '9' } }).text).not.toContain('9')
  })

  it('takes the connection to be closed or kept, and nothing else of it', () => {
    expect(write({ headers: { Connection: 'Close' } })).toMatchObject({ persistent: false })
    expect(write({ headers: { Connection: 'Close' } }).text.match(/connection:/gi)).toHaveLength(1)
    expect(() => write({ headers: { connection: 'upgrade' } })).toThrow(/connection/)
  })

  it.each(['Transfer-Encoding', 'upgrade', 'Expect', 'keep-alive'])(
    'refuses %s, which would change what the body or the connection is',
    (name) => {
      expect(() => write({ headers: { [name]: 'chunked' } })).toThrow(name)
    },
  )

  it.each(['a\r\nb: c', 'a\nb', 'a\rb', 'a\0b', 'a\x7f', 'ā', '💥'])(
    'refuses a header that holds %j',
    (value) => {
      expect(() => write({ headers: { 'x-a': value } })).toThrow(/header/)
      expect(() => write({ headers: { host: value } })).toThrow(/header/)
      expect(() => write({ headers: { 'content-length': value } })).toThrow(/header/)
    },
  )

  it('does not repeat what it refuses', () => {
    expect(() => write({ headers: { authorization: 'hunter2\n' } })).toThrow(/^(?!.*hunter2)/)
  })

  it.each(['', 'x y', 'x:', 'x\r\n', 'é', 'x\0'])('refuses a header called %j', (name) => {
    expect(() => write({ headers: { [name]: 'a' } })).toThrow(/header/)
  })

  it.each(['', 'v1', '/a b', '/a\r\nx: y', '/\0', '/é', '/a\tb'])('refuses the path %j', (path) => {
    expect(() => write({ path })).toThrow(/path/)
  })

  it('refuses a method that is none', () => {
    expect(() => write({ method: 'GET /x HTTP/1.1\r\n' })).toThrow(/method/)
  })
})
