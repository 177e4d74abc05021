import { describe, expect, it } from 'vitest'
import { ask } from '../support/ask.ts'
import { request, type Line, type Wire } from './conversation.ts'
import {
  hear,
  listen,
  PAIRS,
  rawStream,
  typedStream,
  UPSTREAMS,
  watch,
  WAYS,
  world,
  type Client,
} from './world.ts'

const tools = [{ name: 'look', description: 'Looks.' }]
const ephemeral = { cache_control: { type: 'ephemeral' } }
const text = (words: string, more: Wire = {}): Wire => ({ type: 'text', text: words, ...more })

describe('Claude Code’s attribution line', () => {
  const line = (nonce: string) => `x-anthropic-billing-header: cc_version=2.1.329.abc; cch=${nonce};`
  const elsewhere = ['chat', 'responses', 'gemini'] as const
  const body = (model: string, system: unknown): Wire => ({
    model,
    max_tokens: 1000,
    system,
    messages: [{ role: 'user', content: 'Hello' }],
  })
  const forms = [
    ['as a block of its own', (nonce: string) => [text(line(nonce)), text('RULES', ephemeral)]],
    ['at the head of a text', (nonce: string) => `${line(nonce)}\n\nRULES`],
  ] as const

  describe.each(forms)('%s', (_, systemWith) => {
    it.each(elsewhere)('U1 does not keep the cache of %s from hitting', async (upstream) => {
      const gateway = await world()
      for (const nonce of ['0001', '0002'])
        await hear(gateway, 'messages', body(UPSTREAMS[upstream], systemWith(nonce)))
      const [first, second] = gateway.simulator.requests
      expect(first?.bytes.toString()).toBe(second?.bytes.toString())
      expect(first?.bytes.toString()).not.toContain('billing')
      expect(first?.bytes.toString()).toContain('RULES')
    })

    it('U1 goes to Anthropic’s models as it came', async () => {
      const gateway = await world()
      const system = systemWith('0001')
      await hear(gateway, 'messages', body(UPSTREAMS.messages, system))
      expect(gateway.simulator.last.body['system']).toEqual(system)
    })
  })
})

describe('cache marks', () => {
  const marked = (model: string, turns: number): Wire => ({
    model,
    max_tokens: 1000,
    system: [text('RULES', ephemeral)],
    tools: [
      { name: 'look', description: 'Looks.', input_schema: { type: 'object', properties: {} }, ...ephemeral },
    ],
    messages: Array.from({ length: turns }, (_, turn) => [
      { role: 'user', content: [text(`Question ${turn}`, ephemeral)] },
      { role: 'assistant', content: [text(`Answer ${turn}`)] },
    ])
      .flat()
      .slice(0, -1),
  })

  it.each(['chat', 'responses', 'gemini'] as const)(
    'U2 for Claude are no trouble to %s',
    async (upstream) => {
      const gateway = await world()
      await hear(gateway, 'messages', marked(UPSTREAMS[upstream], 1))
      expect(gateway.simulator.last.bytes.toString()).not.toContain('cache_control')
    },
  )

  it.each(['chat/gpt-4.1', 'responses/gpt-5.4', 'chat/gpt-5.6', 'responses/gpt-5.6'])(
    'U2 become one key at %s, the same in every turn of a conversation and in no other',
    async (model) => {
      const gateway = await world()
      for (const turns of [1, 2, 3]) await hear(gateway, 'messages', marked(model, turns))
      const other = { ...marked(model, 1), system: [text('OTHER RULES', ephemeral)] }
      await hear(gateway, 'messages', other)
      const keys = gateway.simulator.requests.map(({ body }) => body['prompt_cache_key'])
      expect(keys[0]).toMatch(/^.{8,64}$/)
      expect(keys.slice(0, 3)).toEqual([keys[0], keys[0], keys[0]])
      expect(keys[3]).not.toBe(keys[0])
    },
  )

  it.each(['chat/gpt-5.6', 'responses/gpt-5.6'])(
    'U2 become breakpoints at %s, four at the most',
    async (model) => {
      const gateway = await world()
      await hear(gateway, 'messages', marked(model, 6))
      const sent = gateway.simulator.last.bytes.toString()
      const breakpoints = sent.split('"prompt_cache_breakpoint"').length - 1
      expect(breakpoints).toBeGreaterThan(0)
      expect(breakpoints).toBeLessThanOrEqual(4)
    },
  )

  it('U2 of a Chat client, on messages, parts, tools and calls, are no trouble to Azure', async () => {
    const gateway = await world()
    const call = { id: 'call_1', type: 'function', function: { name: 'look', arguments: '{}' }, ...ephemeral }
    await hear(gateway, 'chat', {
      model: UPSTREAMS.chat,
      tools: [
        {
          type: 'function',
          function: { name: 'look', parameters: { type: 'object', properties: {} } },
          ...ephemeral,
        },
      ],
      messages: [
        { role: 'system', content: 'RULES', ...ephemeral },
        { role: 'user', content: [text('Look', ephemeral)] },
        { role: 'assistant', content: null, tool_calls: [call], ...ephemeral },
        { role: 'tool', tool_call_id: 'call_1', content: 'seen', ...ephemeral },
      ],
    })
    expect(gateway.simulator.last.bytes.toString()).not.toContain('cache_control')
  })

  const lines: readonly Line[] = [{ system: 'RULES' }, { user: 'Hello' }]

  it.each(['chat', 'responses'] as const)(
    'U3 are set for a %s client that knows none, so that Claude’s cache hits',
    async (client) => {
      const gateway = await world()
      await hear(gateway, client, request(client, { model: UPSTREAMS.messages, lines, tools }))
      expect(gateway.simulator.last.body['cache_control']).toEqual({ type: 'ephemeral' })
    },
  )

  it('U3 are the client’s own where it set any', async () => {
    const gateway = await world()
    await hear(gateway, 'chat', {
      model: UPSTREAMS.messages,
      messages: [
        { role: 'system', content: [text('RULES', ephemeral)] },
        { role: 'user', content: 'Hello' },
      ],
    })
    expect(gateway.simulator.last.body).not.toHaveProperty('cache_control')
    expect(gateway.simulator.last.body['system']).toEqual([text('RULES', ephemeral)])
  })

  it('U3 are four at the most', async () => {
    const gateway = await world()
    const marks = Array.from({ length: 7 }, (_, index) => text(`Part ${index}`, ephemeral))
    const body = { model: UPSTREAMS.messages, messages: [{ role: 'user', content: marks }] }
    await hear(gateway, 'chat', body)
    const count = gateway.simulator.last.bytes.toString().split('"cache_control"').length - 1
    expect(count).toBeGreaterThan(0)
    expect(count).toBeLessThanOrEqual(4)
  })
})

describe('usage', () => {
  const lines: readonly Line[] = [{ system: 'RULES '.repeat(300) }, { user: 'Hello' }]

  it.each(['chat', 'responses', 'gemini'] as const)(
    'U4 is told to a Messages client at the start, estimated, and at the end as %s counts it',
    async (upstream) => {
      const gateway = await world()
      gateway.simulator.enqueue({ text: 'Hello', usage: { input: 777, cacheRead: 700, output: 5 } })
      const body = request('messages', { model: UPSTREAMS[upstream], lines })
      const { events } = await watch(gateway, 'messages', body)
      const start = events.find(({ event }) => event === 'message_start')?.json.message.usage
      const end = events.find(({ event }) => event === 'message_delta')?.json.usage
      // Gemini counts from the first event on; the others at the end.
      const prompt = start.input_tokens + start.cache_read_input_tokens
      expect(prompt).toBeGreaterThan(300)
      expect(prompt).toBeLessThan(1500)
      expect(end).toMatchObject({
        input_tokens: 77,
        cache_read_input_tokens: 700,
        cache_creation_input_tokens: 0,
        output_tokens: 5,
      })
    },
  )

  it('U4 that no upstream tells is at least estimated', async () => {
    const gateway = await world()
    gateway.simulator.enqueue(
      rawStream(
        typedStream(
          {
            type: 'response.created',
            response: { id: 'resp_1', model: 'm', status: 'in_progress', output: [] },
          },
          {
            type: 'response.completed',
            response: {
              id: 'resp_1',
              model: 'm',
              status: 'completed',
              output: [
                {
                  type: 'message',
                  id: 'msg_1',
                  role: 'assistant',
                  content: [{ type: 'output_text', text: 'Hi' }],
                },
              ],
            },
          },
        ),
      ),
    )
    const body = request('messages', { model: UPSTREAMS.responses, lines })
    const { answer } = await listen(gateway, 'messages', body)
    expect(answer.usage.input_tokens).toBeGreaterThan(300)
  })

  /** What each client reads of a prompt of 1000 tokens of which 600 came from the cache. */
  const READ: Readonly<Record<Client, object>> = {
    messages: { input_tokens: 400, cache_read_input_tokens: 600, output_tokens: 50 },
    chat: {
      prompt_tokens: 1000,
      completion_tokens: 50,
      total_tokens: 1050,
      prompt_tokens_details: { cached_tokens: 600 },
    },
    responses: {
      input_tokens: 1000,
      output_tokens: 50,
      total_tokens: 1050,
      input_tokens_details: { cached_tokens: 600 },
    },
  }

  describe.each(PAIRS)('of %s from %s', (client, upstream) => {
    it.each(WAYS)('U5 counts every token once (%s)', async (_, ask) => {
      const gateway = await world()
      gateway.simulator.enqueue({ text: 'Hello', usage: { input: 1000, cacheRead: 600, output: 50 } })
      const { answer } = await ask(gateway, client, request(client, { model: UPSTREAMS[upstream], lines }))
      expect(answer.usage).toMatchObject(READ[client])
    })
  })

  it.each(['chat', 'responses'] as const)('U5 adds up for %s what Claude tells apart', async (client) => {
    const gateway = await world()
    gateway.simulator.enqueue({
      text: 'Hello',
      usage: { input: 1000, cacheRead: 600, cacheWrite: 300, output: 50 },
    })
    const { answer } = await hear(gateway, client, request(client, { model: UPSTREAMS.messages, lines }))
    expect(answer.usage).toMatchObject({ total_tokens: 1050 })
  })
})

describe('count_tokens', () => {
  const everything: Wire = {
    system: 'Be kind.',
    tools: [
      {
        name: 'look',
        description: 'Looks around. '.repeat(20),
        input_schema: { type: 'object', properties: {} },
      },
    ],
    messages: [
      { role: 'user', content: 'Look' },
      {
        role: 'assistant',
        content: [{ type: 'tool_use', id: 'toolu_1', name: 'look', input: { at: 'everything '.repeat(50) } }],
      },
      {
        role: 'user',
        content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content: 'I saw a lot. '.repeat(50) }],
      },
    ],
  }
  const count = async (url: string, body: Wire) => {
    const answer = await ask(`${url}/v1/messages/count_tokens`, { body: JSON.stringify(body) })
    expect(answer.status).toBe(200)
    expect(answer.headers['x-dragoman-token-count']).toMatch(/^(?:exact|estimated)$/)
    return answer.json.input_tokens as number
  }

  it.each([...Object.values(UPSTREAMS), 'compatible/some-model', 'anthropic/claude-opus-5-5'])(
    'U6 counts tools, calls and results too, whatever %s can count itself',
    async (model) => {
      const { url, simulator } = await world()
      const whole = await count(url, { model, ...everything })
      const textOnly = await count(url, { model, messages: [{ role: 'user', content: 'Look' }] })
      expect(textOnly).toBeGreaterThan(0)
      expect(whole).toBeGreaterThan(textOnly + 200)
      for (const { path } of simulator.requests) expect(path).toMatch(/count|input_tokens/)
    },
  )

  it('U6 stands fifty at once, and one that would hang a tokenizer', async () => {
    const { url } = await world()
    const many = await Promise.all(
      Array.from({ length: 50 }, () => count(url, { model: UPSTREAMS.chat, ...everything })),
    )
    expect(new Set(many).size).toBe(1)
    const endless = { role: 'user', content: 'a'.repeat(100_000) }
    expect(await count(url, { model: UPSTREAMS.chat, messages: [endless] })).toBeGreaterThan(1000)
  })
})
