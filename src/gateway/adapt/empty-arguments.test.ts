import { describe, expect, it } from 'vitest'
import { Losses } from '../../ir/dropped.ts'
import type { ModelEvent } from '../../ir/event.ts'
import type { JsonObject } from '../../ir/json.ts'
import { run } from '../../stream/sink.ts'
import { dropEmptyArguments } from './empty-arguments.ts'

const restoreFor = (schema: JsonObject, namespace?: string) =>
  dropEmptyArguments(
    {
      model: 'm',
      stream: true,
      turns: [],
      tools: [{ kind: 'function', name: 'read', schema, ...(namespace !== undefined && { namespace }) }],
    },
    new Losses(),
  ).restore

const call = (...pieces: readonly string[]): readonly ModelEvent[] => [
  { type: 'tool-call-start', at: 0, id: 'a', name: 'read' },
  ...pieces.map((input): ModelEvent => ({ type: 'tool-call-delta', at: 0, input })),
  { type: 'part-end', at: 0 },
]

describe('an empty text in a call', () => {
  it.each([
    ['a pattern that it does not match', { pattern: '^\\d+$' }],
    ['a least length', { minLength: 1 }],
    ['a list of values', { enum: ['a', 'b'] }],
    ['one value', { const: 'a' }],
    ['a format', { format: 'uri' }],
    ['an example', { description: 'Pages to read (e.g., "1-5").' }],
  ])('goes where an optional property has %s', (_, form) => {
    const restore = restoreFor({ type: 'object', properties: { pages: { type: 'string', ...form } } })
    expect(run(restore!, call('{"pages":', '"","x":1}'))).toEqual(call('{"x":1}'))
  })

  it.each([
    ['is obligatory', { properties: { pages: { minLength: 1 } }, required: ['pages'] }],
    ['has no form', { properties: { pages: { type: 'string', description: 'What to write.' } } }],
    ['may be empty by its pattern', { properties: { pages: { pattern: '^\\d*$' } } }],
    ['may be empty by its list', { properties: { pages: { enum: ['', 'a'] } } }],
    ['has a pattern that no engine reads', { properties: { pages: { pattern: '(' } } }],
  ])('stays where the property %s, and nothing waits', (_, schema) => {
    expect(restoreFor({ type: 'object', ...schema })).toBeUndefined()
  })

  const restore = restoreFor({ type: 'object', properties: { pages: { minLength: 1 } } })

  it('goes at the top only, and a call without one is passed on as it was written', () => {
    const nested = '{ "in": {"pages": ""}, "n": 12345678901234567890 }'
    expect(run(restore!, call(nested))).toEqual(call(nested))
  })

  it('stays in what is no object', () => {
    for (const torn of ['{"pages":""', '', '"pages"']) {
      expect(run(restore!, call(torn))).toEqual(torn === '' ? call() : call(torn))
    }
  })

  it('stays in a tool of the same name in another namespace', () => {
    const own = restoreFor({ type: 'object', properties: { pages: { minLength: 1 } } }, 'files')
    const other = call('{"pages":', '""}')
    expect(run(own!, other)).toEqual(other)
  })
})
