import { describe, expect, it } from 'vitest'
import { GatewayError } from '../../errors.ts'
import type { JsonObject } from '../../ir/json.ts'
import { decodeRequest } from './decode-request.ts'

const ask = (messages: unknown, rest: JsonObject = {}) => decodeRequest({ model: 'm', messages, ...rest })
const user = { role: 'user', content: 'Hi' }

function refusal(wire: JsonObject): GatewayError {
  try {
    decodeRequest(wire)
  } catch (error) {
    if (error instanceof GatewayError) return error
  }
  throw new Error('the request was not refused')
}

const call = (id: string) => ({ id, type: 'function', function: { name: 'f', arguments: '' } })

describe('messages', () => {
  it('keep their place and role, system ones too', () => {
    const { turns } = ask([
      { role: 'system', content: 'Be brief' },
      user,
      { role: 'developer', content: [{ type: 'text', text: 'In French' }], name: 'ops' },
    ])
    expect(turns).toEqual([
      { role: 'system', parts: [{ kind: 'text', text: 'Be brief' }] },
      { role: 'user', parts: [{ kind: 'text', text: 'Hi' }] },
      { role: 'developer', name: 'ops', parts: [{ kind: 'text', text: 'In French' }] },
    ])
  })

  it('carry media as data or by reference', () => {
    const { turns } = ask([
      {
        role: 'user',
        content: [
          { type: 'image_url', image_url: { url: 'data:image/gif;base64,R0lG', detail: 'low' } },
          { type: 'image_url', image_url: { url: 'https://example.com/a.png' } },
          { type: 'input_audio', input_audio: { data: 'AAAA', format: 'mp3' } },
          { type: 'file', file: { file_data: 'data:application/pdf;base64,JVBERi0=', filename: 'a.pdf' } },
          { type: 'file', file: { file_data: 'JVBERi0=' } },
          { type: 'file', file: { file_id: 'file-1' } },
        ],
      },
    ])
    expect(turns[0]?.parts).toEqual([
      {
        kind: 'media',
        media: 'image',
        source: { type: 'base64', mimeType: 'image/gif', data: 'R0lG' },
        detail: 'low',
      },
      { kind: 'media', media: 'image', source: { type: 'url', url: 'https://example.com/a.png' } },
      { kind: 'media', media: 'audio', source: { type: 'base64', mimeType: 'audio/mpeg', data: 'AAAA' } },
      {
        kind: 'media',
        media: 'document',
        source: { type: 'base64', mimeType: 'application/pdf', data: 'JVBERi0=' },
        name: 'a.pdf',
      },
      {
        kind: 'media',
        media: 'document',
        source: { type: 'base64', mimeType: 'application/pdf', data: 'JVBERi0=' },
      },
      { kind: 'media', media: 'document', source: { type: 'file', id: 'file-1' } },
    ])
  })

  it('keep parts that nobody knows yet', () => {
    const value = { type: 'hologram', url: 'https://example.com' }
    expect(ask([{ role: 'user', content: [value] }]).turns[0]?.parts).toEqual([
      { kind: 'opaque', origin: 'chat', value },
    ])
  })

  it('of consecutive tool results make one user turn, and the user speaks in another', () => {
    const { turns } = ask([
      {
        role: 'assistant',
        content: '',
        tool_calls: [
          { id: 'a', type: 'function', function: { name: 'look', arguments: '{"at":1}' } },
          { id: 'b', type: 'custom', custom: { name: 'patch', input: 'free text' } },
        ],
      },
      { role: 'tool', tool_call_id: 'a', content: 'seen' },
      { role: 'tool', tool_call_id: 'b', content: [{ type: 'text', text: 'done' }] },
      user,
    ])
    expect(turns).toEqual([
      {
        role: 'assistant',
        parts: [
          { kind: 'tool-call', id: 'a', name: 'look', input: '{"at":1}' },
          { kind: 'tool-call', id: 'b', name: 'patch', input: 'free text', custom: true },
        ],
      },
      {
        role: 'user',
        parts: [
          { kind: 'tool-result', callId: 'a', content: [{ kind: 'text', text: 'seen' }] },
          { kind: 'tool-result', callId: 'b', content: [{ kind: 'text', text: 'done' }], custom: true },
        ],
      },
      { role: 'user', parts: [{ kind: 'text', text: 'Hi' }] },
    ])
  })

  it('match results without an id to the calls in order', () => {
    const { turns } = ask([
      { role: 'assistant', tool_calls: [call('a'), call('b')] },
      { role: 'tool', content: '1' },
      { role: 'tool', tool_call_id: '', content: '2' },
    ])
    expect(turns[1]?.parts).toMatchObject([{ callId: 'a' }, { callId: 'b' }])
  })

  it('read arguments that came as an object', () => {
    const call = { id: 'a', type: 'function', function: { name: 'f', arguments: { x: 1 } } }
    expect(ask([{ role: 'assistant', tool_calls: [call] }]).turns[0]?.parts).toMatchObject([
      { input: '{"x":1}' },
    ])
  })

  it('give legacy function calls ids that their results find', () => {
    const { turns, tools, toolChoice, legacyFunctions } = ask(
      [
        user,
        { role: 'assistant', content: null, function_call: { name: 'f', arguments: '{}' } },
        { role: 'function', name: 'f', content: '42' },
      ],
      { functions: [{ name: 'f', parameters: { type: 'object' } }], function_call: { name: 'f' } },
    )
    expect(turns[1]?.parts).toEqual([{ kind: 'tool-call', id: 'call_1_f', name: 'f', input: '{}' }])
    expect(turns[2]?.parts).toMatchObject([{ kind: 'tool-result', callId: 'call_1_f' }])
    expect({ tools, toolChoice, legacyFunctions }).toEqual({
      tools: [{ kind: 'function', name: 'f', schema: { type: 'object' } }],
      toolChoice: { mode: 'tool', name: 'f' },
      legacyFunctions: true,
    })
  })

  it('bring reasoning back, of either field name', () => {
    for (const field of ['reasoning_content', 'reasoning'])
      expect(ask([{ role: 'assistant', content: 'A', [field]: 'Hm' }]).turns[0]?.parts).toEqual([
        { kind: 'reasoning', text: 'Hm' },
        { kind: 'text', text: 'A' },
      ])
  })

  it('keep the details of other vendors verbatim beside the reasoning they stand for', () => {
    const details = [
      { type: 'reasoning.text', text: 'Hm', signature: 'sig', format: 'anthropic-claude-v1', index: 0 },
      { type: 'reasoning.encrypted', data: 'opaque', format: 'anthropic-claude-v1', index: 1 },
    ]
    const { turns } = ask([{ role: 'assistant', content: 'A', reasoning: 'Hm', reasoning_details: details }])
    expect(turns[0]?.parts.slice(0, 2)).toEqual([
      { kind: 'reasoning', text: 'Hm', seal: { value: 'sig' } },
      { kind: 'reasoning', text: '', redacted: true, seal: { value: 'opaque' } },
    ])
    expect(turns[0]?.ext).toEqual({ chat: { reasoning_details: details } })
  })

  it('restore what Dragoman sealed, and do not keep its own details', () => {
    const { turns } = ask([
      {
        role: 'assistant',
        content: 'A',
        reasoning_content: 'HmAha',
        reasoning_details: [
          { type: 'reasoning.text', signature: 'one', format: 'dragoman', index: 0 },
          { type: 'reasoning.text', text: 'Aha', signature: 'two', format: 'dragoman', index: 1 },
        ],
      },
    ])
    expect(turns[0]).toEqual({
      role: 'assistant',
      parts: [
        { kind: 'reasoning', text: 'Hm', seal: { value: 'one' } },
        { kind: 'reasoning', text: 'Aha', seal: { value: 'two' } },
        { kind: 'text', text: 'A' },
      ],
    })
  })

  it('restore it from the details alone, which some clients send back without the readable field', () => {
    const detail = { type: 'reasoning.text', signature: 'one', format: 'dragoman', index: 0 }
    const parts = (details: object[]) =>
      ask([{ role: 'assistant', content: 'A', reasoning_details: details }]).turns[0]?.parts.slice(0, -1)
    expect(parts([{ ...detail, text: 'Hm' }])).toEqual([
      { kind: 'reasoning', text: 'Hm', seal: { value: 'one' } },
    ])
    expect(parts([{ ...detail, text: '' }])).toEqual([
      { kind: 'reasoning', text: '', seal: { value: 'one' } },
    ])
    // Its text is lost, and the seal without it says something else.
    expect(parts([detail])).toEqual([])
  })

  it('bring a Gemini signature back to its call', () => {
    const call = {
      id: 'a',
      type: 'function',
      function: { name: 'f', arguments: '{}' },
      extra_content: { google: { thought_signature: 'sig' } },
    }
    expect(ask([{ role: 'assistant', tool_calls: [call] }]).turns[0]?.parts).toEqual([
      { kind: 'tool-call', id: 'a', name: 'f', input: '{}', seal: { value: 'sig' } },
    ])
  })

  it('read cache marks wherever clients put them', () => {
    const mark = { cache_control: { type: 'ephemeral', ttl: '1h' } }
    const { turns, tools } = ask(
      [
        { role: 'system', content: 'S', ...mark },
        {
          role: 'user',
          content: [{ type: 'text', text: 'U', prompt_cache_breakpoint: { mode: 'explicit' } }],
        },
        {
          role: 'assistant',
          tool_calls: [{ id: 'a', type: 'function', function: { name: 'f', arguments: '{}' }, ...mark }],
        },
        { role: 'tool', tool_call_id: 'a', content: 'R', ...mark },
      ],
      { tools: [{ type: 'function', function: { name: 'f' }, ...mark }] },
    )
    expect(turns.map((turn) => turn.parts[0]?.cache)).toEqual([
      { ttl: '1h' },
      {},
      { ttl: '1h' },
      { ttl: '1h' },
    ])
    expect(tools).toEqual([{ kind: 'function', name: 'f', cache: { ttl: '1h' } }])
  })
})

describe('parameters', () => {
  it('are read into the terms of the IR', () => {
    const request = ask([user], {
      stream: true,
      stream_options: { include_usage: true, include_obfuscation: false },
      max_tokens: 10,
      max_completion_tokens: 20,
      stop: 'END',
      reasoning_effort: 'high',
      logprobs: true,
      top_logprobs: 3,
      n: 2,
      user: 'u',
      safety_identifier: 's',
      store: true,
      prompt_cache_key: 'k',
      tool_choice: {
        type: 'allowed_tools',
        allowed_tools: { mode: 'required', tools: [{ type: 'function', function: { name: 'f' } }] },
      },
      response_format: {
        type: 'json_schema',
        json_schema: { name: 'x', schema: { type: 'object' }, strict: true },
      },
      modalities: ['text'],
      temperature: null,
    })
    expect(request).toMatchObject({
      stream: true,
      streamUsage: true,
      maxOutputTokens: 20,
      stop: ['END'],
      reasoning: { effort: 'high' },
      logprobs: { top: 3 },
      candidates: 2,
      user: 's',
      state: { store: true },
      cache: { key: 'k' },
      toolChoice: { mode: 'allowed', tools: ['f'], required: true },
      output: { type: 'schema', name: 'x', schema: { type: 'object' }, strict: true },
      ext: { chat: { modalities: ['text'], user: 'u', stream_options: { include_obfuscation: false } } },
    })
    expect(request).not.toHaveProperty('temperature')
  })

  it('say in three spellings how hard to think', () => {
    expect(ask([user], { reasoning: { effort: 'low', exclude: true } }).reasoning).toEqual({
      effort: 'low',
      ext: { chat: { reasoning: { exclude: true } } },
    })
    expect(ask([user], { thinking: { type: 'enabled', budget_tokens: 4000 } }).reasoning).toEqual({
      mode: 'enabled',
      budgetTokens: 4000,
    })
    expect(ask([user], { thinking: { type: 'disabled' } }).reasoning).toEqual({ mode: 'disabled' })
  })

  it('keep an effort level that only the upstream knows', () => {
    expect(ask([user], { reasoning_effort: 'default' }).ext).toEqual({
      chat: { reasoning_effort: 'default' },
    })
  })

  it('turn web search options into a tool', () => {
    const options = {
      search_context_size: 'low',
      user_location: { type: 'approximate', approximate: { country: 'CH' } },
    }
    expect(ask([user], { web_search_options: options }).tools).toEqual([
      {
        kind: 'web-search',
        name: 'web_search',
        contextSize: 'low',
        userLocation: { type: 'approximate', country: 'CH' },
        origin: 'chat',
        value: options,
      },
    ])
  })

  it('flatten the grammar of a custom tool, and keep tools of unknown kinds', () => {
    const grammar = { type: 'grammar', grammar: { syntax: 'lark', definition: 'start: "a"' } }
    const novel = { type: 'openrouter:thing', parameters: {} }
    const { tools } = ask([user], {
      tools: [{ type: 'custom', custom: { name: 'p', format: grammar } }, novel],
    })
    expect(tools).toEqual([
      { kind: 'custom', name: 'p', format: { type: 'grammar', syntax: 'lark', definition: 'start: "a"' } },
      { kind: 'server', type: 'openrouter:thing', name: 'openrouter:thing', origin: 'chat', value: novel },
    ])
  })
})

describe('a request is refused by the name of the field when', () => {
  it.each([
    ['there is no model', { messages: [user] }, 'model'],
    ['messages are no list', { model: 'm', messages: 'Hi' }, 'messages'],
    ['there are no messages', { model: 'm', messages: [] }, 'messages'],
    ['a role is unknown', { model: 'm', messages: [user, { role: 'ghost' }] }, 'messages[1].role'],
    ['content is a number', { model: 'm', messages: [{ role: 'user', content: 1 }] }, 'messages[0].content'],
    [
      'a data URL is malformed',
      {
        model: 'm',
        messages: [
          { role: 'user', content: [{ type: 'image_url', image_url: { url: 'data:text/plain,%E0%A4%A' } }] },
        ],
      },
      'messages[0].content[0].image_url.url',
    ],
    ['a result belongs to no call', { model: 'm', messages: [{ role: 'tool' }] }, 'messages[0].tool_call_id'],
    ['a number is a string', { model: 'm', messages: [user], temperature: 'hot' }, 'temperature'],
    [
      'a tool has no name',
      { model: 'm', messages: [user], tools: [{ type: 'function' }] },
      'tools[0].function.name',
    ],
    ['a choice makes no sense', { model: 'm', messages: [user], tool_choice: 7 }, 'tool_choice'],
    [
      'a format is unknown',
      { model: 'm', messages: [user], response_format: { type: 'x' } },
      'response_format.type',
    ],
  ])('%s', (_, wire, param) => {
    expect(refusal(wire)).toMatchObject({ code: 'invalid-request', details: { param } })
  })
})
