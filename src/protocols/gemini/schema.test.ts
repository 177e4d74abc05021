import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { asArray, asObject, isObject } from '../../ir/json.ts'
import { fromOpenApi, toOpenApi } from './schema.ts'

/** Everything that a schema of Google's subset may say. */
const ALLOWED = new Set([
  'type',
  'format',
  'title',
  'description',
  'nullable',
  'enum',
  'items',
  'properties',
  'required',
  'anyOf',
  'minItems',
  'maxItems',
  'minProperties',
  'maxProperties',
  'minLength',
  'maxLength',
  'minimum',
  'maximum',
  'pattern',
  'example',
  'default',
  'propertyOrdering',
])

/** Names of keywords, which are names of properties just as well. */
const NAMES = [
  'properties',
  'type',
  'required',
  'items',
  'enum',
  '$ref',
  'anyOf',
  'const',
  'additionalProperties',
  'description',
  'nullable',
  '$schema',
  'city',
]

const leaf = fc.constantFrom<object | boolean>(
  { type: 'string' },
  { type: ['integer', 'null'], minimum: 0 },
  { type: ['string', 'number'] },
  { const: 'fixed' },
  { enum: [1, 2] },
  { $ref: '#/$defs/place' },
  { $ref: '#/$defs/tree' },
  { $ref: '#/nowhere' },
  { type: 'array' },
  { type: 'string', format: 'uri', minLength: 1 },
  { type: 'number', exclusiveMinimum: 0 },
  { anyOf: [{ type: 'string' }, { type: 'null' }] },
  {},
  true,
)

const { schema: anySchema } = fc.letrec((tie) => ({
  schema: fc.oneof({ maxDepth: 3 }, leaf, tie('object'), tie('list'), tie('union')),
  object: fc.dictionary(fc.constantFrom(...NAMES), tie('schema'), { maxKeys: 4 }).map((properties) => ({
    type: 'object',
    properties,
    required: Object.keys(properties),
    additionalProperties: false,
    $schema: 'http://json-schema.org/draft-07/schema#',
    propertyNames: { pattern: '^[a-z]' },
  })),
  list: tie('schema').map((items) => ({ type: 'array', items, uniqueItems: true })),
  union: fc
    .array(tie('schema'), { minLength: 1, maxLength: 3 })
    .chain((options) => fc.constantFrom({ oneOf: options }, { anyOf: options }, { allOf: options })),
}))

const DEFINITIONS = {
  place: { type: 'object', properties: { type: { type: 'string' } } },
  tree: { type: 'object', properties: { children: { type: 'array', items: { $ref: '#/$defs/tree' } } } },
}

const rooted = anySchema.map((schema) => ({ ...asObject(schema), $defs: DEFINITIONS }))

function faultsOf(schema: unknown, path = '#'): string[] {
  if (!isObject(schema)) return [`${path} is no schema`]
  const { type, enum: values, items, properties, required, anyOf } = schema
  return [
    ...Object.keys(schema).flatMap((key) => (ALLOWED.has(key) ? [] : [`${path} says ${key}`])),
    ...(type === undefined && anyOf === undefined ? [`${path} has no type`] : []),
    ...(type !== undefined && typeof type !== 'string' ? [`${path} has several types`] : []),
    ...(asArray(values).every((value) => typeof value === 'string') ? [] : [`${path} lists no strings`]),
    ...(type === 'array' && !isObject(items) ? [`${path} has no items`] : []),
    ...asArray(required).flatMap((name) =>
      Object.hasOwn(asObject(properties), String(name)) ? [] : [`${path} wants ${String(name)}`],
    ),
    ...(properties === undefined ? [] : Object.entries(asObject(properties))).flatMap(([name, inner]) =>
      faultsOf(inner, `${path}/${name}`),
    ),
    ...(items === undefined ? [] : faultsOf(items, `${path}/items`)),
    ...asArray(anyOf).flatMap((option, index) => faultsOf(option, `${path}/anyOf/${index}`)),
  ]
}

describe('a schema cut down to Google’s subset', () => {
  it('says nothing beyond the subset, whatever came in', () => {
    fc.assert(
      fc.property(rooted, (schema) => {
        expect(faultsOf(toOpenApi(schema).schema)).toEqual([])
      }),
      { numRuns: 500 },
    )
  })

  it('keeps every property, also one named like a keyword', () => {
    const names = fc.uniqueArray(fc.constantFrom(...NAMES), { minLength: 1 })
    fc.assert(
      fc.property(names, leaf, (list, inner) => {
        const properties = Object.fromEntries(list.map((name) => [name, inner]))
        const { schema } = toOpenApi({ type: 'object', properties, required: list, $defs: DEFINITIONS })
        expect(Object.keys(asObject(schema['properties']))).toEqual(list)
        expect(schema['required']).toEqual(list)
      }),
    )
  })

  it('is the same when it is read back and cut again', () => {
    fc.assert(
      fc.property(rooted, (schema) => {
        const once = toOpenApi(schema).schema
        expect(toOpenApi(fromOpenApi(once)).schema).toEqual(once)
      }),
    )
  })

  it('tells that constraints were lost, and stays quiet where none were', () => {
    const plain = { type: 'object', properties: { city: { type: 'string', description: 'Where' } } }
    expect(toOpenApi({ $schema: 'x', ...plain })).toEqual({ schema: plain, loosened: false })
    expect(toOpenApi({ ...plain, additionalProperties: false }).loosened).toBe(true)
  })

  it('writes references out and ends recursion', () => {
    const { schema } = toOpenApi({ $ref: '#/$defs/tree', $defs: DEFINITIONS })
    expect(schema).toEqual({
      type: 'object',
      properties: { children: { type: 'array', items: { type: 'object' } } },
    })
  })

  it('does not grow without end where references multiply', () => {
    const level = (depth: number): object =>
      depth === 0
        ? { type: 'string' }
        : {
            type: 'object',
            properties: { a: { $ref: `#/$defs/l${depth - 1}` }, b: { $ref: `#/$defs/l${depth - 1}` } },
          }
    const $defs = Object.fromEntries(Array.from({ length: 40 }, (_, depth) => [`l${depth}`, level(depth)]))
    const { schema, loosened } = toOpenApi({ $ref: '#/$defs/l39', $defs })
    expect(loosened).toBe(true)
    expect(JSON.stringify(schema).length).toBeLessThan(2_000_000)
  })

  it('joins what allOf splits, and makes null a mark', () => {
    const { schema } = toOpenApi({
      allOf: [
        { type: 'object', properties: { a: { type: 'string' } }, required: ['a'] },
        { properties: { b: { anyOf: [{ type: 'integer' }, { type: 'null' }] } } },
      ],
    })
    expect(schema).toEqual({
      type: 'object',
      properties: { a: { type: 'string' }, b: { type: 'integer', nullable: true } },
      required: ['a'],
    })
  })
})
