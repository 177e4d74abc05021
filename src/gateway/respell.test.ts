import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { respell } from './respell.ts'

describe('a changed request', () => {
  it('keeps the bytes of what is the same, wherever it went', () => {
    const json =
      '{"big": 9007199254740993, "gone":1, "list": [ {"2":1.0,"1":2} ,[ ],{"x":[{"n":1e2}]}], "s":"\\u00e9"}'
    const wire = JSON.parse(json)
    const [first, empty, last] = wire.list
    const { gone: _, ...rest } = wire
    const changed = { ...rest, list: [empty, { ...last, y: 'é' }, first], added: undefined, more: null }
    expect(respell(Buffer.from(json), wire, changed).toString()).toBe(
      '{"big":9007199254740993,"list":[[ ],{"x":[{"n":1e2}],"y":"é"},{"2":1.0,"1":2}],"s":"\\u00e9","more":null}',
    )
  })

  it('means what the change meant, for any request', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.jsonValue()),
        fc.jsonValue(),
        fc.nat(4),
        (body, value, indent) => {
          const json = Buffer.from(JSON.stringify(body, undefined, indent))
          const wire = JSON.parse(json.toString())
          expect(JSON.parse(respell(json, wire, { ...wire }).toString())).toEqual(wire)
          const changed = { ...wire, new: [value, wire] }
          expect(JSON.parse(respell(json, wire, changed).toString())).toEqual(
            JSON.parse(JSON.stringify(changed)),
          )
        },
      ),
    )
  })

  it('counts the last of two members of one name, as parsing does', () => {
    const json = '{"a":{"x":[1]},"a":{"x":{"y":2}},"b":1}'
    const wire = JSON.parse(json)
    expect(respell(Buffer.from(json), wire, { ...wire, b: 2 }).toString()).toBe('{"a":{"x":{"y":2}},"b":2}')
  })
})
