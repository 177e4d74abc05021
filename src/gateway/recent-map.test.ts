import { expect, it } from 'vitest'
import { RecentMap } from './recent-map.ts'

const kept = (map: RecentMap<string>) => [...map].map(([key]) => key).join('')

function filled(limits: ConstructorParameters<typeof RecentMap>[0], ...entries: [string, string][]) {
  const map = new RecentMap<string>(limits, (value) => value.length)
  for (const [key, value] of entries) map.set(key, value)
  return map
}

it('forgets what was set longest ago when there are too many', () => {
  expect(kept(filled({ entries: 2 }, ['a', ''], ['b', ''], ['c', '']))).toBe('bc')
})

it('forgets as many as it takes when they are too large together', () => {
  expect(kept(filled({ size: 5 }, ['a', '12'], ['b', '12'], ['c', '1234']))).toBe('c')
  expect(kept(filled({ size: 5 }, ['a', '123456']))).toBe('')
})

it('keeps what is used, and does not take a look for a use', () => {
  const map = filled({ entries: 2 }, ['a', '1'], ['b', '2'])
  expect([map.get('a'), map.use('b'), map.use('a')]).toEqual(['1', '2', '1'])
  map.get('b')
  map.set('c', '3')
  expect(kept(map)).toBe('ac')
})

it('takes a new value for the old one, at its new size', () => {
  const map = filled({ size: 4 }, ['a', '1234'], ['b', ''], ['a', '1'], ['c', '123'])
  expect(kept(map)).toBe('bac')
  map.delete('a')
  map.set('d', '1')
  expect([kept(map), map.count]).toEqual(['bcd', 3])
})
