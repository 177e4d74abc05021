import OpenAI from 'openai'
import { describe, expect, it } from 'vitest'
import { GatewayError } from '../../errors.ts'
import type { Dropped } from '../../ir/dropped.ts'
import type { ModelEvent } from '../../ir/event.ts'
import { unfold } from '../../ir/fold.ts'
import { asObject } from '../../ir/json.ts'
import type { JsonObject } from '../../ir/json.ts'
import type { Part } from '../../ir/part.ts'
import type { ModelRequest } from '../../ir/request.ts'
import type { FinishReason, ModelResponse } from '../../ir/response.ts'
import { formatSse } from '../../stream/sse.ts'
import { run } from '../../stream/sink.ts'
import type { ReplyContext } from '../protocol.ts'
import { decodeRequest } from './decode-request.ts'
import { encodeResponse } from './encode-response.ts'
import { encodeStream } from './encode-stream.ts'

function contextOf(request: Partial<ModelRequest> = {}, profile?: 'codex') {
  const dropped: Dropped[] = []
  const context: ReplyContext & { dropped: Dropped[] } = {
    request: { model: 'asked-for', stream: true, turns: [], tools: [], ...request },
    id: 'abc',
    created: 7,
    ...(profile !== undefined && { profile }),
    onDropped: (loss) => void dropped.push(loss),
    dropped,
  }
  return context
}

function stream(events: Iterable<ModelEvent>, context = contextOf()) {
  const sse = run(encodeStream(context), events)
  const data = sse.map((event) => JSON.parse(event.data) as JsonObject)
  const last = asObject(data.at(-1)?.['response'])
  return { sse, data, last, output: last['output'] as JsonObject[], dropped: context.dropped }
}

const answer = (parts: readonly Part[], reason: FinishReason = 'stop'): ModelResponse => ({
  id: 'up',
  model: 'claude',
  parts,
  finish: { reason },
  usage: { uncached: 6, cacheRead: 4, output: 3, reasoning: 1 },
})

const said = (...parts: Part[]) => stream(unfold(answer(parts)))
const typesOf = (data: readonly JsonObject[]): unknown[] => data.map(({ type }) => type)

describe('an answer', () => {
  it('goes out as numbered events, from response.created to response.completed', () => {
    const { data, sse, last } = said({ kind: 'text', text: 'Hi' })
    expect(typesOf(data)).toEqual([
      'response.created',
      'response.in_progress',
      'response.output_item.added',
      'response.content_part.added',
      'response.output_text.delta',
      'response.output_text.done',
      'response.content_part.done',
      'response.output_item.done',
      'response.completed',
    ])
    expect(sse.map(({ event }) => event)).toEqual(typesOf(data))
    expect(data.map((event) => event['sequence_number'])).toEqual([...data.keys()])
    expect(last).toMatchObject({
      id: 'resp_abc',
      created_at: 7,
      model: 'asked-for',
      status: 'completed',
      error: null,
      incomplete_details: null,
      output: [
        {
          id: 'msg_abc_0',
          type: 'message',
          status: 'completed',
          content: [{ type: 'output_text', text: 'Hi', annotations: [], logprobs: [] }],
        },
      ],
      usage: {
        input_tokens: 10,
        input_tokens_details: { cached_tokens: 4 },
        output_tokens: 3,
        output_tokens_details: { reasoning_tokens: 1 },
        total_tokens: 13,
      },
    })
  })

  it('says the request’s settings again', () => {
    const tools = [
      { type: 'function', name: 'f', parameters: { type: 'object', properties: {} }, strict: false },
    ]
    const request = decodeRequest({
      model: 'asked-for',
      instructions: 'Be brief.',
      input: 'x',
      tools,
      tool_choice: 'required',
      temperature: 0.5,
      text: { verbosity: 'low' },
      reasoning: { effort: 'low' },
    })
    expect(stream(unfold(answer([])), contextOf(request)).last).toMatchObject({
      instructions: 'Be brief.',
      tools,
      tool_choice: 'required',
      temperature: 0.5,
      text: { format: { type: 'text' }, verbosity: 'low' },
      reasoning: { effort: 'low', summary: null },
      parallel_tool_calls: true,
      previous_response_id: null,
    })
  })

  it('is the same whole', () => {
    const whole = answer([
      { kind: 'reasoning', text: 'hm', seal: { value: 'secret' } },
      { kind: 'text', text: 'a', citations: [{ kind: 'web', url: 'https://a/', title: 'A' }] },
      { kind: 'tool-call', id: 'c', name: 'f', input: '' },
    ])
    expect(encodeResponse(whole, contextOf()).body).toEqual(stream(unfold(whole)).last)
  })
})

describe('items', () => {
  it('keep texts that follow each other in one message, and what comes after a call in another', () => {
    const { output } = said(
      { kind: 'text', text: 'a' },
      { kind: 'text', text: 'b' },
      { kind: 'tool-call', id: 'c', name: 'f', input: '{}' },
      { kind: 'text', text: 'd' },
    )
    expect(output.map((item) => [item['type'], (item['content'] as unknown[] | undefined)?.length])).toEqual([
      ['message', 2],
      ['function_call', undefined],
      ['message', 1],
    ])
  })

  it('say arguments that no client could parse as an empty object', () => {
    const { output, data } = said({ kind: 'tool-call', id: 'c', name: 'f', input: '' })
    expect(output).toMatchObject([{ id: 'fc_abc_0', call_id: 'c', arguments: '{}' }])
    expect(data.find(({ type }) => type === 'response.function_call_arguments.done')).toMatchObject({
      arguments: '{}',
    })
  })

  it('name the namespace of a call, and carry free-form input', () => {
    const { output, data } = said(
      { kind: 'tool-call', id: 'c1', name: 'close', namespace: 'agents', input: '{"a":1}' },
      { kind: 'tool-call', id: 'c2', name: 'patch', custom: true, input: '*** Begin' },
    )
    expect(output).toMatchObject([
      { type: 'function_call', name: 'close', namespace: 'agents' },
      { id: 'ctc_abc_1', type: 'custom_tool_call', input: '*** Begin' },
    ])
    expect(typesOf(data)).toContain('response.custom_tool_call_input.done')
  })

  it('give every call an id of its own, at most 64 characters long', () => {
    const long = 'x'.repeat(80)
    const { output } = said(
      { kind: 'tool-call', id: 'c', name: 'f', input: '{}' },
      { kind: 'tool-call', id: 'c', name: 'f', input: '{}' },
      { kind: 'tool-call', id: '', name: 'f', input: '{}' },
      { kind: 'tool-call', id: long, name: 'f', input: '{}' },
    )
    const ids = output.map((item) => String(item['call_id']))
    expect(new Set(ids).size).toBe(4)
    expect(ids.every((id) => id !== '' && id.length <= 64)).toBe(true)
  })

  it('carry the seal of reasoning, redacted reasoning too', () => {
    const parts: Part[] = [
      { kind: 'reasoning', text: 'hm', seal: { value: 'secret' } },
      { kind: 'reasoning', text: '', redacted: true, seal: { value: 'hidden' } },
      { kind: 'text', text: 'a' },
    ]
    const { output } = said(...parts)
    expect(output.slice(0, 2)).toEqual([
      {
        id: 'rs_abc_0',
        type: 'reasoning',
        summary: [{ type: 'summary_text', text: 'hm' }],
        encrypted_content: 'secret',
      },
      { id: 'rs_abc_1', type: 'reasoning', summary: [], encrypted_content: 'hidden~redacted' },
    ])
    expect(decodeRequest({ model: 'm', store: false, input: output }).turns[0]?.parts).toEqual(parts)
  })

  it('have a place for a seal when the client asked for one', () => {
    const request = { ext: { responses: { include: ['reasoning.encrypted_content'] } } }
    const { output } = stream(unfold(answer([{ kind: 'reasoning', text: 'hm' }])), contextOf(request))
    expect(output[0]).toHaveProperty('encrypted_content', null)
    expect(said({ kind: 'reasoning', text: 'hm' }).output[0]).not.toHaveProperty('encrypted_content')
  })

  it('mark the whole text for a citation without offsets', () => {
    const { output, dropped } = said({
      kind: 'text',
      text: 'four',
      citations: [
        { kind: 'web', url: 'https://a/', title: 'A' },
        { kind: 'document', start: 0, end: 1 },
      ],
    })
    expect(output).toMatchObject([
      {
        content: [
          { annotations: [{ type: 'url_citation', start_index: 0, end_index: 4, url: 'https://a/' }] },
        ],
      },
    ])
    expect(dropped.map(({ reason }) => reason)).toEqual(['unsupported', 'approximated'])
  })

  it('show another vendor’s search as one item', () => {
    const search = {
      kind: 'server-tool',
      tool: 'web-search',
      id: 's',
      name: 'web_search',
      origin: 'messages',
      value: {},
    } as const
    const { output } = said(
      { ...search, phase: 'call', input: '{"query":"q"}' },
      { ...search, phase: 'result', found: [{ url: 'https://a/', title: 'A' }] },
    )
    expect(output).toEqual([
      {
        id: 'ws_abc_0',
        type: 'web_search_call',
        status: 'completed',
        action: { type: 'search', query: 'q', queries: ['q'], sources: [{ type: 'url', url: 'https://a/' }] },
      },
    ])
  })
})

describe('endings', () => {
  it.each<[FinishReason, string, unknown]>([
    ['length', 'response.incomplete', { reason: 'max_output_tokens' }],
    ['filtered', 'response.incomplete', { reason: 'content_filter' }],
    ['refusal', 'response.incomplete', { reason: 'content_filter' }],
    ['tool-calls', 'response.completed', null],
    ['pause', 'response.completed', null],
  ])('%s is %s', (reason, type, details) => {
    const { data, last } = stream(unfold(answer([{ kind: 'text', text: 'a' }], reason)))
    expect(data.at(-1)?.['type']).toBe(type)
    expect(last['incomplete_details']).toEqual(details)
  })

  it('an error is a failed answer that keeps what was said', () => {
    const error = new GatewayError('rate-limited', 'Slow down.', { details: { retryAfterMs: 2500 } })
    const { data, last } = stream([
      { type: 'response-start', id: 'up', model: 'claude' },
      { type: 'text-start', at: 0 },
      { type: 'text-delta', at: 0, text: 'Hal' },
      { type: 'error', error },
      { type: 'response-end', finish: { reason: 'stop' } },
    ])
    expect(data.at(-1)?.['type']).toBe('response.failed')
    expect(last).toMatchObject({
      error: { code: 'rate_limit_exceeded', message: 'Slow down. Please try again in 3s.' },
      output: [{ content: [{ text: 'Hal' }] }],
    })
  })

  it('an error before anything else still begins with response.created', () => {
    const error = new GatewayError('context-overflow', 'too long', { details: { tokens: 9, limit: 5 } })
    const { data, last } = stream([{ type: 'error', error }])
    expect(typesOf(data)).toEqual(['response.created', 'response.in_progress', 'response.failed'])
    expect(last['error']).toMatchObject({ code: 'context_length_exceeded' })
  })

  it('an upstream that breaks off is a failure', () => {
    expect(stream([{ type: 'text-delta', at: 0, text: 'a' }]).last['status']).toBe('failed')
  })
})

describe('for Codex', () => {
  const codex = (parts: readonly Part[], reason: FinishReason) =>
    stream(unfold(answer(parts, reason)), contextOf({}, 'codex'))

  it('an answer that was cut short is complete', () => {
    expect(codex([{ kind: 'text', text: 'a' }], 'length').last).toMatchObject({
      status: 'completed',
      incomplete_details: null,
    })
  })

  it('a filtered answer has failed for good', () => {
    expect(codex([], 'filtered').last).toMatchObject({ status: 'failed', error: { code: 'invalid_prompt' } })
  })

  it('a refusal is a text', () => {
    expect(codex([{ kind: 'refusal', text: 'No.' }], 'refusal')).toMatchObject({
      last: { status: 'completed' },
      output: [{ content: [{ type: 'output_text', text: 'No.' }] }],
    })
  })
})

describe('the official SDK', () => {
  const accumulate = async (events: Iterable<ModelEvent>) => {
    const text = run(encodeStream(contextOf()), events).map(formatSse).join('')
    const client = new OpenAI({
      apiKey: 'none',
      maxRetries: 0,
      fetch: async () => new Response(text, { headers: { 'content-type': 'text/event-stream' } }),
    })
    return client.responses.stream({ model: 'm', input: 'x' }).finalResponse()
  }

  it('reads every kind of part', async () => {
    const final = await accumulate(
      unfold(
        answer([
          { kind: 'reasoning', text: 'hm', seal: { value: 'secret' } },
          { kind: 'text', text: 'a', citations: [{ kind: 'web', url: 'https://a/', title: 'A' }] },
          { kind: 'refusal', text: 'no' },
          { kind: 'tool-call', id: 'c1', name: 'f', input: '{"a":1}' },
          { kind: 'tool-call', id: 'c2', name: 'p', custom: true, input: 'free' },
          { kind: 'media', media: 'image', source: { type: 'base64', mimeType: 'image/png', data: 'AAAA' } },
          { kind: 'text', text: 'b' },
        ]),
      ),
    )
    expect(final.output_text).toBe('ab')
    expect(final.output.map(({ type }) => type)).toEqual([
      'reasoning',
      'message',
      'function_call',
      'custom_tool_call',
      'image_generation_call',
      'message',
    ])
  })

  it('reads calls that stream side by side', async () => {
    const call = (at: number): ModelEvent => ({ type: 'tool-call-start', at, id: `c${at}`, name: 'f' })
    const final = await accumulate([
      call(0),
      call(1),
      { type: 'tool-call-delta', at: 1, input: '{"b":2}' },
      { type: 'tool-call-delta', at: 0, input: '{"a":1}' },
      { type: 'part-end', at: 0 },
      { type: 'response-end', finish: { reason: 'tool-calls' } },
    ])
    expect(final.output.map((item) => asObject(item)['arguments'])).toEqual(['{"a":1}', '{"b":2}'])
  })
})
