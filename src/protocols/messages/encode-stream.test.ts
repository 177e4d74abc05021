import Anthropic from '@anthropic-ai/sdk'
import { describe, expect, it } from 'vitest'
import { GatewayError } from '../../errors.ts'
import type { Dropped } from '../../ir/dropped.ts'
import type { ModelEvent } from '../../ir/event.ts'
import { unfold } from '../../ir/fold.ts'
import type { JsonObject } from '../../ir/json.ts'
import type { Part } from '../../ir/part.ts'
import type { FinishReason, ModelResponse } from '../../ir/response.ts'
import { formatSse } from '../../stream/sse.ts'
import { run } from '../../stream/sink.ts'
import { decodeRequest } from './decode-request.ts'
import { messagesDialect } from './dialect.ts'
import { encodeRequest } from './encode-request.ts'
import { encodeResponse } from './encode-response.ts'
import { encodeStream } from './encode-stream.ts'

function context() {
  const dropped: Dropped[] = []
  return {
    request: { model: 'asked-for', stream: true, turns: [], tools: [] },
    id: 'abc',
    created: 0,
    onDropped: (loss: Dropped) => void dropped.push(loss),
    dropped,
  }
}

function stream(...events: ModelEvent[]) {
  const { dropped, ...rest } = context()
  const sse = run(encodeStream(rest), events)
  return { sse, dropped, data: sse.map(({ data }) => JSON.parse(data) as JsonObject) }
}

const begin: ModelEvent = { type: 'response-start', id: 'up', model: 'gpt' }
const usage: ModelEvent = { type: 'usage', usage: { uncached: 10, cacheRead: 5, output: 3 } }
const end = (reason: FinishReason = 'stop'): ModelEvent => ({ type: 'response-end', finish: { reason } })
const call = (at: number, ...inputs: string[]): ModelEvent[] => [
  { type: 'tool-call-start', at, id: `call_${at}`, name: 'Read' },
  ...inputs.map((input): ModelEvent => ({ type: 'tool-call-delta', at, input })),
  { type: 'part-end', at },
]
const inputOf = (data: readonly JsonObject[]): string =>
  data.map(({ delta }) => String((delta as JsonObject | undefined)?.['partial_json'] ?? '')).join('')

const answer: ModelResponse = {
  id: 'up',
  model: 'gpt',
  parts: [
    { kind: 'reasoning', text: 'hm', seal: { value: 'sealed' } },
    { kind: 'reasoning', text: '', seal: { value: 'silent' } },
    { kind: 'reasoning', text: '', redacted: true, seal: { value: 'hidden' } },
    {
      kind: 'server-tool',
      phase: 'call',
      tool: 'web-search',
      id: 'ws:1',
      name: 'web_search',
      input: '{"query":"q"}',
      found: [{ url: 'u', title: 't' }],
      origin: 'responses',
      value: {},
    },
    { kind: 'text', text: 'It is so.', citations: [{ kind: 'web', url: 'u', title: 't', start: 3, end: 8 }] },
    { kind: 'tool-call', id: 'call|1', name: 'Read', input: '{"path":"a"}' },
    { kind: 'tool-call', id: 'c2', name: 'List', input: '' },
  ],
  finish: { reason: 'stop' },
  usage: { uncached: 10, cacheRead: 5, output: 3, reasoning: 1 },
}

/** The content of a whole answer that stopped within a call's arguments. */
function torn(reason: FinishReason): unknown {
  const parts: Part[] = [{ kind: 'tool-call', id: 'a', name: 'Read', input: '{"a":"b' }]
  return encodeResponse({ ...answer, parts, finish: { reason } }, context()).body['content']
}

/** What the official SDK makes of a stream. */
async function accumulate(events: readonly ModelEvent[]): Promise<Anthropic.Message> {
  const { sse } = stream(...events)
  const body = sse.map(formatSse).join('')
  const client = new Anthropic({
    apiKey: 'none',
    maxRetries: 0,
    fetch: async () => new Response(body, { headers: { 'content-type': 'text/event-stream' } }),
  })
  const messages: Anthropic.MessageParam[] = [{ role: 'user', content: 'hi' }]
  return client.messages.stream({ model: 'asked-for', max_tokens: 9, messages }).finalMessage()
}

describe('a stream for a client', () => {
  it('is accumulated by the official SDK to the whole answer', async () => {
    const { body, dropped } = encodeResponse(answer, context())
    expect(dropped).toEqual([])
    expect(await accumulate([...unfold(answer)])).toMatchObject(body)
  })

  it('is accumulated the same when parallel calls came interleaved', async () => {
    const message = await accumulate([
      begin,
      { type: 'text-start', at: 0 },
      { type: 'text-delta', at: 0, text: 'Reading.' },
      { type: 'tool-call-start', at: 1, id: 'a', name: 'Read' },
      { type: 'tool-call-start', at: 2, id: 'b', name: 'List' },
      { type: 'tool-call-delta', at: 2, input: '{"x":' },
      { type: 'tool-call-delta', at: 1, input: '{"y":1}' },
      { type: 'tool-call-delta', at: 2, input: '2}' },
      usage,
      end('stop'),
    ])
    expect(message.content).toMatchObject([
      { type: 'text', text: 'Reading.' },
      { type: 'tool_use', id: 'a', input: { y: 1 } },
      { type: 'tool_use', id: 'b', input: { x: 2 } },
    ])
    expect(message).toMatchObject({
      model: 'asked-for',
      stop_reason: 'tool_use',
      usage: { input_tokens: 10, output_tokens: 3 },
    })
  })

  it('has contiguous blocks, none for parts that say nothing', () => {
    const { data } = stream(
      begin,
      { type: 'text-start', at: 0 },
      { type: 'part-end', at: 0 },
      { type: 'reasoning-start', at: 1 },
      { type: 'part-end', at: 1 },
      { type: 'text-start', at: 2 },
      { type: 'text-delta', at: 2, text: 'x' },
      end(),
    )
    expect(data.map(({ type, index }) => [type, index])).toEqual([
      ['message_start', undefined],
      ['content_block_start', 0],
      ['content_block_delta', 0],
      ['content_block_stop', 0],
      ['message_delta', undefined],
      ['message_stop', undefined],
    ])
  })

  it('tells usage in its start when the upstream did, and always at its end', () => {
    const known = stream(begin, usage, end()).data
    expect(known[0]).toMatchObject({
      message: { id: 'msg_abc', usage: { input_tokens: 10, cache_read_input_tokens: 5 } },
    })
    const late = stream(begin, { type: 'ping' }, usage, end()).data
    expect(late.map(({ type }) => type)).toEqual(['message_start', 'ping', 'message_delta', 'message_stop'])
    expect(late[0]).toMatchObject({ message: { usage: { input_tokens: 0, output_tokens: 0 } } })
    expect(late[2]).toMatchObject({
      usage: { input_tokens: 10, cache_read_input_tokens: 5, output_tokens: 3 },
    })
  })

  it.each([
    ['stop', 'end_turn'],
    ['tool-calls', 'end_turn'],
    ['length', 'max_tokens'],
    ['context-window', 'model_context_window_exceeded'],
    ['filtered', 'refusal'],
    ['refusal', 'refusal'],
    ['pause', 'pause_turn'],
  ] as const)('that stopped for %s without a call says %s', (reason, word) => {
    expect(stream(begin, end(reason)).data.at(-2)).toMatchObject({ delta: { stop_reason: word } })
  })

  it('says refusal when the model refused in words', () => {
    const { data } = stream(
      begin,
      { type: 'refusal-start', at: 0 },
      { type: 'refusal-delta', at: 0, text: 'No.' },
      end(),
    )
    expect(data.at(-2)).toMatchObject({
      delta: { stop_reason: 'refusal', stop_details: { type: 'refusal' } },
    })
    expect(data[2]).toMatchObject({ delta: { type: 'text_delta', text: 'No.' } })
  })

  it('never ends in a block without words: a seal that comes after them is left out, or stands before them', () => {
    const parts: Part[] = [
      { kind: 'text', text: 'ok' },
      { kind: 'reasoning', text: '', seal: { value: 'S' } },
    ]
    const late: ModelResponse = { ...answer, parts }
    const { data, dropped } = stream(...unfold(late))
    const blocks = data.flatMap(({ content_block: block }) => (block === undefined ? [] : [block]))
    expect(blocks).toMatchObject([{ type: 'text' }])
    expect(dropped).toMatchObject([{ path: 'content[1]', reason: 'unsupported' }])
    expect(encodeResponse(late, context()).body['content']).toMatchObject([
      { type: 'thinking', signature: 'S' },
      { type: 'text', text: 'ok' },
    ])
    const more = stream(...unfold({ ...late, parts: [...parts, { kind: 'text', text: 'more' }] }))
    const types = more.data.flatMap(({ content_block: block }) => (block === undefined ? [] : [block]))
    expect(types).toMatchObject([{ type: 'text' }, { type: 'thinking' }, { type: 'text' }])
    expect(more.dropped).toEqual([])
  })

  it('shows blocks of its own protocol as they were', () => {
    const value = { type: 'hologram', depth: 3 }
    const part: Part = { kind: 'opaque', origin: 'messages', value }
    expect(stream(begin, { type: 'part', at: 0, part }, end()).data[1]).toMatchObject({
      content_block: value,
    })
  })

  it('reports what it cannot show', () => {
    const part: Part = {
      kind: 'media',
      media: 'image',
      source: { type: 'base64', mimeType: 'image/png', data: '' },
    }
    const { data, dropped } = stream(begin, { type: 'part', at: 0, part }, end())
    expect(data).toHaveLength(3)
    expect(dropped).toMatchObject([{ path: 'content[0]', content: true }])
  })

  it('leaves out a call without a name, which no client could answer', () => {
    const { data, dropped } = stream(
      begin,
      { type: 'tool-call-start', at: 0, id: 'a', name: '' },
      end('tool-calls'),
    )
    expect(data.at(-2)).toMatchObject({ delta: { stop_reason: 'end_turn' } })
    expect(dropped).toHaveLength(1)
  })
})

describe('the arguments of a call', () => {
  it.each([
    ['none', [], ''],
    ['an empty object', ['{}'], ''],
    ['null', ['nu', 'll'], ''],
    ['an object before which {} was sent', ['{}', '{"a"', ':1}'], '{"a":1}'],
    ['an object as a string', ['"{\\"a\\":', '1}"'], '{"a":1}'],
    ['no object', ['[1]'], '{"_raw":"[1]"}'],
    ['more than one value', ['{"a":1}', '{"b":2}'], '{"a":1}'],
  ])('%s', (_, inputs, expected) => {
    const { data } = stream(begin, ...call(0, ...inputs), end('tool-calls'))
    expect(inputOf(data)).toBe(expected)
    expect(data.at(-1)).toMatchObject({ type: 'message_stop' })
  })

  it('stream as they come', () => {
    const { data } = stream(begin, ...call(0, '{', '"a":', '"b', 'c"}'), end())
    expect(data.filter(({ type }) => type === 'content_block_delta')).toHaveLength(3)
  })

  it('that the token limit cut stay torn, so that no client runs them', () => {
    const { data, dropped } = stream(begin, ...call(0, '{"a":"b'), end('length'))
    expect(inputOf(data)).toBe('{"a":"b')
    expect(data.at(-2)).toMatchObject({ delta: { stop_reason: 'max_tokens' } })
    expect(dropped).toEqual([])
  })

  it('that broke off for no such reason are an answer that broke off', () => {
    for (const next of [[end('tool-calls')], [...call(1, '{}'), end()], []]) {
      const { data } = stream(begin, ...call(0, '{"a":"b'), ...next)
      expect(data.at(-1)).toMatchObject({ type: 'error', error: { type: 'api_error' } })
    }
  })

  it('in a whole answer are objects too', () => {
    expect(torn('length')).toMatchObject([{ input: { a: 'b' } }])
    expect(torn('stop')).toMatchObject([{ input: { _raw: '{"a":"b' } }])
  })
})

describe('a stream that fails', () => {
  it('ends in one error event and nothing after', () => {
    const error = new GatewayError('overloaded', 'busy')
    const { sse, data } = stream(
      begin,
      { type: 'text-start', at: 0 },
      { type: 'text-delta', at: 0, text: 'x' },
      { type: 'error', error },
      end(),
    )
    expect(sse.at(-1)?.event).toBe('error')
    expect(data.filter(({ type }) => type === 'error' || type === 'message_stop')).toEqual([
      { type: 'error', error: { type: 'overloaded_error', message: 'busy' } },
    ])
  })

  // Claude Code up to 2.1.197 gives up where it has seen a block end, and asks again where it has not.
  it('does not end the block that it tore', () => {
    const error: ModelEvent = { type: 'error', error: new GatewayError('upstream-broken', 'cut') }
    for (const input of ['{"a', '{}']) {
      const { data } = stream(begin, ...call(0, input).slice(0, -1), error)
      expect(data.map(({ type }) => type)).not.toContain('content_block_stop')
    }
  })

  it('by ending too early says so', () => {
    expect(stream(begin).data.at(-1)).toMatchObject({ type: 'error', error: { type: 'api_error' } })
    expect(stream().data).toMatchObject([{ type: 'error' }])
  })
})

describe('another vendor’s search', () => {
  it('comes back from the client as text, because Claude would refuse its forged blocks', () => {
    const { content } = encodeResponse(answer, context()).body
    const messages = [
      { role: 'user', content: 'q' },
      { role: 'assistant', content: content as JsonObject[] },
    ]
    const { body } = encodeRequest(decodeRequest({ model: 'm', messages }), messagesDialect)
    const said = JSON.stringify(body['messages'])
    expect(said).toContain('[web-search found]\\n- t u')
    expect(said).not.toMatch(/srvtoolu|encrypted|citations/)
  })
})
