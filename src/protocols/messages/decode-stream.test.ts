import { describe, expect, it } from 'vitest'
import type { ModelEvent } from '../../ir/event.ts'
import { fold } from '../../ir/fold.ts'
import type { JsonObject } from '../../ir/json.ts'
import { run } from '../../stream/sink.ts'
import { decodeResponse } from './decode-response.ts'
import { decodeStream } from './decode-stream.ts'

const decode = (...events: JsonObject[]): ModelEvent[] =>
  run(
    decodeStream(),
    events.map((event) => ({ event: String(event['type']), data: JSON.stringify(event) })),
  )

const usage = {
  input_tokens: 7,
  cache_read_input_tokens: 3,
  cache_creation_input_tokens: 0,
  output_tokens: 1,
}
const start = {
  type: 'message_start',
  message: {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model: 'claude',
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage,
  },
}
const open = (index: number, content_block: JsonObject) => ({
  type: 'content_block_start',
  index,
  content_block,
})
const delta = (index: number, fields: JsonObject) => ({ type: 'content_block_delta', index, delta: fields })
const close = (index: number) => ({ type: 'content_block_stop', index })
const stop = (reason: string, fields: JsonObject = {}, more: JsonObject = {}) => ({
  type: 'message_delta',
  delta: { stop_reason: reason, stop_sequence: null, ...fields },
  usage: { output_tokens: 9 },
  ...more,
})
const end = { type: 'message_stop' }

const citation = {
  type: 'web_search_result_location',
  url: 'u',
  title: 't',
  cited_text: 'c',
  encrypted_index: 'e',
}
const search = { type: 'server_tool_use', id: 's1', name: 'web_search', input: { query: 'q' } }
const found = { type: 'web_search_tool_result', tool_use_id: 's1', content: [] }

const streamed = [
  start,
  { type: 'ping' },
  open(0, { type: 'thinking', thinking: '', signature: '' }),
  delta(0, { type: 'thinking_delta', thinking: 'hm' }),
  delta(0, { type: 'signature_delta', signature: 'sig' }),
  close(0),
  open(1, { type: 'redacted_thinking', data: 'd' }),
  close(1),
  open(2, { ...search, input: {} }),
  delta(2, { type: 'input_json_delta', partial_json: '{"query":' }),
  delta(2, { type: 'input_json_delta', partial_json: '"q"}' }),
  close(2),
  open(3, found),
  close(3),
  open(4, { type: 'text', text: '', citations: [] }),
  delta(4, { type: 'citations_delta', citation }),
  delta(4, { type: 'text_delta', text: 'hel' }),
  delta(4, { type: 'text_delta', text: 'lo' }),
  close(4),
  open(5, { type: 'tool_use', id: 't1', name: 'Read', input: {}, caller: { type: 'direct' } }),
  delta(5, { type: 'input_json_delta', partial_json: '' }),
  delta(5, { type: 'input_json_delta', partial_json: '{"a":1}' }),
  close(5),
  open(6, { type: 'tool_use', id: 't2', name: 'List', input: {} }),
  close(6),
  open(7, { type: 'compaction', content: null }),
  delta(7, { type: 'compaction_delta', content: 'so far' }),
  close(7),
  stop('tool_use', { container: { id: 'c1' } }),
  end,
]

const whole = {
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'claude',
  content: [
    { type: 'thinking', thinking: 'hm', signature: 'sig' },
    { type: 'redacted_thinking', data: 'd' },
    search,
    found,
    { type: 'text', text: 'hello', citations: [citation] },
    { type: 'tool_use', id: 't1', name: 'Read', input: { a: 1 }, caller: { type: 'direct' } },
    { type: 'tool_use', id: 't2', name: 'List', input: {} },
    { type: 'compaction', content: 'so far' },
  ],
  stop_reason: 'tool_use',
  stop_sequence: null,
  container: { id: 'c1' },
  usage: { ...usage, output_tokens: 9 },
}

describe('a streamed answer', () => {
  it('folds to what the whole answer decodes to', () => {
    expect(fold(decode(...streamed))).toEqual(decodeResponse(whole))
  })

  it('tells the prompt’s usage at the start and all of it at the end', () => {
    const counted = decode(...streamed).filter(({ type }) => type === 'usage')
    expect(counted).toEqual([
      { type: 'usage', usage: { uncached: 7, cacheRead: 3, cacheWrite: 0, output: 1 } },
      { type: 'usage', usage: { uncached: 7, cacheRead: 3, cacheWrite: 0, output: 9 } },
    ])
  })

  it('may begin with blocks that are already whole, stop reason included', () => {
    const message = {
      ...start.message,
      content: [{ type: 'tool_use', id: 't', name: 'Roll', input: { n: 6 } }],
      stop_reason: 'tool_use',
    }
    const { parts, finish } = fold(decode({ ...start, message }, end))
    expect(parts).toEqual([{ kind: 'tool-call', id: 't', name: 'Roll', input: '{"n":6}' }])
    expect(finish.reason).toBe('tool-calls')
  })

  it('keeps events it does not know for its own protocol', () => {
    const novelty = { type: 'weather', sunny: true }
    expect(decode(start, novelty)).toContainEqual({ type: 'opaque', origin: 'messages', value: novelty })
  })
})

describe('why it stopped', () => {
  it.each([
    ['end_turn', 'stop'],
    ['stop_sequence', 'stop-sequence'],
    ['max_tokens', 'length'],
    ['model_context_window_exceeded', 'context-window'],
    ['refusal', 'refusal'],
    ['pause_turn', 'pause'],
    ['compaction', 'compaction'],
    ['tool_use', 'stop'],
    ['something_new', 'stop'],
  ])('%s without tool calls is %s', (word, reason) => {
    expect(fold(decode(start, stop(word), end)).finish).toEqual({ reason, raw: word })
  })

  it('is told with the sequence that matched and the refusal’s details', () => {
    expect(fold(decode(start, stop('stop_sequence', { stop_sequence: 'END' }), end)).finish.stop).toBe('END')
    const details = { type: 'refusal', category: 'cyber', explanation: 'no', policy: 1 }
    expect(fold(decode(start, stop('refusal', { stop_details: details }), end)).finish.detail).toEqual({
      category: 'cyber',
      explanation: 'no',
      ext: { policy: 1 },
    })
  })
})

describe('an answer that breaks off', () => {
  it('before its stop reason is an error, with all parts that came', () => {
    const events = decode(
      start,
      open(0, { type: 'text', text: '' }),
      delta(0, { type: 'text_delta', text: 'hel' }),
    )
    expect(events.at(-1)).toMatchObject({ type: 'error', error: { code: 'upstream-broken' } })
  })

  it('after its stop reason is complete', () => {
    expect(decode(start, stop('end_turn')).at(-1)).toMatchObject({ type: 'response-end' })
  })

  it('with an error event ends there', () => {
    const events = decode(
      start,
      { type: 'error', error: { type: 'overloaded_error', message: 'busy' } },
      stop('end_turn'),
      end,
    )
    expect(events.at(-1)).toMatchObject({ type: 'error', error: { code: 'overloaded', message: 'busy' } })
    expect(events.filter(({ type }) => type === 'error' || type === 'response-end')).toHaveLength(1)
  })

  it('with a second answer begins nothing new', () => {
    const events = decode(
      start,
      open(0, { type: 'text', text: 'a' }),
      start,
      open(0, { type: 'text', text: 'b' }),
      end,
    )
    expect(events.at(-1)).toMatchObject({ type: 'error', error: { code: 'upstream-broken' } })
  })
})

describe('the tool that stands for a JSON format', () => {
  const json = { type: 'tool_use', id: 't', name: 'dragoman_json_output' }

  it('is the answer’s text, streamed or whole', () => {
    const events = decode(
      start,
      open(0, { ...json, input: {} }),
      delta(0, { type: 'input_json_delta', partial_json: '{"n":1}' }),
      close(0),
      stop('tool_use'),
      end,
    )
    expect(fold(events)).toMatchObject({
      parts: [{ kind: 'text', text: '{"n":1}' }],
      finish: { reason: 'stop' },
    })
    const response = decodeResponse({ ...whole, content: [{ ...json, input: { n: 1 } }] })
    expect(response).toMatchObject({ parts: [{ kind: 'text', text: '{"n":1}' }], finish: { reason: 'stop' } })
  })
})

describe('a whole answer that is none', () => {
  it('throws what its body tells', () => {
    expect(() =>
      decodeResponse({ type: 'error', error: { type: 'rate_limit_error', message: 'slow' } }),
    ).toThrow('slow')
    expect(() => decodeResponse({ choices: [] })).toThrow(/may not speak Messages/)
  })
})
