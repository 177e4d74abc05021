import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { JsonDepth } from './json-depth.ts'

const after = (...chunks: string[]): boolean => {
  const depth = new JsonDepth()
  for (const chunk of chunks) depth.push(chunk)
  return depth.complete
}

describe('JsonDepth', () => {
  it('sees the end of an object, an array and a string', () => {
    expect(after('{}')).toBe(true)
    expect(after('[1, [2]]')).toBe(true)
    expect(after(' "a{" ')).toBe(true)
  })

  it('does not take brackets and quotes inside strings for structure', () => {
    expect(after('{"a":"}')).toBe(false)
    expect(after('{"a":"\\"}', '"')).toBe(false)
    expect(after('{"a":"\\\\"}')).toBe(true)
  })

  it('keeps an escape that ends a chunk', () => {
    expect(after('{"a":"\\', '"}')).toBe(false)
    expect(after('{"a":"\\', '""}')).toBe(true)
  })

  it('never calls nothing, blanks, a bare number or stray closing brackets complete', () => {
    for (const text of ['', ' ', '12', 'true', '}', ']]']) expect(after(text)).toBe(false)
  })

  it('is complete exactly at the last character of any object, however it is split', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.nat(), (value, cut) => {
        const text = JSON.stringify(value)
        const at = cut % text.length
        const depth = new JsonDepth()
        depth.push(text.slice(0, at))
        expect(depth.complete).toBe(false)
        depth.push(text.slice(at))
        expect(depth.complete).toBe(true)
      }),
    )
  })
})
