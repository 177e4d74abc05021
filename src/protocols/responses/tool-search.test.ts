import { describe, expect, it } from 'vitest'
import type { ModelEvent } from '../../ir/event.ts'
import { asArray, type JsonObject } from '../../ir/json.ts'
import { run } from '../../stream/sink.ts'
import { decodeRequest } from './decode-request.ts'
import { responsesDialect } from './dialect.ts'
import { encodeRequest } from './encode-request.ts'
import { encodeResponse } from './encode-response.ts'
import { encodeStream } from './encode-stream.ts'

const search = {
  type: 'tool_search',
  execution: 'client',
  description: 'Finds tools.',
  parameters: { type: 'object', properties: { query: { type: 'string' } }, required: ['query'] },
}
const tide = {
  type: 'function',
  name: 'tide',
  description: 'High water',
  parameters: { type: 'object' },
  strict: false,
}
const call = {
  type: 'tool_search_call',
  call_id: 'c1',
  execution: 'client',
  status: 'completed',
  arguments: { query: 'tide' },
}
const found = {
  type: 'tool_search_output',
  call_id: 'c1',
  execution: 'client',
  status: 'completed',
  tools: [{ type: 'namespace', name: 'almanac', description: 'Ports', tools: [tide] }],
}
const wire = (fields: JsonObject = {}): JsonObject => ({
  model: 'm',
  store: false,
  tools: [search],
  input: [{ role: 'user', content: 'When?' }, call, found],
  ...fields,
})

describe('a search for tools that the client executes', () => {
  it('is declared as a function, with the description and parameters of the client', () => {
    expect(decodeRequest(wire()).tools[0]).toEqual({
      kind: 'function',
      search: true,
      name: 'tool_search',
      description: 'Finds tools.',
      schema: search.parameters,
    })
  })

  it('is a call in the history, and what it found are references in its result and tools from then on', () => {
    const { turns, tools } = decodeRequest(wire())
    expect(turns.slice(1)).toMatchObject([
      {
        role: 'assistant',
        parts: [
          { kind: 'tool-call', search: true, id: 'c1', name: 'tool_search', input: '{"query":"tide"}' },
        ],
      },
      {
        role: 'user',
        parts: [
          {
            kind: 'tool-result',
            search: true,
            callId: 'c1',
            content: [{ kind: 'tool-reference', name: 'tide', namespace: 'almanac' }],
          },
        ],
      },
    ])
    expect(tools.map(({ name }) => name)).toEqual(['tool_search', 'tide'])
  })

  it('goes to Responses as it came', () => {
    const given = wire({ tool_choice: { type: 'tool_search' } })
    const { body, dropped } = encodeRequest(decodeRequest(given), responsesDialect)
    expect(body['tools']).toEqual([search])
    expect(body['tool_choice']).toEqual({ type: 'tool_search' })
    expect(asArray(body['input']).slice(1)).toEqual([call, found])
    expect(dropped).toEqual([])
  })

  it('keeps tools deferred where it is declared', () => {
    const deferred = { ...tide, defer_loading: true }
    const { body } = encodeRequest(decodeRequest(wire({ tools: [search, deferred] })), {
      ...responsesDialect,
      deferredTools: true,
    })
    expect(body['tools']).toMatchObject([search, { name: 'tide', defer_loading: true }])
  })

  it('that the provider executes, or that names no call, stays what it was', () => {
    const hosted = { type: 'tool_search' }
    const nameless = { ...call, call_id: null }
    const { tools, turns } = decodeRequest(wire({ tools: [hosted], input: [nameless] }))
    expect(tools).toMatchObject([{ kind: 'server', type: 'tool_search' }])
    expect(turns[0]?.parts).toMatchObject([{ kind: 'server-tool', tool: 'tool-search' }])
  })
})

describe('a call of it in an answer', () => {
  const context = { request: decodeRequest(wire()), id: 'x', created: 1 }
  const answer = (...pieces: readonly string[]): ModelEvent[] => [
    { type: 'response-start', id: 'r', model: 'm' },
    { type: 'tool-call-start', at: 0, id: 'c9', name: 'tool_search' },
    ...pieces.map((input): ModelEvent => ({ type: 'tool-call-delta', at: 0, input })),
    { type: 'part-end', at: 0 },
    { type: 'response-end', finish: { reason: 'tool-calls' } },
  ]
  const streamed = (events: readonly ModelEvent[]) =>
    run(encodeStream(context), events).map(({ data }) => JSON.parse(data) as JsonObject)

  it('reaches the client as the item that it executes, its arguments whole', () => {
    const events = streamed(answer('{"que', 'ry":"tide"}'))
    expect(events.map(({ type }) => type)).toEqual([
      'response.created',
      'response.in_progress',
      'response.output_item.added',
      'response.output_item.done',
      'response.completed',
    ])
    const item = { type: 'tool_search_call', call_id: 'c9', execution: 'client' }
    expect(events[2]?.['item']).toMatchObject({ ...item, status: 'in_progress', arguments: {} })
    expect(events[3]?.['item']).toMatchObject({
      ...item,
      status: 'completed',
      arguments: { query: 'tide' },
    })
    expect(events[3]?.['item']).not.toHaveProperty('name')
  })

  it.each([
    ['', {}],
    ['not JSON', 'not JSON'],
  ])('keeps arguments %j as %j', (input, said) => {
    expect(streamed(answer(input))[3]?.['item']).toMatchObject({ arguments: said })
  })

  it('is the same in a whole answer, and a namesake in a namespace is no search', () => {
    const parts = [
      { kind: 'tool-call', id: 'c9', name: 'tool_search', input: '{"query":"a"}' },
      { kind: 'tool-call', id: 'c8', name: 'tool_search', namespace: 'other', input: '{}' },
    ] as const
    const { body } = encodeResponse({ id: 'r', model: 'm', parts, finish: { reason: 'tool-calls' } }, context)
    expect(body['output']).toMatchObject([
      { type: 'tool_search_call', arguments: { query: 'a' } },
      { type: 'function_call', namespace: 'other', arguments: '{}' },
    ])
    expect(body['tools']).toEqual([search])
  })
})
