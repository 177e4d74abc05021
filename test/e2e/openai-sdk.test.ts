import OpenAI from 'openai'
import { describe, expect, it } from 'vitest'
import { startGateway, type TestGateway } from '../support/gateway.ts'
import { pngBase64 } from '../support/png.ts'

const png = pngBase64()
const LOOK = 'Let me look at the weather over there before I say anything about it.'

const weather: OpenAI.ChatCompletionFunctionTool = {
  type: 'function',
  function: {
    name: 'get_weather',
    description: 'The weather of a city',
    parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  },
}

const client = (gateway: TestGateway) =>
  new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: 'any', maxRetries: 0 })

const targets = [
  ['foundry/claude-sonnet-4-5', 'translate'],
  ['claude/claude-sonnet-4-5', 'translate'],
  ['gemini/gemini-3-pro', 'translate'],
  ['azure/gpt-4.1', 'passthrough'],
  ['dated/gpt-4.1', 'passthrough'],
] as const

describe.each(targets)('the OpenAI SDK to %s (%s)', (model, lane) => {
  it('gets a whole answer', async () => {
    const gateway = await startGateway()
    gateway.simulator.enqueue({ text: 'Grüße, 世界 👋' })
    const { data, response } = await client(gateway)
      .chat.completions.create({
        model,
        messages: [
          { role: 'system', content: 'Be kind.' },
          { role: 'user', content: 'Hello' },
        ],
      })
      .withResponse()
    expect(data.object).toBe('chat.completion')
    expect(data.id).toMatch(/^chatcmpl-/)
    expect(data.created).toBeGreaterThan(1_700_000_000)
    expect(data.choices).toMatchObject([
      {
        index: 0,
        finish_reason: 'stop',
        message: { role: 'assistant', content: 'Grüße, 世界 👋', refusal: null },
      },
    ])
    expect(data.usage?.total_tokens).toBeGreaterThan(0)
    expect(response.headers.get('x-dragoman-lane')).toBe(lane)
    expect(JSON.stringify(gateway.simulator.last.body)).toContain('Be kind.')
  })

  it('streams text and a tool call, and its result comes back', async () => {
    const gateway = await startGateway()
    gateway.simulator.enqueue(
      { text: LOOK, toolCalls: [{ name: 'get_weather', input: { city: 'Zürich' } }] },
      { text: 'It is 21 degrees.' },
    )
    const question = { role: 'user', content: 'How is the weather?' } as const
    const stream = client(gateway).chat.completions.stream({
      model,
      tools: [weather],
      messages: [question],
      stream_options: { include_usage: true },
    })
    const ids = new Set<string>()
    let pieces = 0
    stream.on('chunk', (chunk) => void ids.add(chunk.id)).on('content', () => void pieces++)
    const first = await stream.finalChatCompletion()
    expect(pieces).toBeGreaterThan(1)
    expect([...ids].filter((id) => id !== '')).toHaveLength(1)
    expect(first.usage?.completion_tokens).toBeGreaterThan(0)
    const [choice] = first.choices
    expect(choice?.finish_reason).toBe('tool_calls')
    const [call] = choice?.message.tool_calls ?? []
    expect(call).toMatchObject({ type: 'function', function: { name: 'get_weather' } })
    expect(call?.type === 'function' && JSON.parse(call.function.arguments)).toEqual({ city: 'Zürich' })
    const second = await client(gateway).chat.completions.create({
      model,
      tools: [weather],
      messages: [
        question,
        {
          role: 'assistant',
          content: LOOK,
          tool_calls: [call as OpenAI.ChatCompletionMessageFunctionToolCall],
        },
        { role: 'tool', tool_call_id: call?.id ?? '', content: '21 °C' },
      ],
    })
    expect(second.choices[0]?.message.content).toBe('It is 21 degrees.')
    expect(JSON.stringify(gateway.simulator.last.body)).toContain('21 °C')
  })

  it('streams parallel tool calls, each whole', async () => {
    const gateway = await startGateway()
    gateway.simulator.enqueue({
      toolCalls: [
        { name: 'get_weather', input: { city: 'Bern' } },
        { name: 'get_weather', input: { city: 'Basel' } },
        { name: 'get_weather', input: {} },
      ],
      faults: { chunkBytes: 5 },
    })
    const { choices } = await client(gateway)
      .chat.completions.stream({ model, tools: [weather], messages: [{ role: 'user', content: 'Both' }] })
      .finalChatCompletion()
    const inputs = choices[0]?.message.tool_calls?.map(
      (call) => call.type === 'function' && JSON.parse(call.function.arguments),
    )
    expect(inputs).toEqual([{ city: 'Bern' }, { city: 'Basel' }, {}])
  })

  it('sends images, bytes intact', async () => {
    const gateway = await startGateway()
    await client(gateway).chat.completions.create({
      model,
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'What is this?' },
            { type: 'image_url', image_url: { url: `data:image/png;base64,${png}` } },
          ],
        },
      ],
    })
    expect(JSON.stringify(gateway.simulator.last.body)).toContain(png)
  })
})

describe('reasoning through the OpenAI SDK', () => {
  it('comes from Claude as reasoning_content', async () => {
    const gateway = await startGateway()
    gateway.simulator.enqueue({ thinking: 'Let me think.', text: 'Done.' })
    const { choices } = await client(gateway).chat.completions.create({
      model: 'foundry/claude-sonnet-4-5',
      reasoning_effort: 'high',
      messages: [{ role: 'user', content: 'Hi' }],
    })
    expect(choices[0]?.message).toMatchObject({ content: 'Done.', reasoning_content: 'Let me think.' })
    expect(gateway.simulator.last.body['thinking']).toMatchObject({ type: 'enabled' })
  })
})

describe('a model whose Chat API refuses tools with reasoning', () => {
  it('is reached over Responses by itself', async () => {
    const gateway = await startGateway()
    gateway.simulator.enqueue({ toolCalls: [{ name: 'get_weather', input: { city: 'Bern' } }] })
    const { choices } = await client(gateway).chat.completions.create({
      model: 'azure/gpt-5.4',
      tools: [weather],
      messages: [{ role: 'user', content: 'Weather?' }],
    })
    expect(choices[0]?.message.tool_calls).toHaveLength(1)
    expect(gateway.simulator.last.path).toBe('/openai/v1/responses')
  })
})

describe('models', () => {
  it('are listed for both SDKs', async () => {
    const gateway = await startGateway()
    const page = await client(gateway).models.list()
    expect(page.data.map((model) => model.id)).toContain('azure/gpt-5.2')
    expect((await client(gateway).models.retrieve('claude-opus-5-5')).id).toBe('claude-opus-5-5')
  })
})
