import { describe, expect, it } from 'vitest'
import { startSimulator } from '../../src/simulator/simulator.ts'
import { startGateway } from '../support/gateway.ts'
import { request, type Line, type Wire } from './conversation.ts'
import { CLIENTS, hear, listen, TRANSLATED, UPSTREAMS, WAYS, world, type Client } from './world.ts'

const tools = [{ name: 'look', description: 'Looks.' }]
const toolsOf = (client: Client): Wire => ({
  tools: request(client, { model: '', lines: [], tools })['tools'],
})
const question: readonly Line[] = [{ user: 'Look' }]

/** A wish for reasoning in each client's words. */
const THINK: Readonly<Record<Client, Wire>> = {
  messages: { thinking: { type: 'adaptive' }, output_config: { effort: 'high' }, max_tokens: 9000 },
  chat: { reasoning_effort: 'high' },
  responses: {
    reasoning: { effort: 'high', summary: 'auto' },
    include: ['reasoning.encrypted_content'],
    store: false,
  },
}
const BUDGET: Wire = { thinking: { type: 'enabled', budget_tokens: 4000 }, max_tokens: 9000 }

/** The request of the turn after a tool call: what the client was given, and the result. */
function next(client: Client, body: Wire, answer: any, output = 'seen'): Wire {
  if (client === 'messages') {
    const { id } = answer.content.find(({ type }: Wire) => type === 'tool_use')
    const result = { role: 'user', content: [{ type: 'tool_result', tool_use_id: id, content: output }] }
    return {
      ...body,
      messages: [...body['messages'], { role: 'assistant', content: answer.content }, result],
    }
  }
  if (client === 'responses') {
    const { call_id } = answer.output.find(({ type }: Wire) => type === 'function_call')
    const result = { type: 'function_call_output', call_id, output }
    return { ...body, input: [...body['input'], ...answer.output, result] }
  }
  const { message } = answer.choices[0]
  const result = { role: 'tool', tool_call_id: message.tool_calls[0].id, content: output }
  return { ...body, messages: [...body['messages'], message, result] }
}

/** The same of a Chat client that knows nothing but the protocol. */
function nextWithoutReasoning(body: Wire, answer: any): Wire {
  const { tool_calls } = answer.choices[0].message
  const message = { role: 'assistant', content: null, tool_calls }
  return next('chat', body, { choices: [{ message }] })
}

const thinking = { thinking: 'THOUGHT', toolCalls: [{ name: 'look', input: {} }] }
const done = { text: 'Done.' }

describe('thinking that another model did', () => {
  const blocks = [
    ['no signature', { type: 'thinking', thinking: 'hm' }],
    ['an empty signature', { type: 'thinking', thinking: 'hm', signature: '' }],
    ['another gateway’s mark', { type: 'thinking', thinking: 'hm', signature: 'reasoning_content' }],
    ['a signature of another account', { type: 'thinking', thinking: 'hm', signature: 'Zm9yZWlnbg==' }],
    ['nothing but another account’s secret', { type: 'redacted_thinking', data: 'Zm9yZWlnbg==' }],
    ['a forged envelope', { type: 'thinking', thinking: 'hm', signature: 'dg1.YQ.Yg.Yw.ZGVm' }],
  ] as const
  const models = [...Object.values(UPSTREAMS), 'anthropic/claude-opus-5-5', 'messages/claude-sonnet-4-5']
  const cells = models.flatMap((model) => blocks.map(([what, block]) => [what, model, block] as const))

  it.each(cells)('H1 with %s does not break a session with %s', async (_, model, block) => {
    const gateway = await world()
    const call = { type: 'tool_use', id: 'toolu_1', name: 'look', input: {} }
    const body = {
      model,
      ...(model.includes('4-5') ? BUDGET : THINK.messages),
      ...toolsOf('messages'),
      messages: [
        { role: 'user', content: 'Look' },
        { role: 'assistant', content: [block, call] },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content: 'seen' }] },
      ],
    }
    const heard = await hear(gateway, 'messages', body)
    expect(heard.text).toContain('seen')
    if (block.type === 'thinking' && /gpt-4|gemini/.test(model)) return
    expect(heard.headers.get('x-dragoman-dropped')).toMatch(/foreign-seal|unsupported|approximated/)
  })

  it.each(CLIENTS)('H1 may go on with Claude when GPT or Gemini thought before (%s)', async (client) => {
    for (const [, ask] of WAYS) {
      for (const first of [UPSTREAMS.responses, UPSTREAMS.gemini, 'deepseek/deepseek-reasoner']) {
        const gateway = await world()
        gateway.simulator.enqueue(thinking, done)
        const body = request(client, { model: first, lines: question, tools }, THINK[client])
        const { answer } = await ask(gateway, client, body)
        for (const then of ['anthropic/claude-opus-5-5', UPSTREAMS.messages]) {
          const heard = await ask(gateway, client, { ...next(client, body, answer), model: then })
          expect(heard.text).toBeTruthy()
        }
      }
    }
  })
})

describe.each(['chat', 'responses'] as const)(
  'a %s client that lets Claude think and call tools',
  (client) => {
    const models = ['messages/claude-sonnet-4-5', 'messages/claude-sonnet-4-6', 'anthropic/claude-opus-5-5']

    it.each(models)('H2 gets it through a tool loop with %s', async (model) => {
      for (const [, ask] of WAYS) {
        const gateway = await world()
        gateway.simulator.enqueue(thinking, thinking, done)
        let body = request(client, { model, lines: question, tools, limit: 30_000 }, THINK[client])
        for (const output of ['ONE', 'TWO']) {
          const { answer, reasoning } = await ask(gateway, client, body)
          expect(reasoning).toBe('THOUGHT')
          body = next(client, body, answer, output)
        }
        expect((await ask(gateway, client, body)).text).toBe('Done.')
        const sent = gateway.simulator.last.bytes.toString()
        expect(sent.split('"thinking":"THOUGHT"')).toHaveLength(3)
      }
    })

    it.each(models)('H2 may lose it all, and %s answers', async (model) => {
      const gateway = await world()
      gateway.simulator.enqueue(done)
      const lines: Line[] = [
        ...question,
        { call: 'call_1', name: 'look' },
        { result: 'call_1', output: 'seen' },
      ]
      const body = request(client, { model, lines, tools, limit: 30_000 }, THINK[client])
      expect((await hear(gateway, client, body)).text).toBe('Done.')
    })
  },
)

describe.each(CLIENTS)('%s with Gemini 3', (client) => {
  it('H3 brings the signature of a call back, also after a restart', async () => {
    for (const [, ask] of WAYS) {
      const gateway = await world()
      gateway.simulator.enqueue(thinking)
      const body = request(client, { model: UPSTREAMS.gemini, lines: question, tools }, THINK[client])
      const { answer } = await ask(gateway, client, body)
      const second = next(client, body, answer)
      gateway.simulator.enqueue(done)
      await ask(gateway, client, second)
      const signature = /"thoughtSignature":"([^"]+)"/.exec(gateway.simulator.last.bytes.toString())?.[1]
      expect(signature).toMatch(/^VEhPVUdIV/)
      const restarted = await world()
      restarted.simulator.enqueue(done)
      expect((await ask(restarted, client, second)).text).toBe('Done.')
      expect(restarted.simulator.last.bytes.toString()).toContain(signature)
    }
  })

  it('H3 is answered where the signature is lost', async () => {
    const gateway = await world()
    gateway.simulator.enqueue(done)
    const lines: Line[] = [
      ...question,
      { call: 'call_1', name: 'look' },
      { result: 'call_1', output: 'seen' },
    ]
    const body = request(client, { model: UPSTREAMS.gemini, lines, tools })
    expect((await hear(gateway, client, body)).text).toBe('Done.')
    expect(gateway.simulator.last.bytes.toString()).toContain('"skip_thought_signature_validator"')
  })
})

describe.each(CLIENTS)('%s with DeepSeek', (client) => {
  const model = 'deepseek/deepseek-reasoner'

  it('H4 brings back what was thought before a call', async () => {
    for (const [, ask] of WAYS) {
      const gateway = await world()
      gateway.simulator.enqueue(thinking, done)
      const body = request(client, { model, lines: question, tools })
      const { answer } = await ask(gateway, client, body)
      const heard = await ask(gateway, client, next(client, body, answer))
      expect(heard.text).toBe('Done.')
      const messages = gateway.simulator.last.body['messages'] as Wire[]
      expect(messages[1]).toMatchObject({ reasoning_content: 'THOUGHT' })
    }
  })

  it('H4 is answered where it is lost', async () => {
    const gateway = await world()
    gateway.simulator.enqueue(done)
    const lines: Line[] = [
      ...question,
      { call: 'call_1', name: 'look' },
      { result: 'call_1', output: 'seen' },
    ]
    expect((await hear(gateway, client, request(client, { model, lines, tools }))).text).toBe('Done.')
  })
})

it('H4 a Chat client of Claude, Gemini or GPT that returns no reasoning has it restored', async () => {
  for (const model of [UPSTREAMS.messages, UPSTREAMS.gemini, UPSTREAMS.responses]) {
    const gateway = await world()
    gateway.simulator.enqueue(thinking, done)
    const body = request('chat', { model, lines: question, tools }, THINK.chat)
    const { answer } = await listen(gateway, 'chat', body)
    await hear(gateway, 'chat', nextWithoutReasoning(body, answer))
    expect(gateway.simulator.last.bytes.toString()).toContain('VEhPVUdIV')
  }
})

it.each(WAYS)(
  'H4 a Chat client of DeepSeek that returns no reasoning has it restored (%s)',
  async (_, ask) => {
    const gateway = await world()
    gateway.simulator.enqueue(thinking, done)
    const body = request('chat', { model: 'deepseek/deepseek-reasoner', lines: question, tools })
    const { answer } = await ask(gateway, 'chat', body)
    const heard = await ask(gateway, 'chat', nextWithoutReasoning(body, answer))
    expect(heard.headers.get('x-dragoman-lane')).toBe('passthrough')
    const messages = gateway.simulator.last.body['messages'] as Wire[]
    expect(messages[1]).toMatchObject({ reasoning_content: 'THOUGHT' })
  },
)

describe.each(CLIENTS)('%s with reasoning that OpenAI sealed', (client) => {
  it('H5 may go on at another resource, which cannot read it', async () => {
    const other = await startSimulator({ account: 'another account' })
    try {
      const gateway = await startGateway({
        config: `
retries: 0
providers:
  one: { type: azure-openai, endpoint: "$UPSTREAM", apiKey: azure-key-1, protocol: responses }
  two: { type: azure-openai, endpoint: "${other.url}", apiKey: azure-key-2, protocol: responses }
models: { "*": one/gpt-5.4 }`,
      })
      for (const [, ask] of WAYS) {
        gateway.simulator.enqueue(thinking)
        const body = request(client, { model: 'one/gpt-5.4', lines: question, tools }, THINK[client])
        const { answer } = await ask(gateway, client, body)
        other.enqueue(done)
        const heard = await ask(gateway, client, { ...next(client, body, answer), model: 'two/gpt-5.4' })
        expect(heard.text).toBe('Done.')
        expect(heard.headers.get('x-dragoman-dropped')).toContain('foreign-seal')
        expect(other.last.bytes.toString()).not.toContain('VEhPVUdIV')
      }
    } finally {
      await other.close()
    }
  })
})

describe.each(CLIENTS)('%s with tools and reasoning', (client) => {
  it.each(['azure/gpt-5.4', 'azure/gpt-5.6', 'azure/gpt-6'])(
    'H6 reaches %s by itself over Responses, the effort kept',
    async (model) => {
      const gateway = await world()
      await hear(gateway, client, request(client, { model, lines: question, tools }, THINK[client]))
      expect(gateway.simulator.last.surface).toBe('azure-responses')
      expect(gateway.simulator.last.body['reasoning']).toMatchObject({ effort: 'high' })
    },
  )
})

describe('efforts', () => {
  const wish: Readonly<Record<Client, (effort: string) => Wire>> = {
    messages: (effort) => ({ thinking: { type: 'adaptive' }, output_config: { effort } }),
    chat: (reasoning_effort) => ({ reasoning_effort }),
    responses: (effort) => ({ reasoning: { effort } }),
  }
  const effortIn = (body: Wire): unknown =>
    body['reasoning_effort'] ??
    body['reasoning']?.effort ??
    body['output_config']?.effort ??
    body['generationConfig']?.thinkingConfig?.thinkingLevel ??
    body['generationConfig']?.thinkingConfig?.thinkingBudget ??
    body['thinking']?.budget_tokens

  const table = [
    ['max', 'responses/gpt-5.4', 'xhigh'],
    ['max', 'responses/gpt-5.6', 'max'],
    ['max', 'responses/gpt-5', 'high'],
    ['max', 'messages/claude-sonnet-4-6', 'max'],
    ['xhigh', 'messages/claude-sonnet-4-6', 'high'],
    ['high', 'messages/claude-opus-5-5', 'high'],
    ['high', 'messages/claude-sonnet-4-5', 16_384],
    ['max', 'gemini/gemini-3-pro', expect.stringMatching(/^high$/i)],
    ['medium', 'gemini/gemini-2.5-flash', 8192],
    ['low', 'responses/gpt-5.2', 'low'],
  ] as const

  it.each(CLIENTS.flatMap((client) => table.map((row) => [client, ...row] as const)))(
    'H7 of %s: %s reaches %s as what it takes',
    async (client, effort, model, expected) => {
      const gateway = await world()
      const body = request(client, { model, lines: question, limit: 40_000 }, wish[client](effort))
      await listen(gateway, client, body)
      expect(effortIn(gateway.simulator.last.body)).toEqual(expected)
    },
  )

  it.each([
    'messages/claude-opus-5-5',
    'messages/claude-opus-4-7',
    'responses/gpt-5.4',
    'gemini/gemini-3-pro',
  ])('H7 a thinking budget is no trouble to %s, which knows none', async (model) => {
    const gateway = await world()
    await hear(gateway, 'messages', request('messages', { model, lines: question }, BUDGET))
    expect(gateway.simulator.last.bytes.toString()).not.toMatch(/budget/i)
    expect(effortIn(gateway.simulator.last.body) ?? gateway.simulator.last.body['thinking']).toBeDefined()
  })
})

describe('Codex on Azure', () => {
  it('H8 may bring items back without ids and with null in them, after any number of tool calls', async () => {
    const gateway = await world()
    let body = request('responses', { model: UPSTREAMS.responses, lines: question, tools }, THINK.responses)
    for (const output of ['ONE', 'TWO', 'THREE']) {
      gateway.simulator.enqueue(thinking)
      const { answer } = await listen(gateway, 'responses', body)
      const items = answer.output.map(({ id: _, status: __, ...item }: Wire) =>
        item['type'] === 'reasoning' ? { ...item, content: null } : item,
      )
      body = next('responses', body, { ...answer, output: items }, output)
    }
    gateway.simulator.enqueue(done)
    expect((await listen(gateway, 'responses', body)).text).toBe('Done.')
    const sent = gateway.simulator.last.bytes.toString()
    expect(sent).not.toContain('"content":null')
    expect(sent.split('VEhPVUdIV')).toHaveLength(4)
  })

  it.each(TRANSLATED.filter(([client]) => client === 'responses'))(
    'H8 the same from %s to %s',
    async (_, upstream) => {
      const gateway = await world()
      gateway.simulator.enqueue(upstream === 'chat' ? { ...thinking, thinking: '' } : thinking)
      const body = request(
        'responses',
        { model: UPSTREAMS[upstream], lines: question, tools },
        THINK.responses,
      )
      const { answer } = await listen(gateway, 'responses', body)
      const items = answer.output.map(({ id: _, ...item }: Wire) =>
        item['type'] === 'reasoning' ? { ...item, content: null } : item,
      )
      gateway.simulator.enqueue(done)
      const heard = await listen(gateway, 'responses', next('responses', body, { ...answer, output: items }))
      expect(heard.text).toBe('Done.')
    },
  )
})
