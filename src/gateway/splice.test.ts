import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { spliceMembers, topLevelMembers } from './splice.ts'

const splice = (json: string, values: Record<string, string>) =>
  spliceMembers(Buffer.from(json), values).toString('utf8')

describe('splicing JSON', () => {
  it('replaces a value at the top and leaves every other byte', () => {
    const json = '{ "big" : 12345678901234567890, "model":"a\\"b" , "m": {"model": "inner", "2":1, "1":2}\n}'
    expect(splice(json, { model: '"gpt"' })).toBe(json.replace('"a\\"b"', '"gpt"'))
  })

  it('replaces numbers, objects and the last member', () => {
    expect(splice('{"a":1,"b":{"c":[1,"}"]},"d":true}', { a: '2', b: 'null', d: 'false' })).toBe(
      '{"a":2,"b":null,"d":false}',
    )
  })

  it('leaves a text without the key alone', () => {
    expect(splice('{}', { model: '"x"' })).toBe('{}')
    expect(splice('{"models":1}', { model: '"x"' })).toBe('{"models":1}')
  })

  it('finds every member of any object', () => {
    const object = fc.dictionary(fc.string(), fc.jsonValue())
    fc.assert(
      fc.property(object, fc.constantFrom(undefined, 2), (value, indent) => {
        const json = Buffer.from(JSON.stringify(value, null, indent))
        const found = topLevelMembers(json).map(({ key, valueStart, valueEnd }) => [
          key,
          JSON.parse(json.toString('utf8', valueStart, valueEnd)),
        ])
        expect(found).toEqual(Object.entries(JSON.parse(json.toString('utf8'))))
      }),
    )
  })
})
