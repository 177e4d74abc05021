import Anthropic from '@anthropic-ai/sdk'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { startSimulator } from './simulator.ts'
import type { Simulator } from './simulator.ts'

const tools: any[] = [
  {
    name: 'get_weather',
    input_schema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  },
  {
    name: 'Bash',
    input_schema: {
      type: 'object',
      properties: { command: { type: 'string' }, description: { type: 'string' } },
      required: ['command'],
    },
  },
]
const question = { role: 'user' as const, content: 'What is the weather in Paris?' }
const use = { type: 'tool_use', id: 'toolu_1', name: 'get_weather', input: {} }
const result = { type: 'tool_result', tool_use_id: 'toolu_1', content: 'rain' }
const user = (...content: any[]) => ({ role: 'user', content })
const assistant = (...content: any[]) => ({ role: 'assistant', content })
const text = (words: string) => ({ type: 'text', text: words })
const told = (message: Anthropic.Message) =>
  message.content.map((block) =>
    block.type === 'tool_use' ? { ...block, id: '', caller: undefined } : block,
  )
const anError = async (call: Promise<unknown>): Promise<any> =>
  call.then(
    () => undefined,
    (error: unknown) => error,
  )

let simulator: Simulator
let api: Anthropic
let foundry: Anthropic

beforeAll(async () => {
  simulator = await startSimulator({
    keys: ['right-key'],
    // Under names of their own, so that the SDK does not warn of models that retire.
    deployments: {
      sonnet: 'claude-sonnet-4-5',
      'sonnet-4-6': 'claude-sonnet-4-6',
      'opus-4-6': 'claude-opus-4-6',
      'opus-5': 'claude-opus-5',
    },
  })
  const options = {
    apiKey: 'right-key',
    maxRetries: 0,
    defaultHeaders: { 'anthropic-version': '2023-06-01' },
  }
  api = new Anthropic({ ...options, baseURL: simulator.url })
  foundry = new Anthropic({ ...options, baseURL: `${simulator.url}/anthropic` })
})
beforeEach(() => simulator.reset())
afterAll(() => simulator.close())

describe('the Anthropic SDK reads what the simulator says', () => {
  test.each(['foundry', 'api'])(
    'thinking and a tool call, streamed, and back with the result: %s',
    async (which) => {
      const client = which === 'api' ? api : foundry
      const body = {
        model: 'sonnet',
        max_tokens: 4000,
        tools,
        thinking: { type: 'enabled' as const, budget_tokens: 2000 },
      }
      const first = await client.messages.stream({ ...body, messages: [question] }).finalMessage()
      expect(first.stop_reason).toBe('tool_use')
      expect(first.content.map((block) => block.type)).toEqual(['thinking', 'tool_use'])
      const call = first.content[1] as Anthropic.ToolUseBlock
      expect(call.input).toEqual({ city: 'Paris' })
      expect(first.usage.output_tokens_details?.thinking_tokens).toBeGreaterThan(0)

      const result = { type: 'tool_result' as const, tool_use_id: call.id, content: 'rain' }
      const second = await client.messages.create({
        ...body,
        messages: [
          question,
          { role: 'assistant', content: first.content },
          { role: 'user', content: [result] },
        ],
      })
      expect(second.content.at(-1)).toMatchObject({
        text: '[simulated] The tool get_weather returned “rain”.',
      })
    },
  )

  test('the whole and the streamed answer, which are the same', async () => {
    const body = {
      model: 'opus-4-6',
      max_tokens: 500,
      messages: [question],
      tools,
      thinking: { type: 'adaptive' as const },
    }
    const whole = await api.messages.create(body)
    const streamed = await api.messages.stream(body).finalMessage()
    expect(told(streamed)).toEqual(told(whole))
    expect(streamed.usage.output_tokens).toBe(whole.usage.output_tokens)
  })

  test('a stop sequence, a limit, a schema, a refusal, redacted and hidden thinking', async () => {
    const body = { model: 'sonnet-4-6', max_tokens: 500 }
    const count = [{ role: 'user' as const, content: 'Count to 90' }]
    const stopped = await api.messages.create({ ...body, messages: count, stop_sequences: [' 7'] })
    expect(stopped).toMatchObject({ stop_reason: 'stop_sequence', stop_sequence: ' 7' })
    const limited = await api.messages.create({ ...body, messages: count, max_tokens: 5 })
    expect(limited).toMatchObject({ stop_reason: 'max_tokens', usage: { output_tokens: 5 } })

    const schema = {
      type: 'object',
      properties: { ok: { type: 'boolean' } },
      required: ['ok'],
      additionalProperties: false,
    }
    const formed = await api.messages.create({
      ...body,
      messages: count,
      output_config: { format: { type: 'json_schema', schema } },
    })
    expect(formed.content).toMatchObject([{ type: 'text', text: '{"ok":true}' }])

    simulator.enqueue({ refusal: 'No.' }, { parts: [{ redactedThinking: 'secret' }, { text: 'Done.' }] })
    expect(await api.messages.stream({ ...body, messages: count }).finalMessage()).toMatchObject({
      stop_reason: 'refusal',
    })
    const redacted = await api.messages.stream({ ...body, messages: count }).finalMessage()
    const again = {
      ...body,
      messages: [...count, { role: 'assistant' as const, content: redacted.content }, ...count],
    }
    expect((await api.messages.create(again)).stop_reason).toBe('end_turn')

    const hidden = await api.messages
      .stream({ ...body, messages: count, thinking: { type: 'adaptive', display: 'omitted' } })
      .finalMessage()
    expect(hidden.content[0]).toMatchObject({ type: 'thinking', thinking: '' })
    const replay = {
      ...body,
      messages: [...count, { role: 'assistant' as const, content: hidden.content }, ...count],
    }
    expect((await api.messages.create(replay)).stop_reason).toBe('end_turn')
  })

  test('a count of tokens, and a command for Bash', async () => {
    const counted = await foundry.messages.countTokens({
      model: 'sonnet',
      messages: [question],
      tools,
    })
    expect(counted.input_tokens).toBeGreaterThan(10)
    const answer = await foundry.messages.create({
      model: 'sonnet',
      max_tokens: 500,
      tools,
      messages: [{ role: 'user', content: 'Run the command `echo hi` with Bash' }],
    })
    expect(answer.content).toMatchObject([
      { name: 'Bash', input: { command: 'echo hi', description: 'Runs echo hi' } },
    ])
  })
})

describe('it refuses what the vendor refuses', () => {
  test.each<[string, any, string | RegExp]>([
    ['no limit', { max_tokens: undefined }, 'max_tokens: Field required'],
    [
      'a limit beyond the model',
      { max_tokens: 100_000, stream: true },
      /maximum allowed number of output tokens for claude-sonnet-4-5/,
    ],
    ['no message', { messages: [] }, 'messages: at least one message is required'],
    ['an assistant first', { messages: [assistant(text('hi'))] }, /first message must use the "user" role/],
    [
      'an unknown role',
      { messages: [{ role: 'tool', content: 'x' }] },
      "messages.0.role: Input should be 'user' or 'assistant'",
    ],
    ['a system turn', { messages: [question, { role: 'system', content: 'x' }] }, /Unexpected role "system"/],
    ['an empty text', { messages: [user(text(''))] }, 'messages: text content blocks must be non-empty'],
    [
      'blank text in the system prompt',
      { system: [text(' \n')] },
      'system: text content blocks must contain non-whitespace text',
    ],
    [
      'an unanswered call',
      { tools, messages: [question, assistant(use), question] },
      /^messages\.1: `tool_use` ids were found without `tool_result` blocks immediately after: toolu_1/,
    ],
    [
      'text before a result',
      { tools, messages: [question, assistant(use), user(text('so'), result)] },
      /without `tool_result` blocks immediately after/,
    ],
    [
      'a result of no call',
      { tools, messages: [user(result)] },
      /unexpected `tool_use_id` found in `tool_result` blocks: toolu_1/,
    ],
    [
      'the same id twice',
      { tools, messages: [question, assistant(use, use), user(result)] },
      /`tool_use` ids must be unique/,
    ],
    ['tool turns without tools', { messages: [question, assistant(use), user(result)] }, /must define tools/],
    [
      'an input that is text',
      { tools, messages: [question, assistant({ ...use, input: '{}' }), user(result)] },
      /tool_use\.input: Input should be a valid dictionary/,
    ],
    [
      'an id that is no name',
      {
        tools,
        messages: [question, assistant({ ...use, id: 'a|b' }), user({ ...result, tool_use_id: 'a|b' })],
      },
      /String should match pattern/,
    ],
    [
      'forged thinking',
      {
        messages: [
          question,
          assistant({ type: 'thinking', thinking: 'hm', signature: 'abc' }, text('x')),
          question,
        ],
      },
      'messages.1.content.0: Invalid `signature` in `thinking` block',
    ],
    [
      'unsigned thinking',
      { messages: [question, assistant({ type: 'thinking', thinking: 'hm' }), question] },
      /signature: Field required/,
    ],
    ['an unknown field', { top_secret: 1 }, 'top_secret: Extra inputs are not permitted'],
    [
      'a beta field without its beta',
      { context_management: { edits: [] } },
      'context_management: Extra inputs are not permitted',
    ],
    [
      'an unknown field of a block',
      { messages: [user({ ...text('x'), id: 1 })] },
      'messages.0.content.0.text.id: Extra inputs are not permitted',
    ],
    [
      'an unknown field of a tool',
      { tools: [{ ...tools[0], parameters: {} }] },
      'tools.0.custom.parameters: Extra inputs are not permitted',
    ],
    [
      'an illegal tool name',
      { tools: [{ ...tools[0], name: 'a.b' }] },
      /tools\.0\.custom\.name: String should match pattern/,
    ],
    ['two tools of one name', { tools: [tools[0], tools[0]] }, 'tools: Tool names must be unique.'],
    [
      'a schema without type',
      { tools: [{ name: 'x', input_schema: {} }] },
      'tools.0.custom.input_schema.type: Field required',
    ],
    [
      'a choice without tools',
      { tool_choice: { type: 'auto' } },
      /may only be specified while providing tools/,
    ],
    [
      'a forced tool while thinking',
      {
        tools,
        tool_choice: { type: 'any' },
        max_tokens: 4000,
        thinking: { type: 'enabled', budget_tokens: 2000 },
      },
      'Thinking may not be enabled when tool_choice forces tool use.',
    ],
    [
      'a small budget',
      { thinking: { type: 'enabled', budget_tokens: 1000 } },
      /greater than or equal to 1024/,
    ],
    [
      'a budget beyond the limit',
      { thinking: { type: 'enabled', budget_tokens: 2000 } },
      /`max_tokens` must be greater than `thinking.budget_tokens`/,
    ],
    [
      'a loop that lost its thinking',
      {
        tools,
        max_tokens: 4000,
        thinking: { type: 'enabled', budget_tokens: 2000 },
        messages: [question, assistant(use), user(result)],
      },
      /Expected `thinking` or `redacted_thinking`, but found `tool_use`/,
    ],
    [
      'adaptive thinking of an old model',
      { thinking: { type: 'adaptive' } },
      'adaptive thinking is not supported on this model',
    ],
    [
      'a budget of a new model',
      { model: 'opus-5', max_tokens: 4000, thinking: { type: 'enabled', budget_tokens: 2000 } },
      /"thinking\.type\.enabled" is not supported/,
    ],
    ['temperature and top_p', { temperature: 0.5, top_p: 0.5 }, /cannot both be specified/],
    [
      'temperature of a new model',
      { model: 'opus-5', temperature: 0 },
      '`temperature` is deprecated for this model.',
    ],
    [
      'prefill of a new model',
      { model: 'opus-5', messages: [question, assistant(text('It'))] },
      /does not support assistant message prefill/,
    ],
    [
      'an unknown effort',
      { model: 'opus-4-6', output_config: { effort: 'xhigh' } },
      /does not support effort level 'xhigh'\. Supported levels: high, low, max, medium\./,
    ],
    [
      'an open output schema',
      { output_config: { format: { type: 'json_schema', schema: { type: 'object' } } } },
      /'additionalProperties' must be explicitly set to false/,
    ],
    [
      'an image of another type',
      {
        messages: [
          user({ type: 'image', source: { type: 'base64', media_type: 'image/jpeg', data: 'iVBORw0KGgo=' } }),
        ],
      },
      /appears to be a image\/png image/,
    ],
    [
      'a fifth cache mark',
      { system: Array.from({ length: 5 }, () => ({ ...text('x'), cache_control: { type: 'ephemeral' } })) },
      /A maximum of 4 blocks with cache_control may be provided\. Found 5/,
    ],
  ])('%s', async (_what, change, message) => {
    const error = await anError(
      foundry.messages.create({
        model: 'sonnet',
        max_tokens: 500,
        messages: [question],
        ...change,
      }),
    )
    expect(error).toMatchObject({ status: 400, type: 'invalid_request_error' })
    expect(error.error.error.message).toMatch(message)
  })

  test('a missing version, a wrong key, and thinking of another account', async () => {
    const post = (path: string, headers: Record<string, string>) =>
      fetch(`${simulator.url}${path}`, {
        method: 'POST',
        headers,
        body: JSON.stringify({ model: 'sonnet', max_tokens: 5, messages: [question] }),
      })
    const unversioned = await post('/v1/messages', { 'x-api-key': 'right-key' })
    expect([unversioned.status, await unversioned.text()]).toEqual([
      400,
      expect.stringContaining('anthropic-version: header is required'),
    ])
    const atApi = await post('/v1/messages', { 'x-api-key': 'wrong' })
    expect([atApi.status, await atApi.text()]).toEqual([401, expect.stringContaining('authentication_error')])
    const atFoundry = await post('/anthropic/v1/messages', { 'api-key': 'wrong' })
    expect([atFoundry.status, await atFoundry.text()]).toEqual([401, expect.stringContaining('"code":"401"')])

    const other = await startSimulator({ account: 'other', deployments: { sonnet: 'claude-sonnet-4-5' } })
    const body = {
      model: 'sonnet',
      max_tokens: 4000,
      thinking: { type: 'enabled' as const, budget_tokens: 2000 },
    }
    const there = await new Anthropic({ apiKey: 'x', baseURL: other.url }).messages.create({
      ...body,
      messages: [question],
    })
    await other.close()
    const error = await anError(
      api.messages.create({
        ...body,
        messages: [question, { role: 'assistant', content: there.content }, question],
      }),
    )
    expect(error.error.error.message).toBe('messages.1.content.0: Invalid `signature` in `thinking` block')
  })

  test('system turns are taken from the models and hosts that take them', async () => {
    const messages: any[] = [question, { role: 'system', content: 'Be brief.' }]
    const body = { model: 'opus-5', max_tokens: 100, messages }
    expect((await api.messages.create(body)).stop_reason).toBe('end_turn')
    expect(await anError(foundry.messages.create(body))).toMatchObject({ status: 400 })
  })
})
