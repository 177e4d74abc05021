import { expect, test } from 'vitest'
import { readTarget, withoutKey } from './request-target.ts'

test('a target is split into path and query', () => {
  expect(readTarget('/v1/messages?beta=true')).toEqual({ path: '/v1/messages', query: '?beta=true' })
  expect(readTarget('/v1/models')).toEqual({ path: '/v1/models', query: '' })
  expect(readTarget('/a?b=c?d#e')).toEqual({ path: '/a', query: '?b=c?d' })
})

test('an absolute target gives its own host', () => {
  expect(readTarget('http://example.test:80/v1/models?x=1')).toEqual({
    path: '/v1/models',
    query: '?x=1',
    authority: 'example.test:80',
  })
  expect(readTarget('http://example.test')).toEqual({ path: '/', query: '', authority: 'example.test' })
})

test('a key in the query is taken out and the rest stays as it was', () => {
  expect(withoutKey('?key=secret')).toBe('')
  expect(withoutKey('?beta=true&key=secret&x=%20y')).toBe('?beta=true&x=%20y')
  expect(withoutKey('?monkey=1')).toBe('?monkey=1')
})
