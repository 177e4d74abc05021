import { describe, expect, it } from 'vitest'
import { asArray, asObject } from '../../ir/json.ts'
import type { Part } from '../../ir/part.ts'
import type { ModelRequest, Turn } from '../../ir/request.ts'
import { chatDialect } from './dialect.ts'
import type { ChatDialect } from './dialect.ts'
import { encodeRequest } from './encode-request.ts'

const text = (value: string): Part => ({ kind: 'text', text: value })
const user = (...parts: Part[]): Turn => ({ role: 'user', parts })
const assistant = (...parts: Part[]): Turn => ({ role: 'assistant', parts })
const call = (id: string, input = '{}'): Part => ({ kind: 'tool-call', id, name: 'f', input })
const result = (callId: string, ...content: Part[]): Part => ({ kind: 'tool-result', callId, content })
const png: Part = {
  kind: 'media',
  media: 'image',
  source: { type: 'base64', mimeType: 'image/jpeg', data: 'iVBORw0KGgo=' },
}
const pdf: Part = {
  kind: 'media',
  media: 'document',
  source: { type: 'base64', mimeType: 'application/pdf', data: 'JVBERi0=' },
}

function encode(request: Partial<ModelRequest>, dialect: Partial<ChatDialect> = {}) {
  return encodeRequest(
    { model: 'm', stream: false, turns: [user(text('Hi'))], tools: [], ...request },
    { ...chatDialect, ...dialect },
  )
}
const messagesOf = (turns: Turn[], dialect: Partial<ChatDialect> = {}) =>
  encode({ turns }, dialect).body['messages']
const lossesOf = (request: Partial<ModelRequest>, dialect: Partial<ChatDialect> = {}) =>
  encode(request, dialect).dropped.map(
    ({ path, reason, content }) => `${path} ${reason}${content ? '!' : ''}`,
  )

const asked = (part: Part) => ({ turns: [user(part)] })

describe('turns', () => {
  it('stay where they are, system ones under the name that the upstream knows', () => {
    const turns: Turn[] = [
      { role: 'system', parts: [text('A')] },
      user(text('Hi')),
      { role: 'developer', parts: [text('B')] },
    ]
    expect(messagesOf(turns, { systemRole: 'system' })).toEqual([
      { role: 'system', content: 'A' },
      { role: 'user', content: 'Hi' },
      { role: 'system', content: 'B' },
    ])
  })

  it('keep several texts apart, or join them where the upstream reads strings only', () => {
    const turns: Turn[] = [{ role: 'system', parts: [text('A'), text('B')] }, user(text('Hi'))]
    expect(asArray(messagesOf(turns))[0]).toEqual({
      role: 'system',
      content: [
        { type: 'text', text: 'A' },
        { type: 'text', text: 'B' },
      ],
    })
    expect(asArray(messagesOf(turns, { textArrays: false }))[0]).toEqual({
      role: 'system',
      content: 'A\n\nB',
    })
  })

  it('of results become tool messages, then the words beside them', () => {
    const turns = [
      user(text('Hi')),
      assistant(text('Let me look.'), call('a', ''), call('b')),
      user(
        result('a', text('1')),
        { kind: 'tool-result', callId: 'b', content: [text('no')], isError: true },
        text('Now?'),
      ),
    ]
    expect(messagesOf(turns)).toEqual([
      { role: 'user', content: 'Hi' },
      {
        role: 'assistant',
        content: 'Let me look.',
        tool_calls: [
          { id: 'a', type: 'function', function: { name: 'f', arguments: '{}' } },
          { id: 'b', type: 'function', function: { name: 'f', arguments: '{}' } },
        ],
      },
      { role: 'tool', tool_call_id: 'a', content: '1' },
      { role: 'tool', tool_call_id: 'b', content: 'Error: no' },
      { role: 'user', content: 'Now?' },
    ])
  })

  it('move media out of results into one user message after all of them', () => {
    const turns = [
      user(text('Hi')),
      assistant(call('a'), call('b')),
      user(result('a', text('see'), png), result('b', pdf)),
    ]
    expect(asArray(messagesOf(turns)).slice(2)).toEqual([
      { role: 'tool', tool_call_id: 'a', content: 'see\n[image 1 of the tool result a follows]' },
      { role: 'tool', tool_call_id: 'b', content: '[document 1 of the tool result b follows]' },
      {
        role: 'user',
        content: [
          { type: 'text', text: '[image 1 of the tool result a]' },
          { type: 'image_url', image_url: { url: 'data:image/png;base64,iVBORw0KGgo=' } },
          { type: 'text', text: '[document 1 of the tool result b]' },
          {
            type: 'file',
            file: { filename: 'document.pdf', file_data: 'data:application/pdf;base64,JVBERi0=' },
          },
        ],
      },
    ])
  })

  it('of one answer become one message, so that results can follow its calls', () => {
    const turns = [user(text('Hi')), assistant(text('A')), assistant(call('a')), user(result('a', text('1')))]
    expect(asArray(messagesOf(turns))[1]).toMatchObject({
      role: 'assistant',
      content: 'A',
      tool_calls: [{ id: 'a' }],
    })
  })

  it('with nothing but calls have null content', () => {
    expect(
      asArray(messagesOf([user(text('Hi')), assistant(call('a')), user(result('a', text('1')))]))[1],
    ).toMatchObject({
      content: null,
    })
  })

  it('of nothing but what ran elsewhere are left out: an empty message says less than none', () => {
    const search: Part = {
      kind: 'server-tool',
      phase: 'call',
      tool: 'tool-search',
      id: 's',
      name: 'tool_search',
      origin: 'responses',
      value: {},
    }
    expect(messagesOf([user(text('Hi')), assistant(search), user(text('So?'))])).toEqual([
      { role: 'user', content: 'Hi' },
      { role: 'user', content: 'So?' },
    ])
  })

  it('are answered in full: a call without its result gets one that says so', () => {
    expect(asArray(messagesOf([user(text('Hi')), assistant(call('a')), user(text('Go on'))]))[2]).toEqual({
      role: 'tool',
      tool_call_id: 'a',
      content: 'Error: The tool call was not executed.',
    })
  })

  it('of the assistant at the end are reported as history, unless the upstream continues them', () => {
    const turns = [user(text('Hi')), assistant(text('Well,'))]
    expect(lossesOf({ turns })).toEqual(['messages[1] approximated'])
    expect(lossesOf({ turns }, { prefill: true })).toEqual([])
  })
})

describe('reasoning in the history', () => {
  const turns = [
    user(text('Hi')),
    assistant({ kind: 'reasoning', text: 'Hm' }, call('a')),
    user(result('a', text('1'))),
    assistant(text('Done')),
    user(text('Thanks')),
  ]

  it('is left out and reported where the upstream takes none', () => {
    expect(asArray(messagesOf(turns))[1]).not.toHaveProperty('reasoning_content')
    expect(lossesOf({ turns })).toEqual(['messages[1].reasoning[0] unsupported'])
  })

  it('goes back with tool calls where the upstream demands it, even when empty', () => {
    const silent = turns.map((turn) => ({
      ...turn,
      parts: turn.parts.filter((part) => part.kind !== 'reasoning'),
    }))
    const dialect = { reasoningHistory: 'tool-turns', reasoningField: 'reasoning' } as const
    expect(asArray(messagesOf(turns, dialect))[1]).toMatchObject({ reasoning: 'Hm' })
    expect(asArray(messagesOf(silent, dialect))[1]).toMatchObject({ reasoning: '' })
    expect(asArray(messagesOf(silent, dialect))[3]).not.toHaveProperty('reasoning')
  })

  it('goes back in the details that this upstream sealed', () => {
    const seal = { value: '[{"type":"reasoning.text","text":"","signature":"s","index":0}]' }
    const message = asArray(
      messagesOf([
        user(text('Hi')),
        assistant({ kind: 'reasoning', text: 'Hm', seal }, text('A')),
        user(text('?')),
      ]),
    )[1]
    expect(message).toEqual({
      role: 'assistant',
      content: 'A',
      reasoning_details: [{ type: 'reasoning.text', text: 'Hm', signature: 's', index: 0 }],
    })
  })

  it('is reported when a vendor sealed it that cannot have sealed it for Chat', () => {
    const part: Part = { kind: 'reasoning', text: '', redacted: true, seal: { value: 'blob' } }
    expect(lossesOf({ turns: [user(text('Hi')), assistant(part, text('A')), user(text('?'))] })).toEqual([
      'messages[1].reasoning[0] foreign-seal',
    ])
  })
})

describe('media', () => {
  it('that the upstream cannot take is refused by the name of its place', () => {
    expect(() => encode(asked(pdf), { files: false })).toThrow(/messages\[0\]\.content\[0\].*Responses/)
    const video: Part = {
      ...pdf,
      kind: 'media',
      media: 'video',
      source: { type: 'url', url: 'https://example.com' },
    }
    expect(() => encode(asked(video))).toThrow(/video/)
    const ogg: Part = {
      kind: 'media',
      media: 'audio',
      source: { type: 'base64', mimeType: 'audio/ogg', data: 'AA' },
    }
    expect(() => encode(asked(ogg))).toThrow(/wav or mp3/)
    const foreign: Part = { kind: 'media', media: 'document', source: { type: 'file', id: 'file_011' } }
    expect(() => encode(asked(foreign))).toThrow(/file_011/)
  })

  it('leaves a note where a model is blind', () => {
    expect(messagesOf([user(png)], { images: false })).toEqual([
      { role: 'user', content: '[image omitted: this model takes no images]' },
    ])
    expect(lossesOf(asked(png), { images: false })).toEqual(['messages[0].content[0] unsupported!'])
  })

  it('of plain text goes as text under its title', () => {
    const note: Part = {
      kind: 'media',
      media: 'document',
      name: 'notes.txt',
      source: { type: 'text', mimeType: 'text/plain', text: 'Milk' },
    }
    expect(messagesOf([user(note)])).toEqual([{ role: 'user', content: '[document: notes.txt]\n\nMilk' }])
  })
})

describe('tools', () => {
  const strictSchema = {
    type: 'object',
    properties: { a: { type: 'string' } },
    required: ['a'],
    additionalProperties: false,
  }

  it('have a schema with properties, and no empty description', () => {
    expect(encode({ tools: [{ kind: 'function', name: 'f', description: '' }] }).body['tools']).toEqual([
      { type: 'function', function: { name: 'f', parameters: { type: 'object', properties: {} } } },
    ])
  })

  it('are strict only when their schema conforms', () => {
    const tools = [
      { kind: 'function', name: 'f', schema: strictSchema, strict: true },
      { kind: 'function', name: 'g', schema: { type: 'object', properties: {} }, strict: true },
    ] as const
    const strict = asArray(encode({ tools }).body['tools']).map(
      (tool) => asObject(asObject(tool)['function'])['strict'],
    )
    expect(strict).toEqual([true, undefined])
    expect(lossesOf({ tools })).toEqual(['tools[1].strict approximated'])
  })

  it('that run at another provider are a loss of content', () => {
    const tools = [
      { kind: 'web-search', name: 'web_search', origin: 'messages', value: {} },
      { kind: 'server', type: 'code_execution', name: 'code', origin: 'messages', value: {} },
    ] as const
    expect(lossesOf({ tools })).toEqual(['tools[0] unsupported!', 'tools[1] unsupported!'])
    expect(encode({ tools }, { webSearch: true }).body).toMatchObject({ web_search_options: {} })
  })

  it('are chosen in the words of their kind', () => {
    const tools = [
      { kind: 'function', name: 'f' },
      { kind: 'custom', name: 'c', format: { type: 'grammar', syntax: 'lark', definition: 'x' } },
    ] as const
    const choice = (toolChoice: ModelRequest['toolChoice'], dialect: Partial<ChatDialect> = {}) =>
      encode({ tools, ...(toolChoice && { toolChoice }) }, dialect).body['tool_choice']
    expect(choice({ mode: 'tool', name: 'c' })).toEqual({ type: 'custom', custom: { name: 'c' } })
    expect(choice({ mode: 'allowed', tools: ['f'], required: false })).toEqual({
      type: 'allowed_tools',
      allowed_tools: { mode: 'auto', tools: [{ type: 'function', function: { name: 'f' } }] },
    })
    expect(choice({ mode: 'required' }, { forcedToolChoice: false })).toBe('auto')
    expect(encode({ tools }).body['tools']).toMatchObject([
      {},
      { custom: { format: { type: 'grammar', grammar: { syntax: 'lark', definition: 'x' } } } },
    ])
  })
})

describe('parameters', () => {
  it('are clamped, renamed and left out as the upstream wants, and every change is reported', () => {
    const { body, dropped } = encode(
      {
        maxOutputTokens: 64_000,
        temperature: 0.2,
        topK: 5,
        stop: ['a', 'b', 'c', 'd', 'e'],
        user: 'x'.repeat(150),
        serviceTier: 'standard_only',
        reasoning: { budgetTokens: 9000 },
      },
      { maxTokensField: 'max_tokens', maxOutputTokens: 16_384, sampling: 'none', efforts: ['low', 'medium'] },
    )
    expect(body).toMatchObject({
      max_tokens: 16_384,
      stop: ['a', 'b', 'c', 'd'],
      service_tier: 'default',
      reasoning_effort: 'medium',
    })
    expect(body['safety_identifier']).toMatch(/^[0-9a-f]{64}$/)
    expect(body).not.toHaveProperty('temperature')
    expect(dropped.map((loss) => loss.path)).toEqual([
      'reasoning.budget_tokens',
      'reasoning.effort',
      'max_tokens',
      'temperature',
      'stop[4]',
      'user',
      'top_k',
    ])
  })

  it('sample where reasoning is off, if that is the rule', () => {
    const dialect = { sampling: 'with-effort-none' } as const
    expect(encode({ temperature: 0.5, reasoning: { effort: 'none' } }, dialect).body).toMatchObject({
      temperature: 0.5,
    })
    expect(encode({ temperature: 0.5 }, dialect).body).not.toHaveProperty('temperature')
  })

  it('switch thinking in the upstream’s own way', () => {
    const dialect = { reasoningRequest: 'thinking', efforts: ['low', 'high', 'max'] } as const
    expect(encode({ reasoning: { mode: 'disabled' } }, dialect).body).toMatchObject({
      thinking: { type: 'disabled' },
    })
    expect(encode({ reasoning: { effort: 'medium' } }, dialect).body).toMatchObject({
      thinking: { type: 'enabled' },
      reasoning_effort: 'low',
    })
    expect(encode({ reasoning: { mode: 'adaptive' } }).body).not.toHaveProperty('reasoning_effort')
    expect(encode({ reasoning: { mode: 'disabled' } }, { efforts: ['minimal', 'low'] }).body).toMatchObject({
      reasoning_effort: 'minimal',
    })
  })

  it('ask for structured output as far as the upstream can', () => {
    const output = { type: 'schema', schema: { type: 'object' }, name: 'my answer!' } as const
    expect(encode({ output }).body['response_format']).toEqual({
      type: 'json_schema',
      json_schema: { name: 'my_answer_', schema: { type: 'object' } },
    })
    const system: Turn = { role: 'system', parts: [text('S')] }
    const degraded = encode(
      { output, turns: [system, user(text('Hi'))] },
      { structuredOutput: 'json-object' },
    )
    expect(degraded.body['response_format']).toEqual({ type: 'json_object' })
    expect(asArray(degraded.body['messages'])[1]).toMatchObject({
      role: 'system',
      content: expect.stringContaining('JSON'),
    })
    expect(degraded.dropped).toMatchObject([{ path: 'response_format', reason: 'approximated' }])
  })

  it('turn cache marks into a key that is the same for the whole conversation', () => {
    const system: Turn = { role: 'system', parts: [{ kind: 'text', text: 'S', cache: {} }] }
    const key = (turns: Turn[]) => encode({ turns }).body['prompt_cache_key']
    expect(key([system, user(text('Hi'))])).toBe(
      key([system, user(text('Hi')), assistant(text('A')), user(text('B'))]),
    )
    expect(key([user(text('Hi'))])).toBeUndefined()
    // Tools that the client finds on its way do not lead the rest of the conversation elsewhere.
    const tools = [{ kind: 'function', name: 'found', schema: {} } as const]
    expect(encode({ turns: [system, user(text('Hi'))], tools }).body['prompt_cache_key']).toBe(
      key([system, user(text('Hi'))]),
    )
    expect(encode({ turns: [system], cache: { key: 'mine' } }).body).toMatchObject({
      prompt_cache_key: 'mine',
    })
  })

  it('mark breakpoints where the upstream knows them, also on tool results', () => {
    const turns = [
      user({ kind: 'text', text: 'Hi', cache: { ttl: '1h' } }),
      assistant(call('a')),
      user({ kind: 'tool-result', callId: 'a', content: [text('1')], cache: {} }),
    ]
    const messages = asArray(messagesOf(turns, { cacheBreakpoints: true }))
    expect(messages[0]).toMatchObject({
      content: [{ prompt_cache_breakpoint: { mode: 'explicit', ttl: '12h' } }],
    })
    expect(messages[2]).toMatchObject({
      content: [{ text: '1', prompt_cache_breakpoint: { mode: 'explicit' } }],
    })
  })

  it('ask for usage in a stream', () => {
    expect(encode({ stream: true }).body).toMatchObject({
      stream: true,
      stream_options: { include_usage: true },
    })
    expect(encode({ stream: true }, { streamUsage: false }).body).not.toHaveProperty('stream_options')
  })

  it('that only this protocol knows go back; those of others are reported', () => {
    const ext = { chat: { prediction: { type: 'content' } }, messages: { context_management: {} } }
    const { body, dropped } = encode({ ext })
    expect(body).toMatchObject({ prediction: { type: 'content' } })
    expect(dropped).toEqual([{ path: 'context_management', reason: 'foreign-extension' }])
  })

  it('that the upstream is known to refuse stay out', () => {
    const { body, dropped } = encode({ seed: 7 }, { refusedFields: ['seed'] })
    expect(body).not.toHaveProperty('seed')
    expect(dropped).toMatchObject([{ path: 'seed', reason: 'unsupported' }])
  })

  it('name a prompt template that only its own provider can fill in', () => {
    expect(() => encode({ state: { prompt: { id: 'pmpt_1' } } })).toThrow(/^prompt: /)
  })

  it('name state that no Chat upstream keeps', () => {
    expect(() => encode({ state: { previousResponseId: 'resp_1' } })).toThrow(/previous_response_id/)
  })
})
