import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../../ir/json.ts'
import type { Part } from '../../ir/part.ts'
import type { ModelRequest, Turn } from '../../ir/request.ts'
import { decodeRequest } from './decode-request.ts'
import { messagesDialect } from './dialect.ts'
import type { MessagesDialect } from './dialect.ts'
import { encodeRequest } from './encode-request.ts'

const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJ'

const text = (value: string): Part => ({ kind: 'text', text: value })
const user = (...parts: Part[]): Turn => ({ role: 'user', parts })
const assistant = (...parts: Part[]): Turn => ({ role: 'assistant', parts })
const call = (id: string, input = '{}'): Part => ({ kind: 'tool-call', id, name: 'Read', input })
const result = (callId: string, value = 'ok'): Part => ({
  kind: 'tool-result',
  callId,
  content: [text(value)],
})
const Read = { kind: 'function', name: 'Read', schema: { type: 'object', properties: {} } } as const

const plain: MessagesDialect = { ...messagesDialect, automaticCache: false }

function encode(fields: Partial<ModelRequest>, dialect: Partial<MessagesDialect> = {}) {
  const request = { model: 'm', stream: false, turns: [user(text('hi'))], tools: [], ...fields }
  const { body, dropped } = encodeRequest(request, { ...plain, ...dialect })
  return {
    body: body as JsonObject & { messages: { role: string; content: JsonObject[] }[] },
    dropped,
    paths: dropped.map(({ path }) => path),
  }
}

describe('the conversation', () => {
  it('has leading instructions as system blocks, marks kept', () => {
    const { body, dropped } = encode({
      turns: [
        { role: 'system', parts: [text('one')] },
        { role: 'developer', parts: [{ kind: 'text', text: 'two', cache: { ttl: '12h' } }] },
        user(text('hi')),
      ],
    })
    expect(body['system']).toEqual([
      { type: 'text', text: 'one' },
      { type: 'text', text: 'two', cache_control: { type: 'ephemeral', ttl: '1h' } },
    ])
    expect(body.messages).toEqual([{ role: 'user', content: [{ type: 'text', text: 'hi' }] }])
    expect(dropped).toEqual([])
  })

  const midway: Turn[] = [
    user(text('go')),
    assistant(call('a')),
    { role: 'system', parts: [text('careful')] },
    user(result('a')),
  ]

  it('keeps an instruction midway in its place, as tagged user text after the results', () => {
    const { body, dropped } = encode({ turns: midway, tools: [Read] })
    expect(body.messages.at(-1)).toEqual({
      role: 'user',
      content: [
        { type: 'tool_result', tool_use_id: 'a', content: [{ type: 'text', text: 'ok' }] },
        { type: 'text', text: '<system-reminder>\ncareful\n</system-reminder>' },
      ],
    })
    expect(dropped.every(({ reason }) => reason === 'approximated')).toBe(true)
  })

  it('keeps it as a system turn where the model takes that', () => {
    const { body } = encode({ turns: midway, tools: [Read] }, { midConversationSystem: true })
    expect(body.messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'user', 'system'])
  })

  it('merges neighbours of one role and leaves blank texts out without their siblings', () => {
    const { body, dropped } = encode({
      turns: [user(text('a')), user(text(' \n'), text('b')), assistant(text('')), user(text('c'))],
    })
    expect(body.messages).toEqual([
      {
        role: 'user',
        content: [text('a'), text('b'), text('c')].map((part) => ({
          type: 'text',
          text: (part as { text: string }).text,
        })),
      },
    ])
    expect(dropped).toEqual([])
  })

  it('starts and ends with the user', () => {
    const { body, dropped } = encode({ turns: [assistant(text('well'))] })
    expect(body.messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'user'])
    expect(dropped).toHaveLength(2)
  })

  it('leaves a text to be continued at the end where the model continues it, without white space', () => {
    const { body } = encode({ turns: [user(text('a')), assistant(text('{ '))] }, { prefill: true })
    expect(body.messages.at(-1)?.content).toEqual([{ type: 'text', text: '{' }])
  })

  it('adds nothing after an answer that paused within a server tool', () => {
    const value = { type: 'server_tool_use', id: 's', name: 'web_search', input: {} }
    const { body, dropped } = encode({
      turns: [
        user(text('a')),
        assistant({
          kind: 'server-tool',
          phase: 'call',
          tool: 'web-search',
          id: 's',
          name: 'web_search',
          origin: 'messages',
          value,
        }),
      ],
    })
    expect(body.messages.at(-1)).toEqual({ role: 'assistant', content: [value] })
    expect(dropped).toEqual([])
  })

  it('without any content is refused', () => {
    expect(() => encode({ turns: [user(text(' '))] })).toThrow(/messages/)
  })

  it('gives ids the alphabet that the API takes, the same for call and result', () => {
    const { body } = encode({
      turns: [
        user(text('go')),
        assistant(call('call|1'), call('call:1')),
        user(result('call:1'), result('call|1')),
      ],
      tools: [Read],
    })
    const ids = body.messages[1]?.content.map((block) => block['id'])
    expect(new Set(ids).size).toBe(2)
    for (const id of ids ?? []) expect(id).toMatch(/^call_1_[0-9a-f]{8}$/)
    expect(body.messages[2]?.content.map((block) => block['tool_use_id'])).toEqual(ids?.toReversed())
  })

  it('makes objects of tool inputs', () => {
    const { body, paths } = encode({
      turns: [
        user(text('go')),
        assistant(call('a', ''), call('b', '{"x":1}'), call('c', '{"x":')),
        user(result('a'), result('b'), result('c')),
      ],
      tools: [Read],
    })
    expect(body.messages[1]?.content.map((block) => block['input'])).toEqual([
      {},
      { x: 1 },
      { _raw: '{"x":' },
    ])
    expect(paths).toEqual(['messages[1].content[2].input'])
  })

  it('sends Claude’s own thinking back byte for byte, and no other', () => {
    const thoughts: Part[] = [
      { kind: 'reasoning', text: '', seal: { value: 's1' } },
      { kind: 'reasoning', text: '', redacted: true, seal: { value: 'd1' } },
      { kind: 'reasoning', text: 'from elsewhere' },
    ]
    const turns = [user(text('a')), assistant(...thoughts, text('b')), user(text('c'))]
    const { body, dropped } = encode({ turns })
    expect(body.messages[1]?.content).toEqual([
      { type: 'thinking', thinking: '', signature: 's1' },
      { type: 'redacted_thinking', data: 'd1' },
      { type: 'text', text: 'b' },
    ])
    expect(dropped.map(({ path, reason }) => [path, reason])).toEqual([
      ['messages[1].content[2]', 'foreign-seal'],
    ])
    const kept = encode({ turns }, { unsignedThinking: 'keep' })
    expect(kept.body.messages[1]?.content[2]).toEqual({
      type: 'thinking',
      thinking: 'from elsewhere',
      signature: '',
    })
  })

  it('tells another vendor’s search as text', () => {
    const { body } = encode({
      turns: [
        user(text('a')),
        assistant(
          {
            kind: 'server-tool',
            phase: 'call',
            tool: 'web-search',
            id: 'w',
            name: 'web_search',
            input: '{"query":"q"}',
            found: [{ url: 'u', title: 't' }],
            origin: 'responses',
            value: {},
          },
          text('b'),
        ),
        user(text('c')),
      ],
    })
    expect(body.messages[1]?.content[0]).toEqual({
      type: 'text',
      text: '[web-search {"query":"q"}]\n[web-search found]\n- t u',
    })
  })
})

const media = (source: object, fields: object = {}): ModelRequest['turns'] => [
  user({ kind: 'media', media: 'image', source, ...fields } as Part),
]

describe('media', () => {
  it('has the type that its bytes say', () => {
    const { body } = encode({ turns: media({ type: 'base64', mimeType: 'image/jpeg', data: PNG }) })
    expect(body.messages[0]?.content[0]).toMatchObject({ source: { media_type: 'image/png' } })
  })

  it('is opened from data URLs, and text files become text documents', () => {
    const { body } = encode({
      turns: media(
        { type: 'url', url: `data:text/markdown;base64,${Buffer.from('# T').toString('base64')}` },
        { media: 'document', name: 'T' },
      ),
    })
    expect(body.messages[0]?.content[0]).toEqual({
      type: 'document',
      source: { type: 'text', media_type: 'text/plain', data: '# T' },
      title: 'T',
    })
  })

  it.each([
    ['other image formats', media({ type: 'base64', mimeType: 'image/tiff', data: 'SUkqAA==' }), {}],
    ['audio', media({ type: 'base64', mimeType: 'audio/wav', data: 'UklGRg==' }, { media: 'audio' }), {}],
    ['foreign file ids', media({ type: 'file', id: 'file-1' }), {}],
    [
      'URLs where the upstream fetches none',
      media({ type: 'url', url: 'https://x.example/a.png' }),
      { urlMedia: 'none' as const },
    ],
    [
      'spreadsheets',
      media({ type: 'base64', mimeType: 'application/vnd.ms-excel', data: 'AAAA' }, { media: 'document' }),
      {},
    ],
  ])('refuses %s and names the part', (_, turns, dialect) => {
    expect(() => encode({ turns }, dialect)).toThrow(/messages\[0\]\.content\[0\]/)
  })

  it('keeps file ids of a client that speaks this protocol', () => {
    const { body } = encode({ turns: media({ type: 'file', id: 'file-1' }), ext: { messages: {} } })
    expect(body.messages[0]?.content[0]).toMatchObject({ source: { type: 'file', file_id: 'file-1' } })
  })
})

describe('tools', () => {
  it('always have an object schema without null keywords', () => {
    const schemas = [
      undefined,
      {},
      { type: 'object', required: null, properties: { required: { type: null, enum: ['a'] } } },
    ]
    const { body, dropped } = encode({
      tools: schemas.map((schema, n) => ({ kind: 'function', name: `t${n}`, ...(schema && { schema }) })),
    })
    expect((body['tools'] as JsonObject[]).map((tool) => tool['input_schema'])).toEqual([
      { type: 'object', properties: {} },
      { type: 'object', properties: {} },
      { type: 'object', properties: { required: { enum: ['a'] } } },
    ])
    expect(dropped).toEqual([])
  })

  it('are strict only when their schema is', () => {
    const closed = { type: 'object', properties: { n: { type: 'integer' } }, additionalProperties: false }
    const limited = { ...closed, properties: { n: { type: 'integer', minimum: 1 } } }
    const { body, paths } = encode({
      tools: [
        { kind: 'function', name: 'a', schema: closed, strict: true },
        { kind: 'function', name: 'b', schema: limited, strict: true },
      ],
    })
    expect((body['tools'] as JsonObject[]).map((tool) => tool['strict'])).toEqual([true, undefined])
    expect(paths).toEqual(['tools[1].strict'])
  })

  it('that the history used are declared, and not to be called', () => {
    const { body } = encode({ turns: [user(text('a')), assistant(call('x')), user(result('x'))] })
    expect(body).toMatchObject({ tools: [{ name: 'Read' }], tool_choice: { type: 'none' } })
  })

  it.each([
    [{ mode: 'auto' }, { type: 'auto' }],
    [{ mode: 'required' }, { type: 'any' }],
    [{ mode: 'none' }, { type: 'none' }],
    [
      { mode: 'tool', name: 'Read' },
      { type: 'tool', name: 'Read' },
    ],
    [{ mode: 'tool', name: 'Gone' }, { type: 'auto' }],
  ] as const)('choice %j becomes %j', (toolChoice, expected) => {
    expect(encode({ tools: [Read], toolChoice }).body['tool_choice']).toEqual(expected)
  })

  it('that are not allowed are left out', () => {
    const Write = { ...Read, name: 'Write' }
    const { body, paths } = encode({
      tools: [Read, Write],
      toolChoice: { mode: 'allowed', tools: ['Write'], required: true },
    })
    expect(body).toMatchObject({ tools: [{ name: 'Write' }], tool_choice: { type: 'any' } })
    expect(paths).toEqual(['tool_choice'])
  })

  it('cannot be forced on a model that refuses it; parallel calls are switched off beside any choice', () => {
    const { body } = encode(
      { tools: [Read], toolChoice: { mode: 'required' }, parallelToolCalls: false },
      { forcedToolChoice: false },
    )
    expect(body['tool_choice']).toEqual({ type: 'auto', disable_parallel_tool_use: true })
  })

  it('of other vendors: a search is mapped, what only they run is a loss of content', () => {
    const { body, dropped } = encode({
      tools: [
        {
          kind: 'web-search',
          name: 'web_search',
          origin: 'responses',
          value: {},
          allowedDomains: ['a.example'],
          contextSize: 'low',
          userLocation: { type: 'approximate', city: 'Bern' },
        },
        { kind: 'server', type: 'file_search', name: 'file_search', origin: 'responses', value: {} },
      ],
    })
    expect(body['tools']).toEqual([
      {
        type: 'web_search_20250305',
        name: 'web_search',
        allowed_domains: ['a.example'],
        user_location: { type: 'approximate', city: 'Bern' },
      },
    ])
    expect(dropped.map(({ path, content }) => [path, content])).toEqual([
      ['tools[0].search_context_size', undefined],
      ['tools[1]', true],
    ])
  })
})

describe('structured output', () => {
  const schema = { type: 'object', properties: { n: { type: 'integer', minimum: 1 } } }

  it('is a format, with limits told in words', () => {
    const { body } = encode({ output: { type: 'schema', schema } })
    expect(body['output_config']).toEqual({
      format: {
        type: 'json_schema',
        schema: {
          type: 'object',
          properties: { n: { type: 'integer', description: '(minimum: 1)' } },
          additionalProperties: false,
        },
      },
    })
  })

  it('is a forced tool for models without it', () => {
    const { body } = encode({ output: { type: 'schema', schema } }, { structuredOutput: false })
    expect(body).toMatchObject({
      tools: [{ name: 'dragoman_json_output', input_schema: schema }],
      tool_choice: { type: 'tool', name: 'dragoman_json_output' },
    })
    const beside = encode({ output: { type: 'schema', schema }, tools: [Read] }, { structuredOutput: false })
    expect(beside.body['tool_choice']).toEqual({ type: 'any' })
  })

  it('without a schema is an instruction, and so is a schema of no object', () => {
    for (const output of [{ type: 'json' }, { type: 'schema', schema: { type: 'array' } }] as const) {
      const { body, dropped } = encode({ output })
      expect(body['system']).toMatchObject([{ type: 'text', text: expect.stringContaining('JSON') }])
      expect(dropped).toMatchObject([{ path: 'response_format', reason: 'approximated' }])
    }
  })
})

describe('settings', () => {
  it('always have max_tokens, within the model’s limit', () => {
    expect(encode({}).body['max_tokens']).toBe(32_000)
    expect(encode({}, { maxOutputTokens: 8192 }).body['max_tokens']).toBe(8192)
    const clamped = encode({ maxOutputTokens: 99_999 }, { maxOutputTokens: 8192 })
    expect(clamped.body['max_tokens']).toBe(8192)
    expect(clamped.dropped).toMatchObject([{ path: 'max_tokens', reason: 'approximated' }])
  })

  it.each([
    [
      'all',
      { temperature: 1.5, topP: 0.9, topK: 3 },
      { temperature: 1, top_p: 0.9, top_k: 3 },
      ['temperature'],
    ],
    ['temperature-or-top-p', { temperature: 0.5, topP: 0.9 }, { temperature: 0.5 }, ['top_p']],
    ['none', { temperature: 0.5, topP: 0.9, topK: 3 }, {}, ['temperature', 'top_p', 'top_k']],
  ] as const)('sampling %s', (sampling, fields, expected, lost) => {
    const { body, paths } = encode(fields, { sampling })
    const { temperature, top_p, top_k } = body
    expect(JSON.parse(JSON.stringify({ temperature, top_p, top_k }))).toEqual(expected)
    expect(paths).toEqual(lost)
  })

  it('are left out where this protocol has no word for them, and reported', () => {
    const { paths } = encode({
      frequencyPenalty: 1,
      seed: 1,
      logprobs: {},
      verbosity: 'low',
      metadata: { a: 'b' },
      cache: { key: 'k' },
      serviceTier: 'priority',
      stop: ['\n', 'END'],
      ext: { chat: { prediction: 1 } },
    })
    expect(paths.toSorted()).toEqual([
      'frequency_penalty',
      'logprobs',
      'metadata',
      'prediction',
      'prompt_cache_key',
      'seed',
      'service_tier',
      'stop_sequences',
      'verbosity',
    ])
  })

  it('that would change what the answer is are refused', () => {
    expect(() => encode({ candidates: 2 })).toThrow(/^n:/)
    expect(() => encode({ state: { previousResponseId: 'r' } })).toThrow(/previous_response_id/)
  })

  it('hash a user id that is too long', () => {
    expect(encode({ user: 'u'.repeat(257) }).body['metadata']).toEqual({
      user_id: expect.stringMatching(/^[0-9a-f]{64}$/),
    })
  })

  it('lose what the upstream refuses', () => {
    const { body, paths } = encode({ user: 'u' }, { refusedFields: ['metadata', 'speed'] })
    expect(body['metadata']).toBeUndefined()
    expect(paths).toEqual(['metadata'])
  })
})

describe('prompt caching', () => {
  it('is asked for automatically when a client of another protocol set no mark', () => {
    expect(encode({}, { automaticCache: true }).body['cache_control']).toEqual({ type: 'ephemeral' })
    const marked: Turn[] = [user({ kind: 'text', text: 'a', cache: {} })]
    expect(encode({ turns: marked }, { automaticCache: true }).body['cache_control']).toBeUndefined()
    expect(encode({ ext: { messages: {} } }, { automaticCache: true }).body['cache_control']).toBeUndefined()
  })

  it('keeps the newest marks when there are too many', () => {
    const turns = ['a', 'b', 'c', 'd', 'e'].map((value): Turn =>
      user({ kind: 'text', text: value, cache: {} }),
    )
    const { body, paths } = encode({ turns })
    expect(body.messages[0]?.content.map((block) => block['cache_control'] !== undefined)).toEqual([
      false,
      true,
      true,
      true,
      true,
    ])
    expect(paths).toEqual(['cache_control'])
  })
})

describe('a request of this very protocol', () => {
  it('comes out as it went in', () => {
    const wire = {
      model: 'm',
      max_tokens: 5000,
      stream: true,
      system: [{ type: 'text', text: 's', cache_control: { type: 'ephemeral', ttl: '1h', scope: 'x' } }],
      messages: [
        {
          role: 'user',
          content: [
            { type: 'document', source: { type: 'file', file_id: 'f' }, citations: { enabled: true } },
          ],
        },
        {
          role: 'assistant',
          content: [
            { type: 'thinking', thinking: 'hm', signature: 'sig' },
            {
              type: 'text',
              text: 'c',
              citations: [
                {
                  type: 'web_search_result_location',
                  url: 'u',
                  title: 't',
                  cited_text: 'x',
                  encrypted_index: 'e',
                },
              ],
            },
            { type: 'tool_use', id: 't1', name: 'Read', input: { a: [1] }, caller: { type: 'direct' } },
          ],
        },
        {
          role: 'user',
          content: [
            {
              type: 'tool_result',
              tool_use_id: 't1',
              content: [{ type: 'text', text: 'r' }],
              is_error: true,
            },
            { type: 'container_upload', file_id: 'f' },
          ],
        },
        { role: 'system', content: [{ type: 'text', text: 'now' }], output_config: { effort: 'low' } },
      ],
      tools: [
        {
          name: 'Read',
          description: '',
          input_schema: { type: 'object', properties: {} },
          input_examples: [{}],
          cache_control: { type: 'ephemeral' },
        },
        { type: 'code_execution_20260120', name: 'code_execution' },
      ],
      tool_choice: { type: 'auto', disable_parallel_tool_use: true },
      thinking: { type: 'adaptive', display: 'updates' },
      output_config: { effort: 'high', task_budget: 9 },
      metadata: { user_id: 'u', extra: 1 },
      service_tier: 'auto',
      stop_sequences: ['END'],
      context_management: { edits: [] },
      mcp_servers: [{ name: 'x' }],
    }
    const { body, dropped } = encodeRequest(decodeRequest(wire), {
      ...messagesDialect,
      midConversationSystem: true,
    })
    expect(body).toEqual(wire)
    expect(dropped).toEqual([])
  })
})
