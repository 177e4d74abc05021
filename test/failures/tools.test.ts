import { describe, expect, it } from 'vitest'
import { searchOverGemini, searchOverResponses } from './searches.ts'
import { ANY_OBJECT, inOrder, request, type Line, type Wire } from './conversation.ts'
import {
  chatStream,
  chunk,
  CLIENTS,
  hear,
  listen,
  PAIRS,
  piece,
  rawStream,
  UPSTREAMS,
  watch,
  WAYS,
  world,
  type Client,
} from './world.ts'

const tools = [{ name: 'look', description: 'Looks.' }]

describe.each(PAIRS)('%s to %s', (client, upstream) => {
  const model = UPSTREAMS[upstream]
  const answeredWith = async (lines: readonly Line[]) => {
    const gateway = await world()
    gateway.simulator.respond(() => ({ text: 'fine' }))
    const heard = await hear(gateway, client, request(client, { model, lines, tools }))
    expect(heard.text).toBe('fine')
    return gateway.simulator.last.bytes.toString()
  }

  it('L1 a call whose result is gone is answered all the same', async () => {
    const text = await answeredWith([
      { user: 'Look' },
      { call: 'toolu_1', name: 'look' },
      { call: 'toolu_2', name: 'look' },
      { result: 'toolu_2', output: 'RESULT-2' },
      { user: 'Never mind' },
    ])
    expect(inOrder(text, 'RESULT-2', 'Never mind')).toBe(true)
  })

  it('L1 a result whose call is gone is kept as far as it can be', async () => {
    const text = await answeredWith([
      { user: 'ONE' },
      { result: 'toolu_gone', output: 'RESULT-1' },
      { assistant: 'TWO' },
      { user: 'THREE' },
    ])
    expect(inOrder(text, 'ONE', 'RESULT-1', 'TWO', 'THREE')).toBe(true)
  })

  it('L1 L11 results of parallel calls that come one by one, with words between them, are put together', async () => {
    const text = await answeredWith([
      { user: 'Look' },
      { call: 'toolu_1', name: 'look' },
      { call: 'toolu_2', name: 'look' },
      { result: 'toolu_1', output: 'RESULT-1' },
      { user: 'BETWEEN' },
      { result: 'toolu_2', output: 'RESULT-2' },
    ])
    for (const word of ['RESULT-1', 'BETWEEN', 'RESULT-2']) expect(text).toContain(word)
  })

  it('L1 the same id may be used again', async () => {
    const round = (number: string): Line[] => [
      { user: `Look ${number}` },
      { call: 'call_0', name: 'look' },
      { result: 'call_0', output: `RESULT-${number}` },
    ]
    const text = await answeredWith([...round('1'), ...round('2')])
    expect(inOrder(text, 'RESULT-1', 'Look 2', 'RESULT-2')).toBe(true)
  })

  it('L2 a result finds its call again by the id that the upstream gave it', async () => {
    const gateway = await world()
    gateway.simulator.enqueue({ toolCalls: [{ name: 'look', input: {} }] }, { text: 'fine' })
    const lines: Line[] = [{ user: 'Look' }]
    const { calls } = await listen(gateway, client, request(client, { model, lines, tools }))
    const id = calls[0]?.id ?? ''
    expect(id).toMatch(/^[\w-]{1,64}$/)
    await hear(
      gateway,
      client,
      request(client, {
        model,
        tools,
        lines: [...lines, { call: id, name: 'look' }, { result: id, output: 'seen' }],
      }),
    )
    expect(gateway.simulator.last.bytes.toString().split(id)).toHaveLength(3)
  })

  it('L2 an id that the upstream would refuse goes out as one that it takes, in call and result alike', async () => {
    const id = `toolu_${'x'.repeat(60)}`
    const text = await answeredWith([
      { user: 'Look' },
      { call: id, name: 'look' },
      { result: id, output: 'RESULT-1' },
    ])
    expect(text).toContain('RESULT-1')
  })

  it.each([
    ['a long name', `mcp__plugin_playwright_browser__${'click_somewhere_'.repeat(4)}now`],
    ['illegal characters', 'files.read/one'],
  ])('L3 a tool of %s is declared, called, remembered and chosen', async (_, name) => {
    const isRelayed = client === (upstream as string)
    const gateway = await world(isRelayed ? { checks: 'lenient' } : {})
    const lines: Line[] = [
      { user: 'Look' },
      { call: 'call_1', name },
      { result: 'call_1', output: 'seen' },
      { user: 'Again' },
    ]
    const choice: Readonly<Record<Client, Wire>> = {
      messages: { type: 'tool', name },
      chat: { type: 'function', function: { name } },
      responses: { type: 'function', name },
    }
    gateway.simulator.respond(({ bytes }) => {
      const names = [...bytes.toString().matchAll(/"name":"([^"]+)"/g)].map(([, found]) => found ?? '')
      return { toolCalls: [{ name: names[0] ?? '', input: {} }] }
    })
    const body = request(
      client,
      { model, lines, tools: [{ name }, ...tools] },
      { tool_choice: choice[client] },
    )
    for (const [, ask] of WAYS) {
      const heard = await ask(gateway, client, body)
      expect(heard.calls[0]?.name).toBe(name)
    }
    if (isRelayed) return
    const sent = gateway.simulator.last.bytes.toString()
    const names = new Set([...sent.matchAll(/"name":"([^"]+)"/g)].map(([, found]) => found))
    expect(names.size).toBe(2)
    for (const one of names) expect(one).toMatch(/^[\w-]{1,128}$/)
  })

  it.each([
    ['required: null', { type: 'object', properties: { at: { type: 'string' } }, required: null }],
    ['type: null', { type: null, properties: { at: { type: 'string' } } }],
    ['no properties', { type: 'object' }],
    ['nothing at all', {}],
    ['a property without a type', { type: 'object', properties: { at: { description: 'Where' } } }],
  ])('L5 a tool whose schema has %s is usable', async (_, schema) => {
    const isRelayed = client === (upstream as string)
    const gateway = await world(isRelayed ? { checks: 'lenient' } : {})
    gateway.simulator.enqueue({ text: 'fine' })
    const lines: Line[] = [{ user: 'Look' }]
    const body = request(client, { model, lines, tools: [{ name: 'look', schema }] })
    expect((await hear(gateway, client, body)).text).toBe('fine')
  })
})

describe.each(CLIENTS)('%s to Gemini', (client) => {
  const schema = {
    $schema: 'http://json-schema.org/draft-07/schema#',
    type: 'object',
    properties: {
      properties: {
        type: 'object',
        propertyNames: { pattern: '^a' },
        additionalProperties: { type: 'string' },
      },
      $schema: { type: 'string' },
      kind: { const: 'fixed' },
      count: { type: 'integer', exclusiveMinimum: 0 },
      list: { type: 'array' },
      either: { anyOf: [{ type: 'string' }, { type: 'null' }] },
      several: { type: ['string', 'null'] },
      nested: { $ref: '#/$defs/node' },
    },
    $defs: { node: { type: 'object', properties: { const: { type: 'string' } } } },
    required: ['properties', 'kind'],
    additionalProperties: false,
  }

  it.each(['gemini', 'gemini-old'])(
    'L4 any schema is taken, and no property is lost (%s)',
    async (provider) => {
      const gateway = await world()
      gateway.simulator.enqueue({ text: 'fine' })
      const lines: Line[] = [{ user: 'Look' }]
      const model = `${provider}/gemini-3-pro`
      const body = request(client, { model, lines, tools: [{ name: 'look', schema }] })
      expect((await hear(gateway, client, body)).text).toBe('fine')
      const declared = (gateway.simulator.last.body['tools'] as any)[0].functionDeclarations[0]
      const sent = declared.parametersJsonSchema ?? declared.parameters
      expect(Object.keys(sent.properties)).toEqual(Object.keys(schema.properties))
      expect(sent.required).toEqual(['properties', 'kind'])
    },
  )

  it('L11 parallel calls get one response each, in one turn', async () => {
    const gateway = await world()
    const lines: Line[] = [
      { user: 'Look' },
      ...['1', '2', '3'].map((at) => ({ call: `call_${at}`, name: 'look', input: { at } })),
      ...['3', '1', '2'].map((at) => ({ result: `call_${at}`, output: `RESULT-${at}` })),
    ]
    await hear(gateway, client, request(client, { model: UPSTREAMS.gemini, lines, tools }))
    const { contents } = gateway.simulator.last.body as any
    expect(contents.map(({ role }: Wire) => role)).toEqual(['user', 'model', 'user'])
    expect(contents[2].parts).toHaveLength(3)
    expect(inOrder(JSON.stringify(contents[2]), 'RESULT-1', 'RESULT-2', 'RESULT-3')).toBe(true)
  })
})

describe('arguments that GPT fills with empty texts', () => {
  const read = {
    name: 'Read',
    schema: {
      type: 'object',
      properties: {
        file_path: { type: 'string' },
        pages: { type: 'string', pattern: '^\\d+(-\\d+)?$' },
        mode: { type: 'string', enum: ['text', 'image'] },
        since: { type: 'string', format: 'date' },
        note: { type: 'string', minLength: 1 },
        range: { type: 'string', description: 'Lines to read (e.g., "1-5", "3").' },
        query: { type: 'string' },
      },
      required: ['file_path'],
    },
  }
  const write = {
    name: 'Write',
    schema: {
      type: 'object',
      properties: { file_path: { type: 'string' }, content: { type: 'string' } },
      required: ['file_path', 'content'],
    },
  }
  const lines: readonly Line[] = [{ user: 'Read' }]

  describe.each(['chat', 'responses', 'gemini'] as const)('from %s', (upstream) => {
    it.each(WAYS)('L6 lose those that their schema forbids, and no others (%s)', async (_, ask) => {
      const gateway = await world()
      const given = {
        file_path: 'a',
        pages: '',
        mode: '',
        since: '',
        note: '',
        range: '',
        query: '',
        extra: '',
      }
      gateway.simulator.enqueue({
        toolCalls: [
          { name: 'Read', input: given },
          { name: 'Write', input: { file_path: '', content: '' } },
        ],
      })
      const body = request('messages', { model: UPSTREAMS[upstream], lines, tools: [read, write] })
      const { calls } = await ask(gateway, 'messages', body)
      expect(calls.map(({ input }) => JSON.parse(input))).toEqual([
        { file_path: 'a', query: '', extra: '' },
        { file_path: '', content: '' },
      ])
    })
  })

  it('L6 go on streaming where no property could be at fault', async () => {
    const gateway = await world()
    gateway.simulator.enqueue(
      rawStream(
        chatStream(
          chunk(piece(0, '{"file_path":"a",', { id: 'call_1', name: 'Write' })),
          chunk(piece(0, '"content":"')),
          chunk(piece(0, 'x')),
          chunk(piece(0, '"}')),
          chunk({}, 'tool_calls'),
        ),
      ),
    )
    const body = request('messages', { model: UPSTREAMS.chat, lines, tools: [read, write] })
    const { events } = await watch(gateway, 'messages', body)
    const deltas = events.flatMap(({ json }) => json.delta?.partial_json ?? [])
    expect(deltas).toEqual(['{"file_path":"a",', '"content":"', 'x', '"}'])
  })

  it('L6 leave a torn call torn', async () => {
    const gateway = await world()
    const torn = '{"file_path":"a","pages":"'
    gateway.simulator.enqueue(
      rawStream(chatStream(chunk(piece(0, torn, { id: 'call_1', name: 'Read' })), chunk({}, 'length'))),
    )
    const body = request('messages', { model: UPSTREAMS.chat, lines, tools: [read] })
    const { events } = await watch(gateway, 'messages', body)
    const input = events.flatMap(({ json }) => json.delta?.partial_json ?? []).join('')
    expect(input).toBe(torn)
  })
})

describe('Codex’s free-form tools', () => {
  const patch = '*** Begin Patch\n*** Add File: a.txt\n+"quoted" \\ and 世界\n*** End Patch'
  const tool = {
    type: 'custom',
    name: 'apply_patch',
    description: 'Edits files.',
    format: { type: 'grammar', syntax: 'lark', definition: 'start: "*** Begin Patch"' },
  }
  const body = (model: string, input: readonly Wire[]): Wire => ({ model, tools: [tool], input })
  const models = [UPSTREAMS.messages, UPSTREAMS.gemini, UPSTREAMS.chat, 'compatible/some-model']
  const question = { role: 'user', content: 'Patch' }

  it.each([...models, 'openai/gpt-5.2'])(
    'L7 reach %s with their grammar, and come back as free text',
    async (model) => {
      for (const [, ask] of WAYS) {
        const gateway = await world()
        const wrapped = model.startsWith('openai') ? patch : JSON.stringify({ input: patch })
        gateway.simulator.enqueue({ toolCalls: [{ name: 'apply_patch', input: wrapped }] })
        const { answer } = await ask(gateway, 'responses', body(model, [question]))
        const call = answer.output.at(-1)
        expect(call).toMatchObject({ type: 'custom_tool_call', name: 'apply_patch', input: patch })
        expect(gateway.simulator.last.bytes.toString()).toContain('*** Begin Patch')
        gateway.simulator.enqueue({ text: 'fine' })
        const output = { type: 'custom_tool_call_output', call_id: call.call_id, output: 'PATCHED' }
        const heard = await ask(gateway, 'responses', body(model, [question, call, output]))
        expect(heard.text).toBe('fine')
        const sent = gateway.simulator.last.bytes.toString()
        expect(sent).toContain('PATCHED')
        expect(sent).toContain('Add File: a.txt')
      }
    },
  )

  it('L7 stream their text as it comes', async () => {
    const gateway = await world()
    gateway.simulator.enqueue({ toolCalls: [{ name: 'apply_patch', input: { input: patch } }] })
    const { events } = await watch(gateway, 'responses', body(UPSTREAMS.messages, [question]))
    const deltas = events.filter(({ json }) => json.type === 'response.custom_tool_call_input.delta')
    expect(deltas.length).toBeGreaterThan(2)
    expect(deltas.map(({ json }) => json.delta).join('')).toBe(patch)
  })
})

describe('Codex’s namespaces', () => {
  const agent = { type: 'function', name: 'close_agent', parameters: ANY_OBJECT, strict: false }
  const namespace = { type: 'namespace', name: 'multi_agent_v1', tools: [agent] }
  const shell = { type: 'function', name: 'exec', parameters: ANY_OBJECT, strict: false }
  const question = { role: 'user', content: 'Close it' }
  const declared = [
    ['its tools', { tools: [shell, namespace], input: [question] }],
    [
      'an input item',
      { input: [{ type: 'additional_tools', role: 'developer', tools: [shell, namespace] }, question] },
    ],
  ] as const

  describe.each(declared)('declared in %s', (_, request) => {
    it.each([UPSTREAMS.messages, UPSTREAMS.gemini, UPSTREAMS.chat])(
      'L8 are callable through %s, and the call names both',
      async (model) => {
        for (const [, ask] of WAYS) {
          const gateway = await world()
          gateway.simulator.respond(({ bytes }) => {
            const flat = /"name":"([^"]*close_agent)"/.exec(bytes.toString())?.[1] ?? 'none'
            return { toolCalls: [{ name: flat, input: {} }] }
          })
          const { answer } = await ask(gateway, 'responses', { model, ...request } as Wire)
          const call = answer.output.at(-1)
          expect(call).toMatchObject({
            type: 'function_call',
            name: 'close_agent',
            namespace: 'multi_agent_v1',
          })
          gateway.simulator.reset()
          gateway.simulator.enqueue({ text: 'fine' })
          const output = { type: 'function_call_output', call_id: call.call_id, output: 'CLOSED' }
          const next = { model, ...request, input: [...request.input, call, output] } as Wire
          expect((await ask(gateway, 'responses', next)).text).toBe('fine')
        }
      },
    )
  })
})

describe('deferred tools', () => {
  it.each(Object.entries(UPSTREAMS))('L9 are loaded and usable through %s', async (name, model) => {
    const gateway = await world()
    gateway.simulator.enqueue({ toolCalls: [{ name: 'WebFetch', input: {} }] })
    const { calls } = await hear(gateway, 'messages', {
      model,
      max_tokens: 1000,
      tools: [
        { name: 'ToolSearch', input_schema: ANY_OBJECT },
        { name: 'WebFetch', description: 'Fetches.', input_schema: ANY_OBJECT, defer_loading: true },
      ],
      messages: [
        { role: 'user', content: 'Fetch' },
        { role: 'assistant', content: [{ type: 'tool_use', id: 'toolu_1', name: 'ToolSearch', input: {} }] },
        {
          role: 'user',
          content: [
            {
              type: 'tool_result',
              tool_use_id: 'toolu_1',
              content: [{ type: 'tool_reference', tool_name: 'WebFetch' }],
            },
            { type: 'text', text: 'Tool loaded.' },
          ],
        },
      ],
    })
    expect(calls).toMatchObject([{ name: 'WebFetch' }])
    if (name === 'messages') return
    const { body, bytes } = gateway.simulator.last
    expect(bytes.toString()).not.toContain('defer_loading')
    const history = JSON.stringify(body['messages'] ?? body['input'] ?? body['contents'])
    expect(history).toContain('WebFetch')
  })
})

describe('Claude Code’s WebSearch', () => {
  const search = (model: string): Wire => ({
    model,
    max_tokens: 1000,
    tools: [{ type: 'web_search_20250305', name: 'web_search', max_uses: 8 }],
    messages: [{ role: 'user', content: 'Perform a web search for the query: weather Zürich' }],
  })
  const page = { url: 'https://example.com/weather', title: 'The weather' }
  const found: Readonly<Record<'responses' | 'gemini', string>> = {
    responses: searchOverResponses(page),
    gemini: searchOverGemini(page),
  }

  it.each(['responses', 'gemini'] as const)(
    'L10 finds something through %s, and counts it',
    async (upstream) => {
      const gateway = await world()
      gateway.simulator.enqueue(rawStream(found[upstream]))
      const { answer, text } = await listen(gateway, 'messages', search(UPSTREAMS[upstream]))
      const blocks = answer.content as Wire[]
      const call = blocks.find(({ type }) => type === 'server_tool_use')
      const result = blocks.find(({ type }) => type === 'web_search_tool_result')
      expect(call).toMatchObject({ name: 'web_search', input: { query: 'weather Zürich' } })
      expect(result).toMatchObject({
        tool_use_id: call?.['id'],
        content: [{ type: 'web_search_result', url: page.url, title: page.title }],
      })
      expect(text).toBe('It is sunny.')
      expect(answer.usage.server_tool_use.web_search_requests).toBe(1)
      expect(answer.stop_reason).toBe('end_turn')
    },
  )

  it.each(['responses', 'gemini'] as const)('L10 may bring its results back to %s', async (upstream) => {
    const gateway = await world()
    gateway.simulator.enqueue(rawStream(found[upstream]), { text: 'fine' })
    const body = search(UPSTREAMS[upstream])
    const { answer } = await listen(gateway, 'messages', body)
    const messages = [
      ...body['messages'],
      { role: 'assistant', content: answer.content },
      { role: 'user', content: 'And tomorrow?' },
    ]
    expect((await hear(gateway, 'messages', { ...body, messages })).text).toBe('fine')
  })

  it('L10 says that it cannot search where the upstream cannot', async () => {
    const gateway = await world()
    const { answer, text } = await hear(gateway, 'messages', search(UPSTREAMS.chat))
    expect(JSON.stringify(answer.content)).toContain('web_search_tool_result_error')
    expect(text).toMatch(/not available/)
    expect(gateway.simulator.requests).toHaveLength(0)
  })

  it('L10 does not leave a choice of a tool behind that is not there any more', async () => {
    const gateway = await world()
    gateway.simulator.enqueue({ text: 'fine' })
    const body = {
      ...search(UPSTREAMS.chat),
      tools: [{ name: 'look', input_schema: ANY_OBJECT }, ...search('')['tools']],
      tool_choice: { type: 'tool', name: 'web_search' },
    }
    expect((await hear(gateway, 'messages', body)).text).toBe('fine')
    expect(gateway.simulator.last.body).not.toHaveProperty('tool_choice')
  })
})
