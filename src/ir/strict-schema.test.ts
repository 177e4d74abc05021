import { describe, expect, it } from 'vitest'
import { conformsToStrict } from './strict-schema.ts'

const closed = (properties: Record<string, unknown>, required = Object.keys(properties)) => ({
  type: 'object',
  properties,
  required,
  additionalProperties: false,
})

describe('a schema conforms to the strict subset when', () => {
  it.each([
    ['it is closed and has no properties', closed({})],
    ['all properties are required', closed({ city: { type: 'string', description: 'Where' } })],
    ['an optional value is a union with null', closed({ note: { type: ['string', 'null'] } })],
    ['objects inside it are closed too', closed({ at: closed({ x: { type: 'number', minimum: 0 } }) })],
    [
      'arrays say what they hold',
      closed({ tags: { type: 'array', items: { type: 'string' }, maxItems: 3 } }),
    ],
    [
      'alternatives conform',
      closed({ id: { anyOf: [{ type: 'string', format: 'uuid' }, { type: 'null' }] } }),
    ],
    [
      'it refers to a definition',
      { ...closed({ a: { $ref: '#/$defs/a' } }), $defs: { a: { type: 'string' } } },
    ],
    ['an enumeration has no type', closed({ unit: { enum: ['c', 'f'] } })],
  ])('%s', (_, schema) => expect(conformsToStrict(schema)).toBe(true))
})

describe('a schema does not conform when', () => {
  it.each([
    ['it is no object', { type: 'string' }],
    ['it is empty', {}],
    ['it is open', { type: 'object', properties: {}, required: [] }],
    ['a property is optional', closed({ a: { type: 'string' } }, [])],
    ['a required name has no property', closed({}, ['a'])],
    ['an inner object is open', closed({ a: { type: 'object', properties: {} } })],
    ['an array has untyped items', closed({ a: { type: 'array' } })],
    ['a value is untyped', closed({ a: {} })],
    ['it has a default', closed({ a: { type: 'string', default: 'x' } })],
    ['it limits a length', closed({ a: { type: 'string', minLength: 1 } })],
    ['it uses oneOf', closed({ a: { oneOf: [{ type: 'string' }] } })],
    ['a reference has siblings', closed({ a: { $ref: '#/$defs/a', description: 'x' } })],
    ['a pattern looks around', closed({ a: { type: 'string', pattern: '^(?!x)' } })],
    ['a format is unknown', closed({ a: { type: 'string', format: 'uri' } })],
    ['a definition is open', { ...closed({ a: { $ref: '#/$defs/a' } }), $defs: { a: { type: 'object' } } }],
  ])('%s', (_, schema) => expect(conformsToStrict(schema)).toBe(false))
})
