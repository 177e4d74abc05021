import { describe, expect, it } from 'vitest'
import { GatewayError } from '../../errors.ts'
import type { Dropped } from '../../ir/dropped.ts'
import type { ModelEvent } from '../../ir/event.ts'
import { asArray, asObject } from '../../ir/json.ts'
import type { JsonObject } from '../../ir/json.ts'
import type { ModelRequest } from '../../ir/request.ts'
import { run } from '../../stream/sink.ts'
import { encodeStream } from './encode-stream.ts'

const start: ModelEvent = { type: 'response-start', id: 'upstream-id', model: 'upstream-model' }
const end = (reason: 'stop' | 'tool-calls' | 'length' | 'refusal' | 'pause'): ModelEvent => ({
  type: 'response-end',
  finish: { reason },
})
const usage: ModelEvent = { type: 'usage', usage: { uncached: 4, cacheRead: 6, output: 3, reasoning: 1 } }

function write(
  events: ModelEvent[],
  request: Partial<ModelRequest> = {},
): { lines: string[]; dropped: Dropped[] } {
  const dropped: Dropped[] = []
  const context = {
    request: { model: 'asked', stream: true, turns: [], tools: [], ...request },
    id: 'abc',
    created: 7,
    onDropped: (loss: Dropped) => void dropped.push(loss),
  }
  return { lines: run(encodeStream(context), events).map((event) => event.data), dropped }
}
const chunks = (events: ModelEvent[], request: Partial<ModelRequest> = {}) =>
  write(events, request)
    .lines.filter((line) => line !== '[DONE]')
    .map((line) => JSON.parse(line) as JsonObject)
const deltas = (events: ModelEvent[], request: Partial<ModelRequest> = {}) =>
  chunks(events, request).flatMap((chunk) =>
    asArray(chunk['choices']).map((choice) => asObject(choice)['delta']),
  )
const finishOf = (events: ModelEvent[], request: Partial<ModelRequest> = {}) =>
  chunks(events, request)
    .flatMap((chunk) => asArray(chunk['choices']).map((choice) => asObject(choice)['finish_reason']))
    .at(-1)

const choice = (delta: object, finish_reason: string | null) => [
  { index: 0, delta, logprobs: null, finish_reason },
]

describe('a stream for a client', () => {
  it('has one identity, a role first, a finish, the usage and an end', () => {
    const { lines } = write([
      start,
      { type: 'text-start', at: 0 },
      { type: 'text-delta', at: 0, text: 'Hi' },
      { type: 'part-end', at: 0 },
      usage,
      end('stop'),
    ])
    const identity = { id: 'chatcmpl-abc', object: 'chat.completion.chunk', created: 7, model: 'asked' }
    expect(lines.slice(0, -1).map((line) => JSON.parse(line))).toEqual([
      { ...identity, choices: choice({ role: 'assistant', content: null, refusal: null }, null) },
      { ...identity, choices: choice({ content: 'Hi' }, null) },
      { ...identity, choices: choice({}, 'stop') },
      {
        ...identity,
        choices: [],
        usage: {
          prompt_tokens: 10,
          completion_tokens: 3,
          total_tokens: 13,
          prompt_tokens_details: { cached_tokens: 6 },
          completion_tokens_details: { reasoning_tokens: 1 },
        },
      },
    ])
    expect(lines.at(-1)).toBe('[DONE]')
  })

  it('says nothing of usage to a client that did not ask', () => {
    expect(
      chunks([start, usage, end('stop')], { streamUsage: false }).some((chunk) => 'usage' in chunk),
    ).toBe(false)
  })

  it('numbers calls from zero, streams their arguments and leaves none empty', () => {
    const events: ModelEvent[] = [
      start,
      { type: 'tool-call-start', at: 1, id: 'a', name: 'f' },
      { type: 'tool-call-start', at: 2, id: 'b', name: 'g' },
      { type: 'tool-call-delta', at: 1, input: '{"x":1}' },
      { type: 'part-end', at: 1, seal: { value: 'sig' } },
      { type: 'part-end', at: 2 },
      end('stop'),
    ]
    expect(deltas(events).slice(1, -1)).toEqual([
      { tool_calls: [{ index: 0, id: 'a', type: 'function', function: { name: 'f', arguments: '' } }] },
      { tool_calls: [{ index: 1, id: 'b', type: 'function', function: { name: 'g', arguments: '' } }] },
      { tool_calls: [{ index: 0, function: { arguments: '{"x":1}' } }] },
      { tool_calls: [{ index: 0, extra_content: { google: { thought_signature: 'sig' } } }] },
      { tool_calls: [{ index: 1, function: { arguments: '{}' } }] },
    ])
    expect(finishOf(events)).toBe('tool_calls')
  })

  it('calls a cut call cut, whatever the upstream says', () => {
    const torn: ModelEvent[] = [
      start,
      { type: 'tool-call-start', at: 0, id: 'a', name: 'f' },
      { type: 'tool-call-delta', at: 0, input: '{"x' },
      end('tool-calls'),
    ]
    expect(finishOf(torn)).toBe('length')
  })

  it('claims no tool calls where there are none', () => {
    expect(finishOf([start, end('tool-calls')])).toBe('stop')
    expect(finishOf([start, end('pause')])).toBe('stop')
  })

  it('answers the old form in the old form, with one call', () => {
    const events: ModelEvent[] = [
      start,
      { type: 'tool-call-start', at: 0, id: 'a', name: 'f' },
      { type: 'tool-call-delta', at: 0, input: '{}' },
      { type: 'tool-call-start', at: 1, id: 'b', name: 'g' },
      { type: 'tool-call-delta', at: 1, input: '{}' },
      end('tool-calls'),
    ]
    expect(deltas(events, { legacyFunctions: true }).slice(1, -1)).toEqual([
      { function_call: { name: 'f', arguments: '' } },
      { function_call: { arguments: '{}' } },
    ])
    expect(finishOf(events, { legacyFunctions: true })).toBe('function_call')
    expect(write(events, { legacyFunctions: true }).dropped).toMatchObject([
      { path: 'function_call g', content: true },
    ])
  })

  it('shows reasoning and carries its seals', () => {
    const events: ModelEvent[] = [
      start,
      { type: 'reasoning-start', at: 0 },
      { type: 'reasoning-delta', at: 0, text: 'Hm' },
      { type: 'part-end', at: 0, seal: { value: 'one' } },
      { type: 'part', at: 1, part: { kind: 'reasoning', text: '', redacted: true, seal: { value: 'two' } } },
      end('stop'),
    ]
    expect(deltas(events).slice(1, -1)).toEqual([
      { reasoning_content: 'Hm' },
      {
        reasoning_details: [
          { type: 'reasoning.text', text: 'Hm', signature: 'one', format: 'dragoman', index: 0 },
        ],
      },
      { reasoning_details: [{ type: 'reasoning.encrypted', data: 'two', format: 'dragoman', index: 1 }] },
    ])
  })

  it('places citations in the whole content', () => {
    const events: ModelEvent[] = [
      start,
      { type: 'text-delta', at: 0, text: 'Hi ' },
      { type: 'text-delta', at: 1, text: 'you' },
      {
        type: 'annotation',
        at: 1,
        citation: { kind: 'web', url: 'https://example.com', title: 'E', start: 0, end: 3 },
      },
      { type: 'annotation', at: 1, citation: { kind: 'document', citedText: 'x' } },
      end('stop'),
    ]
    expect(deltas(events).at(-2)).toEqual({
      annotations: [
        {
          type: 'url_citation',
          url_citation: { start_index: 3, end_index: 6, url: 'https://example.com', title: 'E' },
        },
      ],
    })
    expect(write(events).dropped).toMatchObject([{ path: 'content[1].citations', reason: 'unsupported' }])
  })

  it('tells a refusal in words from one by a filter', () => {
    const inWords: ModelEvent[] = [start, { type: 'refusal-delta', at: 0, text: 'No' }, end('refusal')]
    expect(finishOf(inWords)).toBe('stop')
    const byFilter: ModelEvent[] = [
      start,
      { type: 'response-end', finish: { reason: 'refusal', detail: { explanation: 'Not this' } } },
    ]
    expect(deltas(byFilter)[1]).toEqual({ refusal: 'Not this' })
    expect(finishOf(byFilter)).toBe('content_filter')
  })

  it('reports what it cannot show', () => {
    const part = {
      kind: 'server-tool',
      phase: 'call',
      tool: 'web-search',
      id: 's',
      name: 'web_search',
      origin: 'messages',
      value: {},
    } as const
    expect(write([start, { type: 'part', at: 0, part }, end('stop')]).dropped).toMatchObject([
      { path: 'content[0]', reason: 'unsupported' },
    ])
  })

  it('passes on what a Chat upstream said beyond the IR', () => {
    const events: ModelEvent[] = [
      { ...start, ext: { chat: { system_fingerprint: 'fp', provider: 'X' }, messages: { container: 'c' } } },
      { type: 'opaque', origin: 'chat', value: { choices: [{ index: 1, delta: { content: 'B' } }] } },
      {
        type: 'response-end',
        finish: { reason: 'stop' },
        ext: { chat: { choice: { native_finish_reason: 'end' } } },
      },
    ]
    const [first, other, finish] = chunks(events)
    expect(first).toMatchObject({ system_fingerprint: 'fp', provider: 'X' })
    expect(other).toMatchObject({ system_fingerprint: 'fp', choices: [{ index: 1 }] })
    expect(finish).toMatchObject({ choices: [{ finish_reason: 'stop', native_finish_reason: 'end' }] })
    expect(write(events).dropped).toEqual([{ path: 'container', reason: 'foreign-extension' }])
  })

  it.each<[string, ModelEvent[]]>([
    ['says what went wrong', [start, { type: 'error', error: new GatewayError('overloaded', 'Busy') }]],
    ['does not look whole when its input ends', [start, { type: 'text-delta', at: 0, text: 'Hi' }]],
    ['does not look whole when nothing came', []],
  ])('that fails %s', (_, events) => {
    const { lines } = write(events)
    expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({
      error: { type: 'server_error', message: expect.any(String) },
    })
    expect(lines).not.toContain('[DONE]')
    expect(lines.some((line) => line.includes('"finish_reason":"'))).toBe(false)
  })
})
