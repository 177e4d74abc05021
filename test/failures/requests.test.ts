import { describe, expect, it } from 'vitest'
import { pdfBase64 } from '../support/pdf.ts'
import { pngBase64 } from '../support/png.ts'
import { inOrder, request, type Line, type Wire } from './conversation.ts'
import { CLIENTS, hear, PAIRS, TRANSLATED, UPSTREAMS, world, type Client } from './world.ts'

const hello: readonly Line[] = [{ user: 'Hello' }]
const tools = [{ name: 'look', description: 'Looks.' }]
const png = pngBase64()
const pdf = pdfBase64('A page')

/** What a request becomes upstream. The strict simulator has refused it if the real server would. */
async function sent(client: Client, body: Wire) {
  const gateway = await world()
  const heard = await hear(gateway, client, body)
  const { simulator } = gateway
  return {
    body: simulator.last.body as Wire,
    text: simulator.last.bytes.toString(),
    surface: simulator.last.surface,
    dropped: heard.headers.get('x-dragoman-dropped') ?? '',
  }
}

describe.each(CLIENTS)('a %s client', (client) => {
  it.each([
    ['azure/gpt-5.2', (body: Wire) => body['max_completion_tokens'] ?? body['max_output_tokens']],
    ['chat/o3', (body: Wire) => body['max_completion_tokens']],
    ['responses/gpt-5.2', (body: Wire) => body['max_output_tokens']],
    ['compatible/some-model', (body: Wire) => body['max_tokens']],
    ['messages/claude-sonnet-4-6', (body: Wire) => body['max_tokens']],
    ['gemini/gemini-3-pro', (body: Wire) => body['generationConfig']['maxOutputTokens']],
  ] as const)(
    'Q1 has its output limit sent to %s under the name that the model knows',
    async (model, limit) => {
      const { body } = await sent(client, request(client, { model, lines: hello, limit: 4321 }))
      expect(limit(body)).toBe(4321)
    },
  )

  it.each([
    ['chat/gpt-4o', 16_384],
    ['responses/gpt-4o', 16_384],
    ['messages/claude-sonnet-4-5', 64_000],
    ['gemini/gemini-3-pro', 65_536],
  ] as const)('Q2 may ask %s for more than it can give, and gets what it can', async (model, most) => {
    const { text, dropped } = await sent(client, request(client, { model, lines: hello, limit: 128_000 }))
    expect(text).toContain(`:${most}`)
    expect(text).not.toContain('128000')
    expect(dropped).toMatch(/max_|maxOutputTokens/)
  })

  it.each(['chat/gpt-5', 'responses/gpt-5', 'messages/claude-opus-5-5', 'chat/o3'])(
    'Q3 is answered by %s, which takes no temperature',
    async (model) => {
      const { body, dropped } = await sent(client, request(client, { model, lines: hello, temperature: 0.2 }))
      expect(body).not.toHaveProperty('temperature')
      expect(dropped).toContain('temperature')
    },
  )

  it('Q4 keeps its temperature where temperature and top_p exclude each other, and loses both where neither is taken', async () => {
    const both = { lines: hello, temperature: 0.7, topP: 1 }
    const one = await sent(client, request(client, { model: 'messages/claude-sonnet-4-5', ...both }))
    expect(one.body['temperature']).toBe(0.7)
    expect(one.body).not.toHaveProperty('top_p')
    const none = await sent(client, request(client, { model: 'messages/claude-opus-5-5', ...both }))
    expect(none.body).not.toHaveProperty('temperature')
    expect(none.body).not.toHaveProperty('top_p')
  })
})

describe.each(PAIRS)('from %s to %s', (client, upstream) => {
  const model = UPSTREAMS[upstream]

  it.each(['in the middle', 'at the end'])(
    'Q5 a system turn %s of the conversation keeps its place',
    async (where) => {
      const lines: Line[] = [
        { system: 'FIRST-RULE' },
        { user: 'ONE' },
        { assistant: 'TWO' },
        { user: 'THREE' },
        { system: 'LATER-RULE' },
        ...(where === 'at the end' ? [] : [{ assistant: 'FOUR' }, { user: 'FIVE' }]),
      ]
      const { text, body } = await sent(client, request(client, { model, lines }))
      const rest = where === 'at the end' ? [] : ['FOUR', 'FIVE']
      const conversation = JSON.stringify(body['messages'] ?? body['input'] ?? body['contents'])
      expect(inOrder(conversation, 'ONE', 'TWO', 'THREE', 'LATER-RULE', ...rest)).toBe(true)
      expect(text).toContain('FIRST-RULE')
      // Never in the model's own mouth.
      const turns: Wire[] = body['messages'] ?? body['input'] ?? body['contents']
      const holder = turns.find((turn) => JSON.stringify(turn).includes('LATER-RULE'))
      expect(['system', 'developer', 'user']).toContain(holder?.['role'])
    },
  )

  it('Q8 a trailing assistant turn is answered, and says what it said', async () => {
    const { text } = await sent(
      client,
      request(client, { model, lines: [{ user: 'Count' }, { assistant: 'One, two,' }] }),
    )
    expect(inOrder(text, 'Count', 'One, two,')).toBe(true)
  })

  it('Q9 what the user says beside tool results follows them', async () => {
    const lines: Line[] = [
      { user: 'Look' },
      { call: 'toolu_1', name: 'look' },
      { call: 'toolu_2', name: 'look' },
      { result: 'toolu_1', output: 'RESULT-1' },
      { result: 'toolu_2', output: 'RESULT-2' },
      { user: 'NOW-REPLY' },
    ]
    const { text } = await sent(client, request(client, { model, lines, tools }))
    expect(inOrder(text, 'RESULT-1', 'RESULT-2', 'NOW-REPLY')).toBe(true)
  })

  it('Q10 words of the model before and after its calls arrive, and the calls too', async () => {
    const lines: Line[] = [
      { user: 'Look' },
      { assistant: 'BEFORE-IT' },
      { call: 'toolu_1', name: 'look' },
      { result: 'toolu_1', output: 'RESULT-1' },
      { user: 'Go on' },
    ]
    const body = request(client, { model, lines, tools })
    const { text } = await sent(client, body)
    for (const word of ['BEFORE-IT', '"look"', 'RESULT-1']) expect(text).toContain(word)
  })

  it('Q13 the tool history arrives whole, so that the model does not call again', async () => {
    const lines: Line[] = [
      { user: 'Look' },
      ...['1', '2', '3'].flatMap((round): Line[] => [
        { call: `toolu_${round}`, name: 'look', input: { round } },
        { result: `toolu_${round}`, output: `RESULT-${round}` },
      ]),
    ]
    const { text } = await sent(client, request(client, { model, lines, tools }))
    expect(inOrder(text, 'RESULT-1', 'RESULT-2', 'RESULT-3')).toBe(true)
    const calls = text.match(
      /"type":"tool_use"|"type":"function_call"|"functionCall":|"type":"function","function":\{"name":"look","arguments"/g,
    )
    expect(calls).toHaveLength(3)
  })
})

describe('a Messages client', () => {
  const ask = (model: string, more: Wire): Wire => ({ model, max_tokens: 1000, messages: [], ...more })
  const everywhere = Object.entries(UPSTREAMS)

  it('Q5 may put a system turn into a conversation with a model that takes it, and the bytes stay', async () => {
    const lines: Line[] = [{ user: 'ONE' }, { system: 'RULE' }]
    const { body } = await sent(
      'messages',
      request('messages', { model: 'anthropic/claude-opus-4-8', lines }),
    )
    expect(body['messages']).toEqual([
      { role: 'user', content: 'ONE' },
      { role: 'system', content: 'RULE' },
    ])
  })

  it.each([...everywhere, ['older', 'messages/claude-sonnet-4-5']])(
    'Q6 may send fields that %s does not know, and is answered',
    async (_, model) => {
      const { body } = await sent(
        'messages',
        ask(model, {
          context_management: { edits: [{ type: 'clear_thinking_20251015', keep: 'all' }] },
          fallbacks: [{ model: 'claude-sonnet-4-5' }],
          messages: [{ role: 'user', content: 'Hello' }],
        }),
      )
      expect(body).not.toHaveProperty('context_management')
    },
  )

  it('Q6 may mark its thinking for the cache, also where the upstream refuses that', async () => {
    const gateway = await world({ checks: 'lenient' })
    gateway.simulator.respond(({ bytes }) =>
      bytes.includes('cache_control')
        ? {
            error: {
              status: 400,
              message: 'thinking.adaptive.cache_control: Extra inputs are not permitted',
            },
          }
        : { text: 'fine' },
    )
    const thinking = { type: 'adaptive', cache_control: { type: 'ephemeral' } }
    const messages = [{ role: 'user', content: 'Hello' }]
    const heard = await hear(gateway, 'messages', ask('messages/claude-opus-4-6', { thinking, messages }))
    expect(heard.text).toBe('fine')
    expect(gateway.simulator.last.body['thinking']).toEqual({ type: 'adaptive' })
  })

  it.each([...everywhere, ['Anthropic itself', 'anthropic/claude-opus-5-5']])(
    'Q7 may send empty texts to %s, and what stands beside them arrives',
    async (_, model) => {
      const { text } = await sent(
        'messages',
        ask(model, {
          system: [{ type: 'text', text: ' \n' }],
          tools: [{ name: 'look', input_schema: { type: 'object', properties: {} } }],
          messages: [
            {
              role: 'user',
              content: [
                { type: 'text', text: '' },
                { type: 'text', text: 'Look' },
              ],
            },
            {
              role: 'assistant',
              content: [
                { type: 'text', text: '\n' },
                { type: 'tool_use', id: 'toolu_1', name: 'look', input: {} },
              ],
            },
            {
              role: 'user',
              content: [
                { type: 'tool_result', tool_use_id: 'toolu_1', content: 'RESULT-1' },
                { type: 'text', text: '' },
              ],
            },
          ],
        }),
      )
      expect(text).toContain('RESULT-1')
      // Anthropic refuses blank texts; the others take them, but for Gemini's empty ones.
      if (/^(?:messages|anthropic)/.test(model)) expect(text).not.toMatch(/"text":"(?:\\n| )*"/)
    },
  )

  it.each(everywhere)('Q8 ending on a tool call keeps the call (%s)', async (_, model) => {
    const lines: Line[] = [{ user: 'Look' }, { call: 'toolu_1', name: 'look' }]
    const { text } = await sent('messages', request('messages', { model, lines, tools }))
    expect(text).toMatch(/"type":"tool_use"|"type":"function_call"|"functionCall":|"tool_calls":/)
  })

  it.each(everywhere)('Q10 may say something after its calls (%s)', async (_, model) => {
    const { text } = await sent(
      'messages',
      ask(model, {
        tools: [{ name: 'look', input_schema: { type: 'object', properties: {} } }],
        messages: [
          { role: 'user', content: 'Look' },
          {
            role: 'assistant',
            content: [
              { type: 'tool_use', id: 'toolu_1', name: 'look', input: {} },
              { type: 'text', text: 'AFTER-IT' },
            ],
          },
          { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content: 'RESULT-1' }] },
        ],
      }),
    )
    for (const word of ['AFTER-IT', '"look"', 'RESULT-1']) expect(text).toContain(word)
  })

  it.each([...everywhere, ['older OpenAI field', 'compatible/some-model']])(
    'Q11 may name its user at length (%s)',
    async (_, model) => {
      const long = `user_${'f'.repeat(64)}_account__session_${'0'.repeat(60)}`
      const metadata = { user_id: long }
      const { text, body } = await sent(
        'messages',
        ask(model, { metadata, messages: [{ role: 'user', content: 'Hello' }] }),
      )
      if (model.startsWith('messages')) return expect(body['metadata']).toEqual(metadata)
      expect(text).not.toContain(long)
      const user = body['safety_identifier'] ?? body['user']
      if (user !== undefined) expect(user).toMatch(/^.{1,64}$/)
    },
  )
})

describe('a Responses client', () => {
  it.each(Object.entries(UPSTREAMS))(
    'Q12 keeps its instructions and its developer turn, in order (%s)',
    async (_, model) => {
      const { text, body } = await sent('responses', {
        model,
        instructions: 'INSTRUCTION-1',
        input: [
          { role: 'developer', content: 'INSTRUCTION-2' },
          { role: 'user', content: 'Hello' },
        ],
      })
      const system = body['system'] ?? body['systemInstruction']
      if (system === undefined)
        expect(
          inOrder(text, 'INSTRUCTION-1', 'INSTRUCTION-2', 'Hello') || model.startsWith('responses'),
        ).toBe(true)
      else expect(inOrder(JSON.stringify(system), 'INSTRUCTION-1', 'INSTRUCTION-2')).toBe(true)
      for (const word of ['INSTRUCTION-1', 'INSTRUCTION-2']) expect(text).toContain(word)
    },
  )
})

describe('documents and images', () => {
  const document = { type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: pdf } }
  const image = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: png } }
  const inMessage = (block: Wire) => [
    { role: 'user', content: [block, { type: 'text', text: 'What is it?' }] },
  ]
  const inResult = (block: Wire) => [
    { role: 'user', content: 'Look' },
    { role: 'assistant', content: [{ type: 'tool_use', id: 'toolu_1', name: 'look', input: {} }] },
    {
      role: 'user',
      content: [
        { type: 'tool_result', tool_use_id: 'toolu_1', content: [{ type: 'text', text: 'Here.' }, block] },
      ],
    },
  ]
  const messages = (model: string, list: readonly Wire[]): Wire => ({
    model,
    max_tokens: 1000,
    tools: [{ name: 'look', input_schema: { type: 'object', properties: {} } }],
    messages: list,
  })
  const places = [
    ['a message', inMessage],
    ['a tool result', inResult],
  ] as const

  describe.each(places)('in %s', (_, put) => {
    it.each([
      ['responses/gpt-5.4', `"file_data":"data:application/pdf;base64,${pdf}`],
      ['openai/gpt-4.1', `"file_data":"data:application/pdf;base64,${pdf}`],
      ['azure/gpt-4.1', `"file_data":"data:application/pdf;base64,${pdf}`],
      ['gemini/gemini-3-pro', pdf],
      ['messages/claude-sonnet-4-6', pdf],
    ])('Q14 a PDF reaches %s as a file', async (model, expected) => {
      const { text } = await sent('messages', messages(model, put(document)))
      expect(text).toContain(expected)
    })

    it.each(['compatible/some-model', 'chat/gpt-4.1', 'deepseek/deepseek-reasoner'])(
      'Q14 a PDF that %s cannot take is refused by name, never dropped',
      async (model) => {
        const gateway = await world()
        const refused = hear(gateway, 'messages', messages(model, put(document)))
        await expect(refused).rejects.toThrow(/^400 .*messages\[/)
        expect(gateway.simulator.requests).toHaveLength(0)
      },
    )

    it.each(Object.entries(UPSTREAMS))(
      'Q15 an image reaches %s as an image, not as text',
      async (name, model) => {
        const { body, text } = await sent('messages', messages(model, put(image)))
        expect(text).toContain(png)
        const texts = JSON.stringify(body, (key, value: unknown) =>
          key === 'data' || key === 'image_url' || key === 'url' ? undefined : value,
        )
        expect(texts).not.toContain(png.slice(0, 40))
        if (name === 'chat' && put === inResult) {
          const roles = (body['messages'] as Wire[]).map(({ role }) => role)
          expect(roles.slice(-2)).toEqual(['tool', 'user'])
        }
      },
    )
  })

  it('Q15 an image in a tool result leaves a note behind where the model sees none', async () => {
    const { text, dropped } = await sent('messages', messages('deepseek/deepseek-reasoner', inResult(image)))
    expect(text).not.toContain(png)
    expect(text).toMatch(/image/i)
    expect(dropped).toContain('unsupported')
  })

  it.each(Object.entries(UPSTREAMS))(
    'Q15 an image in a Responses tool output reaches %s',
    async (_, model) => {
      const { text } = await sent('responses', {
        model,
        tools: [
          { type: 'function', name: 'look', parameters: { type: 'object', properties: {} }, strict: false },
        ],
        input: [
          { role: 'user', content: 'Look' },
          { type: 'function_call', call_id: 'call_1', name: 'look', arguments: '{}' },
          {
            type: 'function_call_output',
            call_id: 'call_1',
            output: [{ type: 'input_image', image_url: `data:image/png;base64,${png}` }],
          },
        ],
      })
      expect(text).toContain(png)
    },
  )
})

describe('structured output', () => {
  const schema = {
    type: 'object',
    properties: { city: { type: 'string' } },
    required: ['city'],
    additionalProperties: false,
  }
  const wishes: Readonly<Record<Client, Wire>> = {
    messages: { output_config: { format: { type: 'json_schema', schema } } },
    chat: { response_format: { type: 'json_schema', json_schema: { name: 'place', schema, strict: true } } },
    responses: { text: { format: { type: 'json_schema', name: 'place', schema, strict: true } } },
  }
  const cells = [
    ...PAIRS.map(([client, upstream]) => [client, UPSTREAMS[upstream]] as const),
    // Knows no format: a forced tool carries the schema.
    ...CLIENTS.map((client) => [client, 'anthropic/claude-sonnet-4-20250514'] as const),
  ]

  it.each(cells)('Q16 asked for by %s is enforced at %s', async (client, model) => {
    const gateway = await world()
    const heard = await hear(gateway, client, request(client, { model, lines: hello }, wishes[client]))
    expect(Object.keys(JSON.parse(heard.text))).toEqual(['city'])
    expect(heard.calls).toEqual([])
    expect(gateway.simulator.last.bytes.toString()).toContain('"city"')
  })

  it.each(TRANSLATED)('Q16 cut short says so (%s from %s)', async (client, upstream) => {
    const gateway = await world()
    gateway.simulator.enqueue({ text: '{"city":"Ber', finish: 'length' })
    const body = request(client, { model: UPSTREAMS[upstream], lines: hello }, wishes[client])
    const heard = await hear(gateway, client, body)
    expect(heard.stop).toBe({ messages: 'max_tokens', chat: 'length', responses: 'incomplete' }[client])
  })
})
