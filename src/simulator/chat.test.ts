import OpenAI, { AzureOpenAI } from 'openai'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { startSimulator } from './simulator.ts'
import type { Simulator } from './simulator.ts'

const weather = {
  type: 'function' as const,
  function: {
    name: 'get_weather',
    description: 'Weather of a city',
    parameters: {
      type: 'object',
      properties: { city: { type: 'string' }, days: { type: 'integer' } },
      required: ['city', 'days'],
    },
  },
}
const question = { role: 'user' as const, content: 'What is the weather in Paris?' }
const anError = async (call: Promise<unknown>): Promise<any> =>
  call.then(
    () => undefined,
    (error: unknown) => error,
  )

let simulator: Simulator
let openai: OpenAI
let azure: OpenAI
let dated: AzureOpenAI

const frames = async (client: OpenAI) => {
  simulator.enqueue({ text: 'naïve 🙂 text\n\n  with space' })
  const chunks = []
  const stream = await client.chat.completions.create({
    model: 'gpt-4o',
    messages: [question],
    stream: true,
  })
  for await (const chunk of stream) chunks.push(chunk as any)
  return chunks
}

beforeAll(async () => {
  simulator = await startSimulator({
    keys: ['right-key'],
    deployments: {
      'gpt-big': 'gpt-5.2',
      'gpt-4o': 'gpt-4o',
      'o4-mini': 'o4-mini',
      'gpt-5.6': 'gpt-5.6',
      tiny: { model: 'gpt-4o', contextWindow: 50 },
    },
  })
  const options = { apiKey: 'right-key', maxRetries: 0 }
  openai = new OpenAI({ ...options, baseURL: `${simulator.url}/v1` })
  azure = new OpenAI({
    ...options,
    baseURL: `${simulator.url}/openai/v1`,
    defaultHeaders: { 'api-key': 'right-key' },
  })
  dated = new AzureOpenAI({ ...options, endpoint: simulator.url, apiVersion: '2024-10-21' })
})
beforeEach(() => simulator.reset())
afterAll(() => simulator.close())

describe('the OpenAI SDK reads what the simulator says', () => {
  test('a text, whole', async () => {
    const answer = await openai.chat.completions.create({ model: 'gpt-4o', messages: [question] })
    expect(answer.choices[0]?.message.content).toMatch(/^\[simulated\] .*What is the weather in Paris\?/)
    expect(answer.choices[0]?.finish_reason).toBe('stop')
    expect(answer.usage?.total_tokens).toBe(answer.usage!.prompt_tokens + answer.usage!.completion_tokens)
  })

  test.each(['azure v1', 'azure dated', 'openai'])('a tool call, streamed: %s', async (which) => {
    const client = { 'azure v1': azure, 'azure dated': dated, openai }[which]!
    const stream = client.chat.completions.stream({
      model: 'gpt-big',
      messages: [question],
      tools: [weather],
      stream_options: { include_usage: true },
    })
    const answer = await stream.finalChatCompletion()
    const call = answer.choices[0]?.message.tool_calls?.[0]
    expect(call).toMatchObject({ function: { name: 'get_weather', arguments: '{"city":"Paris","days":1}' } })
    expect(answer.choices[0]?.finish_reason).toBe('tool_calls')
    expect(answer.usage?.completion_tokens).toBeGreaterThan(0)
  })

  test('the turn with the tool result, which it tells again', async () => {
    const answer = await azure.chat.completions.create({
      model: 'gpt-big',
      tools: [weather],
      messages: [
        question,
        {
          role: 'assistant',
          content: null,
          tool_calls: [
            { id: 'call_1', type: 'function', function: { name: 'get_weather', arguments: '{}' } },
          ],
        },
        { role: 'tool', tool_call_id: 'call_1', content: '21 degrees' },
      ],
    })
    expect(answer.choices[0]?.message.content).toBe('[simulated] The tool get_weather returned “21 degrees”.')
  })

  test('parallel calls, interleaved on the wire', async () => {
    simulator.enqueue({
      toolCalls: [
        { name: 'get_weather', input: { city: 'Oslo', days: 1 } },
        { name: 'get_weather', input: { city: 'Rome', days: 2 } },
      ],
      faults: { interleaveToolCalls: true },
    })
    const answer = await openai.chat.completions
      .stream({ model: 'gpt-4o', messages: [question], tools: [weather] })
      .finalChatCompletion()
    const cities = answer.choices[0]?.message.tool_calls?.map(
      (call: any) => JSON.parse(call.function.arguments).city,
    )
    expect(cities).toEqual(['Oslo', 'Rome'])
  })

  test('several choices, a refusal, an output schema and a cut answer', async () => {
    const two = await openai.chat.completions.create({ model: 'gpt-4o', messages: [question], n: 2 })
    expect(two.choices.map((choice) => choice.index)).toEqual([0, 1])

    simulator.enqueue({ refusal: 'I will not.' })
    const refused = await openai.chat.completions
      .stream({ model: 'gpt-4o', messages: [question] })
      .finalChatCompletion()
    expect(refused.choices[0]?.message).toMatchObject({ content: null, refusal: 'I will not.' })

    const schema = { type: 'object', properties: { title: { type: 'string' } }, required: ['title'] }
    const titled = await openai.chat.completions.create({
      model: 'gpt-4o',
      messages: [question],
      response_format: { type: 'json_schema', json_schema: { name: 'title', schema } },
    })
    expect(JSON.parse(titled.choices[0]!.message.content!)).toEqual({ title: 'simulated' })

    const cut = await openai.chat.completions.create({
      model: 'gpt-4o',
      messages: [{ role: 'user', content: 'Count to 500' }],
      max_tokens: 10,
    })
    expect(cut.choices[0]?.finish_reason).toBe('length')
    expect(cut.usage?.completion_tokens).toBe(10)
  })

  test('deltas that join to the text, in the frames of each vendor', async () => {
    const plain = await frames(openai)
    const fromAzure = await frames(azure)
    for (const chunks of [plain, fromAzure]) {
      expect(chunks.map((chunk) => chunk.choices[0]?.delta?.content ?? '').join('')).toBe(
        'naïve 🙂 text\n\n  with space',
      )
      expect(chunks.filter((chunk) => chunk.usage)).toEqual([])
    }
    expect(plain[0].choices[0].delta.role).toBe('assistant')
    expect(fromAzure[0]).toMatchObject({ choices: [], id: '', prompt_filter_results: [{ prompt_index: 0 }] })
    expect(fromAzure[2].choices[0].content_filter_results.violence.filtered).toBe(false)
  })

  test('reasoning, from a server that imitates OpenAI', async () => {
    const imitation = new OpenAI({ apiKey: 'none', baseURL: `${simulator.url}/compatible/v1`, maxRetries: 0 })
    simulator.enqueue({ thinking: 'Hm.', text: 'Yes.' })
    const answer: any = await imitation.chat.completions.create({ model: 'deepseek', messages: [question] })
    expect(answer.choices[0].message).toMatchObject({ content: 'Yes.', reasoning_content: 'Hm.' })
  })
})

describe('it refuses what the vendor refuses', () => {
  const call = { id: 'call_1', type: 'function' as const, function: { name: 'get_weather', arguments: '{}' } }
  const longId = { ...call, id: 'x'.repeat(41) }
  test.each<[string, any, string | RegExp]>([
    [
      'an unanswered call',
      { messages: [question, { role: 'assistant', content: null, tool_calls: [call] }, question] },
      /tool_call_ids did not have response messages: call_1/,
    ],
    [
      'a result without its call',
      { messages: [question, { role: 'tool', tool_call_id: 'call_1', content: 'x' }] },
      /must be a response to a preceeding message with 'tool_calls'/,
    ],
    [
      'an unknown role',
      { messages: [{ role: 'robot', content: 'x' }] },
      /Invalid value: 'robot'\. Supported values are: .*, and 'developer'/,
    ],
    [
      'a call id of more than 40 characters',
      {
        messages: [
          question,
          { role: 'assistant', tool_calls: [longId] },
          { role: 'tool', tool_call_id: longId.id, content: 'x' },
        ],
      },
      /maximum length 40/,
    ],
    [
      'a long tool name',
      { tools: [{ ...weather, function: { ...weather.function, name: 'x'.repeat(65) } }] },
      /maximum length 64/,
    ],
    [
      'an illegal tool name',
      { tools: [{ ...weather, function: { ...weather.function, name: 'a.b' } }] },
      /does not match pattern/,
    ],
    [
      'a schema without properties',
      { tools: [{ ...weather, function: { name: 'x', parameters: { type: 'object' } } }] },
      /object schema missing properties/,
    ],
    [
      'a strict schema that is open',
      { tools: [{ ...weather, function: { ...weather.function, strict: true } }] },
      /'additionalProperties' is required/,
    ],
    ['a choice without tools', { tool_choice: 'auto' }, /only allowed when 'tools' are specified/],
    ['an unknown parameter', { top_k: 5 }, 'Unrecognized request argument supplied: top_k'],
    [
      'a cache mark',
      {
        messages: [
          { role: 'user', content: [{ type: 'text', text: 'x', cache_control: { type: 'ephemeral' } }] },
        ],
      },
      /Unknown parameter: 'messages\[0\]\.content\[0\]\.cache_control'/,
    ],
    [
      'an image without URL',
      { messages: [{ role: 'user', content: [{ type: 'image_url' }] }] },
      /Missing required parameter: 'messages\[0\]\.content\[0\]\.image_url'/,
    ],
    [
      'an image in a tool result',
      {
        messages: [
          question,
          { role: 'assistant', tool_calls: [call] },
          {
            role: 'tool',
            tool_call_id: 'call_1',
            content: [{ type: 'image_url', image_url: { url: 'https://example.com/x.png' } }],
          },
        ],
      },
      /Image URLs are only allowed for messages with role 'user'/,
    ],
    ['null content', { messages: [{ role: 'user', content: null }] }, /expected a string, got null/],
    ['five stop sequences', { stop: ['a', 'b', 'c', 'd', 'e'] }, /maximum length 4/],
    [
      'json_object without the word',
      { response_format: { type: 'json_object' } },
      /must contain the word 'json'/,
    ],
    [
      'stream options without a stream',
      { stream_options: { include_usage: true } },
      /only allowed when 'stream' is enabled/,
    ],
    ['too many tokens', { max_tokens: 20_000 }, /max_tokens is too large: 20000/],
    [
      'effort for a model that has none',
      { reasoning_effort: 'low' },
      /Unrecognized request argument supplied: reasoning_effort/,
    ],
    [
      'max_tokens for a reasoning model',
      { model: 'gpt-big', max_tokens: 100 },
      /Use 'max_completion_tokens' instead/,
    ],
    [
      'temperature while reasoning',
      { model: 'gpt-big', reasoning_effort: 'low', temperature: 0 },
      /'temperature' does not support 0 with this model/,
    ],
    [
      'stop for an o-series model',
      { model: 'o4-mini', stop: 'x' },
      /'stop' is not supported with this model/,
    ],
    [
      'tools with reasoning where only Responses takes both',
      { model: 'gpt-5.6', reasoning_effort: 'low', tools: [weather] },
      /use \/v1\/responses/,
    ],
    [
      'a prompt beyond the window',
      { model: 'tiny', messages: [{ role: 'user', content: 'x'.repeat(400) }] },
      /maximum context length is 50 tokens/,
    ],
  ])('%s', async (_what, change, message) => {
    for (const client of [openai, azure]) {
      const error = await anError(
        client.chat.completions.create({ model: 'gpt-4o', messages: [question], ...change }),
      )
      expect(error).toMatchObject({ status: 400 })
      expect(error.error.message).toMatch(message)
    }
    expect(simulator.requests.map((request) => request.status)).toEqual([400, 400])
  })

  test('a file on Azure Chat, which OpenAI takes', async () => {
    const file = { filename: 'a.pdf', file_data: 'data:application/pdf;base64,JVBERi0=' }
    const body = {
      model: 'gpt-4o',
      messages: [{ role: 'user' as const, content: [{ type: 'file' as const, file }] }],
    }
    const answer = await openai.chat.completions.create(body)
    expect(answer.choices[0]?.message.content).toContain('1 document (application/pdf, 5 bytes)')
    expect(await anError(azure.chat.completions.create(body))).toMatchObject({ status: 400 })
  })

  test('wrong keys and unknown deployments, in the words of each vendor', async () => {
    const body = { model: 'gpt-4o', messages: [question] }
    const stranger = { apiKey: 'wrong', maxRetries: 0 }
    const atOpenAi = await anError(
      new OpenAI({ ...stranger, baseURL: `${simulator.url}/v1` }).chat.completions.create(body),
    )
    expect(atOpenAi).toMatchObject({ status: 401, code: 'invalid_api_key' })
    const atAzure = await anError(
      new AzureOpenAI({
        ...stranger,
        endpoint: simulator.url,
        apiVersion: '2024-10-21',
      }).chat.completions.create(body),
    )
    expect(atAzure).toMatchObject({ status: 401, code: '401' })
    const unknown = { model: 'nowhere', messages: [question] }
    expect(await anError(dated.chat.completions.create(unknown))).toMatchObject({
      status: 404,
      code: 'DeploymentNotFound',
    })
    expect(await anError(openai.chat.completions.create(unknown))).toMatchObject({
      status: 404,
      code: 'model_not_found',
    })
  })
})
