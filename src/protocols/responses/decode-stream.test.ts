import { describe, expect, it } from 'vitest'
import { GatewayError } from '../../errors.ts'
import type { ModelEvent } from '../../ir/event.ts'
import { fold } from '../../ir/fold.ts'
import type { JsonObject } from '../../ir/json.ts'
import { run } from '../../stream/sink.ts'
import { decodeResponse } from './decode-response.ts'
import { decodeStream } from './decode-stream.ts'

const decode = (...events: JsonObject[]): ModelEvent[] =>
  run(
    decodeStream,
    events.map((event) => ({ event: String(event['type']), data: JSON.stringify(event) })),
  )

const created = {
  type: 'response.created',
  response: { id: 'resp_1', model: 'gpt', created_at: 7, status: 'in_progress', output: [] },
}
const completed = (...output: JsonObject[]) => ({
  type: 'response.completed',
  response: { id: 'resp_1', model: 'gpt', status: 'completed', output },
})
const added = (item: JsonObject, output_index = 0) => ({
  type: 'response.output_item.added',
  output_index,
  item,
})
const done = (item: JsonObject, output_index = 0) => ({
  type: 'response.output_item.done',
  output_index,
  item,
})
const inside = (type: string, fields: JsonObject, output_index = 0) => ({
  type: `response.${type}`,
  output_index,
  ...fields,
})
const message = (text: string, fields: JsonObject = {}) => ({
  type: 'message',
  id: 'msg_1',
  role: 'assistant',
  content: [{ type: 'output_text', text, annotations: [], ...fields }],
})
const endings = (events: readonly ModelEvent[]): string[] =>
  events.flatMap(({ type }) => (type === 'response-end' || type === 'error' ? [type] : []))

describe('text', () => {
  it('streams, with citations, and ends once', () => {
    const annotation = { type: 'url_citation', url: 'https://a/', title: 'A', start_index: 0, end_index: 2 }
    const events = decode(
      created,
      added({ type: 'message', id: 'msg_1', phase: 'final_answer', content: [] }),
      inside('content_part.added', { content_index: 0, part: { type: 'output_text', text: '' } }),
      inside('output_text.delta', { content_index: 0, delta: 'Hi' }),
      inside('output_text.annotation.added', { content_index: 0, annotation }),
      inside('output_text.done', { content_index: 0, text: 'Hi there' }),
      inside('content_part.done', {
        content_index: 0,
        part: message('Hi there', { annotations: [annotation] }).content[0],
      }),
      done(message('Hi there', { annotations: [annotation] })),
      completed(message('Hi there')),
    )
    expect(events).toEqual([
      { type: 'response-start', id: 'resp_1', model: 'gpt', created: 7 },
      { type: 'text-start', at: 0, ext: { responses: { phase: 'final_answer' } } },
      { type: 'text-delta', at: 0, text: 'Hi' },
      {
        type: 'annotation',
        at: 0,
        citation: { kind: 'web', url: 'https://a/', title: 'A', start: 0, end: 2 },
      },
      { type: 'text-delta', at: 0, text: ' there' },
      { type: 'part-end', at: 0 },
      { type: 'response-end', finish: { reason: 'stop', raw: 'completed' } },
    ])
  })

  it.each<[string, JsonObject[]]>([
    ['its part', [inside('content_part.done', { content_index: 0, part: message('all').content[0] })]],
    ['its item', [done(message('all'))]],
    ['the end of the answer', []],
  ])('is read from %s when nothing was streamed', (_, between) => {
    const { parts } = fold(decode(created, added(message('')), ...between, completed(message('all'))))
    expect(parts).toEqual([{ kind: 'text', text: 'all' }])
  })

  it('is read from an answer whose items never began', () => {
    expect(fold(decode(created, completed(message('all')))).parts).toEqual([{ kind: 'text', text: 'all' }])
  })
})

describe('calls', () => {
  const call = { type: 'function_call', id: 'fc_1', call_id: 'c1', name: 'read', namespace: 'fs' }

  it('take their arguments from the end when there were no deltas', () => {
    const events = decode(
      created,
      added({ ...call, arguments: '' }),
      inside('function_call_arguments.done', { arguments: '{"a":1}' }),
      done({ ...call, arguments: '{"a":1}' }),
      completed({ ...call, arguments: '{"a":1}' }),
    )
    expect(fold(events)).toMatchObject({
      parts: [{ kind: 'tool-call', id: 'c1', name: 'read', namespace: 'fs', input: '{"a":1}' }],
      finish: { reason: 'tool-calls' },
    })
    expect(events.filter(({ type }) => type === 'tool-call-delta')).toHaveLength(1)
  })

  it('stream side by side', () => {
    const second = { ...call, id: 'fc_2', call_id: 'c2' }
    const delta = (index: number, text: string) =>
      inside('function_call_arguments.delta', { delta: text }, index)
    const events = decode(
      created,
      added({ ...call, arguments: '' }, 0),
      added({ ...second, arguments: '' }, 1),
      delta(1, '{"b"'),
      delta(0, '{"a"'),
      delta(1, ':2}'),
      delta(0, ':1}'),
      done({ ...second, arguments: '{"b":2}' }, 1),
      done({ ...call, arguments: '{"a":1}' }, 0),
      completed(),
    )
    expect(fold(events).parts).toMatchObject([{ input: '{"a":1}' }, { input: '{"b":2}' }])
  })

  it('of free form carry their text', () => {
    const free = { type: 'custom_tool_call', id: 'ctc_1', call_id: 'c', name: 'patch' }
    const events = decode(
      created,
      added({ ...free, input: '' }),
      inside('custom_tool_call_input.delta', { delta: '*** Begin' }),
      done({ ...free, input: '*** Begin' }),
      completed(),
    )
    expect(fold(events).parts).toEqual([
      { kind: 'tool-call', id: 'c', name: 'patch', custom: true, input: '*** Begin' },
    ])
  })

  it('get an id where the server gave none', () => {
    const wire = { id: 'resp_9', output: [{ ...call, call_id: '', arguments: '{}' }], status: 'completed' }
    expect(decodeResponse(wire).parts).toMatchObject([{ id: 'call_resp9_1' }])
  })
})

describe('reasoning', () => {
  it('joins the parts of a summary by a blank line and ends with its seal', () => {
    const item = {
      type: 'reasoning',
      id: 'rs_1',
      summary: [
        { type: 'summary_text', text: 'a' },
        { type: 'summary_text', text: 'b' },
      ],
      encrypted_content: 'secret',
    }
    const part = (summary_index: number, delta: string) =>
      inside('reasoning_summary_text.delta', { summary_index, delta })
    const events = decode(
      created,
      added({ type: 'reasoning', id: 'rs_1', summary: [] }),
      part(0, 'a'),
      part(1, 'b'),
      done(item),
      completed(item),
    )
    const expected = { kind: 'reasoning', text: 'a\n\nb', seal: { value: 'secret' } }
    expect(fold(events).parts).toEqual([expected])
    expect(decodeResponse({ id: 'r', output: [item] }).parts).toEqual([expected])
  })

  it('reads open thoughts once, whatever else repeats them', () => {
    const item = {
      type: 'reasoning',
      summary: [],
      content: [{ type: 'reasoning_text', text: 'hm' }],
    }
    const events = decode(
      created,
      added({ type: 'reasoning', summary: [] }),
      inside('reasoning_text.delta', { content_index: 0, delta: 'hm' }),
      inside('reasoning_text.done', { content_index: 0, text: 'hm' }),
      done(item),
      completed(item),
    )
    expect(fold(events).parts).toEqual([{ kind: 'reasoning', text: 'hm' }])
  })
})

describe('other items', () => {
  it('become searches, pictures, and parts for their own protocol', () => {
    const search = {
      type: 'web_search_call',
      id: 'ws_1',
      status: 'completed',
      action: { type: 'search', queries: ['q'], sources: [{ type: 'url', url: 'https://a/' }] },
    }
    const picture = { type: 'image_generation_call', id: 'ig_1', result: 'AAAA', output_format: 'webp' }
    const novelty = { type: 'novelty', id: 'n_1' }
    const shell = { type: 'shell_call', id: 's_1', action: { commands: ['ls'] } }
    const { parts, usage } = decodeResponse({
      id: 'r',
      output: [search, picture, novelty, shell],
      usage: { input_tokens: 10, input_tokens_details: { cached_tokens: 4 }, output_tokens: 2 },
    })
    expect(parts).toMatchObject([
      { kind: 'server-tool', phase: 'call', input: '{"query":"q"}' },
      { kind: 'server-tool', phase: 'result', found: [{ url: 'https://a/' }] },
      { kind: 'media', source: { mimeType: 'image/webp', data: 'AAAA' } },
      { kind: 'opaque', value: novelty },
      { kind: 'opaque', value: shell },
    ])
    // What ran at the provider is no part of what the model says.
    expect(parts.at(-1)).not.toHaveProperty('text')
    expect(usage).toEqual({ uncached: 6, cacheRead: 4, output: 2, webSearches: 1 })
  })
})

describe('endings', () => {
  it.each([
    ['max_output_tokens', 'length'],
    ['content_filter', 'filtered'],
    ['steered', 'stop'],
  ])('incomplete for %s is %s', (reason, expected) => {
    const response = { id: 'r', status: 'incomplete', incomplete_details: { reason }, output: [message('a')] }
    expect(fold(decode({ type: 'response.incomplete', response })).finish).toEqual({
      reason: expected,
      raw: reason,
    })
  })

  it.each<[JsonObject, string, object]>([
    [
      { code: 'rate_limit_exceeded', message: 'Please try again in 1.5s.' },
      'rate-limited',
      { retryAfterMs: 1500 },
    ],
    [{ code: 'context_length_exceeded', message: 'too long' }, 'context-overflow', {}],
    [{ code: 'server_error', message: 'oops' }, 'upstream-failed', {}],
    [{ code: 'server_is_overloaded', message: 'busy' }, 'overloaded', {}],
    [{ code: 'invalid_prompt', message: 'no' }, 'invalid-request', {}],
    [{ code: 'bio_policy', message: 'no' }, 'content-filtered', { categories: ['bio_policy'] }],
    [{ code: 'invalid_image_url', message: 'no' }, 'invalid-request', {}],
  ])('a failed answer with %j is %s', (error, code, details) => {
    const failed = { type: 'response.failed', response: { id: 'r', status: 'failed', error, output: [] } }
    for (const event of [failed, { type: 'error', ...error, param: null }, { type: 'error', error }]) {
      const events = decode(created, event, completed())
      expect(endings(events)).toEqual(['error'])
      expect(events.at(-1)).toMatchObject({ error: { code, details } })
    }
    expect(() => decodeResponse({ id: 'r', status: 'failed', error, output: [] })).toThrow(GatewayError)
  })

  it('an answer that breaks off is an error, whatever it said before', () => {
    const events = decode(
      created,
      added(message('')),
      inside('output_text.delta', { content_index: 0, delta: 'a' }),
    )
    expect(events.at(-1)).toMatchObject({ type: 'error', error: { code: 'upstream-broken' } })
  })

  it('an answer that has not begun is none', () => {
    expect(() => decodeResponse({ id: 'r', status: 'queued', output: [] })).toThrow(/queued/)
    expect(() => decodeResponse({ hello: 'world' })).toThrow(/early/)
  })

  it('keep-alives and unknown events are skipped', () => {
    const events = decode(
      { type: 'keepalive', sequence_number: 0 },
      created,
      { type: 'response.novelty' },
      completed(),
    )
    expect(events.map(({ type }) => type)).toEqual(['response-start', 'response-end'])
  })
})
