import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../../ir/json.ts'
import type { Part } from '../../ir/part.ts'
import type { ModelRequest, Turn } from '../../ir/request.ts'
import { decodeRequest } from './decode-request.ts'
import { responsesDialect } from './dialect.ts'
import type { ResponsesDialect } from './dialect.ts'
import { encodeRequest } from './encode-request.ts'

function encode(request: Partial<ModelRequest>, dialect: Partial<ResponsesDialect> = {}) {
  const turns: Turn[] = [{ role: 'user', parts: [{ kind: 'text', text: 'Hi' }] }]
  return encodeRequest(
    { model: 'm', stream: false, turns, tools: [], ...request },
    { ...responsesDialect, ...dialect },
  )
}

const items = (turns: Turn[], dialect: Partial<ResponsesDialect> = {}) =>
  encode({ turns }, dialect).body['input'] as JsonObject[]

const user = (...parts: Part[]): Turn => ({ role: 'user', parts })
const assistant = (...parts: Part[]): Turn => ({ role: 'assistant', parts })
const text = (said: string): Part => ({ kind: 'text', text: said })

describe('state', () => {
  it('stores nothing and asks for reasoning as a secret to send back', () => {
    expect(encode({}).body).toMatchObject({ store: false, include: ['reasoning.encrypted_content'] })
    expect(encode({}, { efforts: [] }).body).not.toHaveProperty('include')
  })

  it('sends ids of items only to where they are stored', () => {
    const wire = {
      model: 'm',
      input: [{ type: 'message', id: 'msg_1', role: 'user', content: [{ type: 'input_text', text: 'a' }] }],
    }
    expect(encodeRequest(decodeRequest(wire), responsesDialect).body['input']).not.toHaveProperty('0.id')
    expect(encodeRequest(decodeRequest({ ...wire, store: true }), responsesDialect).body).toMatchObject({
      store: true,
      input: [{ id: 'msg_1' }],
    })
  })

  it('refuses a conversation that the upstream does not keep', () => {
    const request = { state: { previousResponseId: 'resp_1' } }
    expect(encode(request).body).toMatchObject({ previous_response_id: 'resp_1' })
    expect(() => encode(request, { storedConversations: false })).toThrow(/previous_response_id/)
  })

  it('leaves results alone whose calls the upstream holds', () => {
    const result: Part = { kind: 'tool-result', callId: 'c', content: [text('ok')] }
    const { body, dropped } = encode({ turns: [user(result)], state: { previousResponseId: 'resp_1' } })
    expect(body['input']).toEqual([{ type: 'function_call_output', call_id: 'c', output: 'ok' }])
    expect(dropped).toEqual([])
  })
})

describe('conversation', () => {
  it('sends instructions as input where they are all that is said', () => {
    const turns: Turn[] = [{ role: 'system', parts: [text('Greet the world.')] }]
    const { body } = encode({ turns: [...turns, user(text(''))] })
    expect(body['input']).toMatchObject([{ role: 'system', content: [{ text: 'Greet the world.' }] }])
    expect(body).not.toHaveProperty('instructions')
    expect(encode({ turns, state: { previousResponseId: 'resp_1' } }).body).toMatchObject({
      instructions: 'Greet the world.',
      input: [],
    })
  })

  it('makes leading system turns the instructions and leaves later ones in their place', () => {
    const system = (said: string): Turn => ({ role: 'system', parts: [text(said)] })
    const { body, dropped } = encode({ turns: [system('a'), system('b'), user(text('Hi')), system('c')] })
    expect(body['instructions']).toBe('a\n\nb')
    expect((body['input'] as JsonObject[]).map((item) => item['role'])).toEqual(['user', 'system'])
    expect(dropped).toMatchObject([{ path: 'instructions', reason: 'approximated' }])
  })

  it('keeps cache marks of system texts where the upstream knows breakpoints', () => {
    const turns: Turn[] = [
      { role: 'system', parts: [{ kind: 'text', text: 'a', cache: { ttl: '1h' } }] },
      user(text('Hi')),
    ]
    const { body } = encode({ turns }, { cacheBreakpoints: true })
    expect(body).not.toHaveProperty('instructions')
    expect(body['input']).toMatchObject([
      { role: 'system', content: [{ text: 'a', prompt_cache_breakpoint: { mode: 'explicit', ttl: '12h' } }] },
      { role: 'user' },
    ])
    expect(encode({ turns }).body).toMatchObject({
      instructions: 'a',
      prompt_cache_key: expect.stringMatching(/^dragoman-/) as string,
    })
  })

  it('sends an answer as items: sealed reasoning, what was said, calls', () => {
    const turn = assistant(
      { kind: 'reasoning', text: 'hm', seal: { value: 'secret' } },
      text('Looking.'),
      { kind: 'tool-call', id: 'c1', name: 'spawn', namespace: 'agents', input: '' },
      { kind: 'tool-call', id: 'c2', name: 'patch', custom: true, input: '*** Begin' },
    )
    const results = user(
      { kind: 'tool-result', callId: 'c1', isError: true, content: [text('no')] },
      { kind: 'tool-result', callId: 'c2', custom: true, content: [text('ok')] },
      text('Go on.'),
    )
    expect(items([user(text('Hi')), { ...turn, phase: 'commentary' }, results]).slice(1)).toEqual([
      {
        type: 'reasoning',
        summary: [{ type: 'summary_text', text: 'hm' }],
        encrypted_content: 'secret',
      },
      {
        type: 'message',
        role: 'assistant',
        content: [{ type: 'output_text', text: 'Looking.' }],
        phase: 'commentary',
      },
      { type: 'function_call', call_id: 'c1', name: 'spawn', namespace: 'agents', arguments: '{}' },
      { type: 'custom_tool_call', call_id: 'c2', name: 'patch', input: '*** Begin' },
      { type: 'function_call_output', call_id: 'c1', output: 'Error: no' },
      { type: 'custom_tool_call_output', call_id: 'c2', output: 'ok' },
      { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Go on.' }] },
    ])
  })

  it('leaves out reasoning that nothing followed, and reasoning that nobody sealed', () => {
    const sealed: Part = { kind: 'reasoning', text: 'hm', seal: { value: 'secret' } }
    const open: Part = { kind: 'reasoning', text: 'hm' }
    const { body, dropped } = encode({
      turns: [
        user(text('a')),
        assistant(sealed),
        user(text('b')),
        assistant(open, text('c')),
        user(text('d')),
      ],
    })
    expect((body['input'] as JsonObject[]).map((item) => item['type'])).toEqual(Array(4).fill('message'))
    expect(dropped.map(({ path }) => path)).toEqual(['messages[1].content[0]', 'messages[3].content[0]'])
  })

  it('sends open thoughts to an upstream that wants them', () => {
    const turn = assistant({ kind: 'reasoning', text: 'hm' }, text('a'))
    expect(items([user(text('Hi')), turn, user(text('b'))], { reasoningHistory: 'always' })[1]).toEqual({
      type: 'reasoning',
      summary: [],
      content: [{ type: 'reasoning_text', text: 'hm' }],
    })
  })

  it('sends pictures and files inside of results', () => {
    const pdf: Part = {
      kind: 'media',
      media: 'document',
      source: { type: 'base64', mimeType: 'application/pdf', data: 'JVBERi0xLjQ=' },
    }
    const turns = [
      user(text('Hi')),
      assistant({ kind: 'tool-call', id: 'c', name: 'read', input: '{}' }),
      user({ kind: 'tool-result', callId: 'c', content: [text('a'), pdf] }),
    ]
    expect(items(turns)[2]).toEqual({
      type: 'function_call_output',
      call_id: 'c',
      output: [
        { type: 'input_text', text: 'a' },
        {
          type: 'input_file',
          filename: 'document.pdf',
          file_data: 'data:application/pdf;base64,JVBERi0xLjQ=',
        },
      ],
    })
  })

  it('shortens call ids in calls and results alike', () => {
    const id = 'x'.repeat(100)
    const [call, result] = items([
      user(text('Hi')),
      assistant({ kind: 'tool-call', id, name: 'f', input: '{}' }),
      user({ kind: 'tool-result', callId: id, content: [text('a')] }),
    ]).slice(1)
    expect(String(call?.['call_id'])).toHaveLength(64)
    expect(result?.['call_id']).toBe(call?.['call_id'])
  })

  it('tells another vendor’s search in words and sends back its own', () => {
    const own = {
      type: 'web_search_call',
      id: 'ws_1',
      status: 'completed',
      action: { type: 'search', query: 'q' },
    }
    const wire = decodeRequest({
      model: 'm',
      input: [{ role: 'user', content: 'a' }, own, { role: 'assistant', content: 'b' }],
    })
    expect(encodeRequest(wire, responsesDialect).body['input']).toContainEqual(own)
    const foreign: Part = {
      kind: 'server-tool',
      phase: 'result',
      tool: 'web-search',
      id: 's',
      name: 'web_search',
      found: [{ url: 'https://example.com/', title: 'A page' }],
      origin: 'messages',
      value: {},
    }
    expect(items([user(text('Hi')), assistant(foreign, text('a')), user(text('b'))])[1]).toMatchObject({
      content: [{ text: '[web_search found]\n- A page: https://example.com/\n\n' }, { text: 'a' }],
    })
  })

  it('refuses files that only another vendor knows', () => {
    const file: Part = { kind: 'media', media: 'document', source: { type: 'file', id: 'file_011abc' } }
    expect(() => items([user(file)])).toThrow(/file_011abc is not known/)
  })
})

describe('tools', () => {
  const schema = { type: 'object', properties: { a: { type: 'string' } } }

  it('says for every function whether its schema is enforced', () => {
    const strict = { ...schema, required: ['a'], additionalProperties: false }
    const { body } = encode({
      tools: [
        { kind: 'function', name: 'loose', description: '', schema },
        { kind: 'function', name: 'tight', schema: strict, strict: true },
        { kind: 'function', name: 'unfit', schema, strict: true },
      ],
    })
    const tools = body['tools'] as JsonObject[]
    expect(tools.map((tool) => tool['strict'])).toEqual([false, true, false])
    expect(tools[0]).not.toHaveProperty('description')
  })

  it('puts tools of a namespace together again', () => {
    const tools = [
      {
        type: 'namespace',
        name: 'agents',
        description: 'Agents.',
        tools: [
          { type: 'function', name: 'spawn', parameters: schema, strict: false },
          { type: 'function', name: 'close', parameters: schema, strict: false },
        ],
      },
      { type: 'function', name: 'plain', parameters: schema, strict: false },
    ]
    expect(
      encodeRequest(decodeRequest({ model: 'm', input: 'x', tools }), responsesDialect).body['tools'],
    ).toEqual(tools)
  })

  it('puts tools that came in the input back where they came', () => {
    const input = [
      { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'a' }] },
      { type: 'additional_tools', role: 'developer', tools: [{ type: 'function', name: 'late' }] },
    ]
    const { body } = encodeRequest(decodeRequest({ model: 'm', input }), responsesDialect)
    expect(body['input']).toEqual(input)
    expect(body).not.toHaveProperty('tools')
  })

  it('searches the web for clients of other protocols and asks for the sources', () => {
    const { body, dropped } = encode({
      tools: [
        {
          kind: 'web-search',
          name: 'web_search',
          allowedDomains: ['example.com'],
          maxUses: 8,
          origin: 'messages',
          value: {},
        },
      ],
      toolChoice: { mode: 'tool', name: 'web_search' },
    })
    expect(body['tools']).toEqual([{ type: 'web_search', filters: { allowed_domains: ['example.com'] } }])
    expect(body['tool_choice']).toEqual({ type: 'web_search' })
    expect(body['include']).toContain('web_search_call.action.sources')
    expect(dropped).toMatchObject([{ path: 'tools[0].max_uses', reason: 'unsupported' }])
  })
})

describe('settings', () => {
  it('shows thoughts only to who wants to read them', () => {
    expect(encode({ reasoning: { effort: 'max', display: 'summarized' } }).body['reasoning']).toEqual({
      effort: 'xhigh',
      summary: 'auto',
    })
    expect(encode({ reasoning: { mode: 'adaptive', display: 'omitted' } }).body).not.toHaveProperty(
      'reasoning',
    )
    expect(encode({ reasoning: { mode: 'disabled' } }).body['reasoning']).toEqual({ effort: 'none' })
  })

  it('keeps the output limit within what the upstream takes', () => {
    expect(encode({ maxOutputTokens: 1 }).body['max_output_tokens']).toBe(16)
    expect(encode({ maxOutputTokens: 99 }, { maxOutputTokens: 50 }).body['max_output_tokens']).toBe(50)
  })

  it('reports what this protocol has no field for', () => {
    const { body, dropped } = encode({ stop: ['END'], seed: 1, topK: 2, frequencyPenalty: 1 })
    expect(Object.keys(body)).toEqual(['model', 'input', 'include', 'store'])
    expect(dropped.map(({ path }) => path)).toEqual(['top_k', 'seed', 'frequency_penalty', 'stop[0]'])
  })

  it('refuses several answers at once', () => {
    expect(() => encode({ candidates: 2 })).toThrow(/one answer/)
  })

  it('leaves out fields that the upstream refuses, and says so', () => {
    const { body, dropped } = encode({ serviceTier: 'flex' }, { refusedFields: ['service_tier'] })
    expect(body).not.toHaveProperty('service_tier')
    expect(dropped).toMatchObject([{ path: 'service_tier' }])
  })
})
