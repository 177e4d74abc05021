import { expect, it, test } from 'vitest'
import { nearest } from './nearest.ts'
import { parseDuration, parseSize } from './units.ts'
import { isLoopback } from './urls.ts'

test.each([
  ['500ms', 500],
  ['10s', 10_000],
  ['1.5s', 1500],
  ['5m', 300_000],
  ['1h', 3_600_000],
  ['0', 0],
  ['10', undefined],
  ['10 apples', undefined],
  ['-1s', undefined],
  ['', undefined],
])('the duration %j is %j ms', (text, ms) => {
  expect(parseDuration(text)).toBe(ms)
})

test.each([
  ['64mb', 67_108_864],
  ['1 KB', 1024],
  ['12', 12],
  ['1tb', undefined],
])('the size %j is %j bytes', (text, bytes) => {
  expect(parseSize(text)).toBe(bytes)
})

test.each([
  ['endpont', 'endpoint'],
  ['api_key', 'apiKey'],
  ['APIKEY', 'apiKey'],
  ['prot', 'port'],
  ['logging', 'log'],
  ['zzzzzz', undefined],
])('%s was meant as %s', (name, meant) => {
  expect(nearest(name, ['endpoint', 'apiKey', 'port', 'log'])).toBe(meant)
})

it('knows the addresses of this machine', () => {
  for (const host of ['localhost', '127.0.0.1', '127.1.2.3', '::1', '[::1]', 'a.localhost'])
    expect(isLoopback(host)).toBe(true)
  for (const host of ['0.0.0.0', '::', '10.0.0.1', 'localhost.evil.com', '127.0.0.1.evil.com'])
    expect(isLoopback(host)).toBe(false)
})
