import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { setMember } from './json-edit.ts'

const TEXT = `{
\t"a": 1, "list": [1,
      2, "}"],
\t"env": { "X": "\\"{" , "Y": "y" },
\t"z": {}
}
`

describe('setMember', () => {
  it('changes one value and no other byte', () => {
    expect(setMember(TEXT, ['env', 'Y'], 'n')).toBe(TEXT.replace('"y"', '"n"'))
    expect(setMember(TEXT, ['a'], { b: [1] })).toBe(TEXT.replace('1', '{\n\t\t"b": [\n\t\t\t1\n\t\t]\n\t}'))
  })

  it('adds members in the indentation of the file, and takes them out again', () => {
    const added = setMember(TEXT, ['z', 'k'], 'v')
    expect(added).toContain('"z": {\n\t\t"k": "v"\n\t}')
    expect(setMember(added, ['z', 'k'], undefined)).toBe(TEXT)
    const made = setMember(TEXT, ['n', 'm'], 1)
    expect(JSON.parse(made).n).toEqual({ m: 1 })
    expect(setMember(made, ['n'], undefined)).toBe(TEXT)
  })

  it('begins an empty file, and keeps line ends', () => {
    expect(setMember('', ['env', 'A'], 'b')).toBe('{\n  "env": {\n    "A": "b"\n  }\n}\n')
    expect(setMember('{\r\n  "a": 1\r\n}', ['b'], 2)).toBe('{\r\n  "a": 1,\r\n  "b": 2\r\n}')
  })

  it('refuses what is not JSON', () => {
    expect(() => setMember('{ "a": 1, // comment\n}', ['b'], 1)).toThrow(SyntaxError)
  })

  it('means what the same change of the parsed value means', () => {
    const keys = fc.constantFrom('a', 'b', '__proto__x', 'q"uote', 'n\nl')
    const object = fc.dictionary(keys, fc.oneof(fc.jsonValue(), fc.dictionary(keys, fc.jsonValue())))
    fc.assert(
      fc.property(
        object,
        fc.array(keys, { minLength: 1, maxLength: 2 }),
        fc.jsonValue(),
        fc.nat(4),
        (start, path, value, indent) => {
          const text = JSON.stringify(start, null, indent)
          const [key = '', inner] = path
          const expected = JSON.parse(text)
          const isObject =
            typeof expected[key] === 'object' && expected[key] !== null && !Array.isArray(expected[key])
          if (inner === undefined) expected[key] = value
          else expected[key] = { ...(isObject ? expected[key] : {}), [inner]: value }
          expect(JSON.parse(setMember(text, path, value))).toEqual(JSON.parse(JSON.stringify(expected)))
          delete expected[key]
          expect(JSON.parse(setMember(setMember(text, path, value), [key], undefined))).toEqual(expected)
        },
      ),
    )
  })
})
