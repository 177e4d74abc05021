import Anthropic from '@anthropic-ai/sdk'
import { describe, expect, it } from 'vitest'
import { startGateway, type TestGateway } from '../support/gateway.ts'
import { pngBase64 } from '../support/png.ts'

const png = pngBase64()
const LOOK = 'Let me look at the weather over there before I say anything about it.'

const weather: Anthropic.Tool = {
  name: 'get_weather',
  description: 'The weather of a city',
  input_schema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
}

const client = (gateway: TestGateway) => new Anthropic({ baseURL: gateway.url, apiKey: 'any', maxRetries: 0 })

/** Two lanes and two Azure APIs behind one client protocol. */
const targets = [
  ['azure/gpt-4.1', 'translate'],
  ['dated/gpt-4.1', 'translate'],
  ['azure/gpt-5.4', 'translate'],
  ['gemini/gemini-3-pro', 'translate'],
  ['gemini/gemini-2.5-pro', 'translate'],
  ['foundry/claude-sonnet-4-5', 'passthrough'],
  ['claude/claude-sonnet-4-5', 'passthrough'],
] as const

describe.each(targets)('the Anthropic SDK to %s (%s)', (model, lane) => {
  it('gets a whole answer', async () => {
    const gateway = await startGateway()
    gateway.simulator.enqueue({ text: 'Grüße, 世界 👋' })
    const { data, response } = await client(gateway)
      .messages.create({ model, max_tokens: 200, messages: [{ role: 'user', content: 'Hello' }] })
      .withResponse()
    expect(data).toMatchObject({
      type: 'message',
      role: 'assistant',
      content: [{ type: 'text', text: 'Grüße, 世界 👋' }],
      stop_reason: 'end_turn',
      stop_sequence: null,
    })
    expect(data.id).toMatch(/^msg_/)
    expect(data.usage.input_tokens).toBeGreaterThan(0)
    expect(data.usage.output_tokens).toBeGreaterThan(0)
    expect(response.headers.get('x-dragoman-lane')).toBe(lane)
    expect(response.headers.get('x-dragoman-target')).toBe(model)
    expect(response.headers.get('x-dragoman-dropped')).toBeNull()
    expect(response.headers.get('server-timing')).toMatch(/gateway;dur=.*upstream;dur=/)
  })

  it('streams text and a tool call, and its result comes back', async () => {
    const gateway = await startGateway()
    gateway.simulator.enqueue(
      {
        text: LOOK,
        toolCalls: [{ name: 'get_weather', input: { city: 'Zürich', note: 'a "quoted" \\ path' } }],
      },
      { text: 'It is 21 degrees.' },
    )
    const question = { role: 'user', content: 'How is the weather?' } as const
    const request = { model, max_tokens: 500, tools: [weather], messages: [question] }
    const pieces: string[] = []
    const stream = client(gateway)
      .messages.stream(request)
      .on('text', (text) => pieces.push(text))
    const first = await stream.finalMessage()
    expect(pieces.length).toBeGreaterThan(1)
    expect(first.stop_reason).toBe('tool_use')
    expect(first.content).toMatchObject([
      { type: 'text', text: LOOK },
      { type: 'tool_use', name: 'get_weather', input: { city: 'Zürich', note: 'a "quoted" \\ path' } },
    ])
    const call = first.content.find((block) => block.type === 'tool_use')
    const second = await client(gateway)
      .messages.stream({
        ...request,
        messages: [
          question,
          { role: 'assistant', content: first.content as Anthropic.ContentBlockParam[] },
          {
            role: 'user',
            content: [
              { type: 'tool_result', tool_use_id: call?.id ?? '', content: '21 °C' },
              { type: 'text', text: 'Go on.' },
            ],
          },
        ],
      })
      .finalMessage()
    expect(second.content).toMatchObject([{ type: 'text', text: 'It is 21 degrees.' }])
    const sent = JSON.stringify(gateway.simulator.last.body)
    expect(sent).toContain('21 °C')
    expect(sent).toContain('Go on.')
  })

  it('streams parallel tool calls, each whole', async () => {
    const gateway = await startGateway()
    gateway.simulator.enqueue({
      toolCalls: [
        { name: 'get_weather', input: { city: 'Bern' } },
        { name: 'get_weather', input: { city: 'Basel' } },
        { name: 'get_weather', input: {} },
      ],
      faults: { interleaveToolCalls: true, chunkBytes: 7 },
    })
    const { content } = await client(gateway)
      .messages.stream({
        model,
        max_tokens: 500,
        tools: [weather],
        messages: [{ role: 'user', content: 'Both' }],
      })
      .finalMessage()
    expect(content).toMatchObject([
      { type: 'tool_use', input: { city: 'Bern' } },
      { type: 'tool_use', input: { city: 'Basel' } },
      { type: 'tool_use', input: {} },
    ])
  })

  it('sends images, also inside tool results, bytes intact', async () => {
    const gateway = await startGateway()
    const image = {
      type: 'image',
      source: { type: 'base64', media_type: 'image/png', data: png },
    } as const
    await client(gateway).messages.create({
      model,
      max_tokens: 100,
      tools: [weather],
      messages: [
        { role: 'user', content: [image, { type: 'text', text: 'What is this?' }] },
        {
          role: 'assistant',
          content: [{ type: 'tool_use', id: 'toolu_1', name: 'get_weather', input: { city: 'x' } }],
        },
        {
          role: 'user',
          content: [
            {
              type: 'tool_result',
              tool_use_id: 'toolu_1',
              content: [image, { type: 'text', text: 'a map' }],
              is_error: true,
            },
          ],
        },
      ],
    })
    const sent = JSON.stringify(gateway.simulator.last.body)
    expect(sent.split(png)).toHaveLength(3)
    expect(sent).toContain('a map')
  })

  it('counts tokens and says how', async () => {
    const gateway = await startGateway()
    const { data, response } = await client(gateway)
      .messages.countTokens({ model, tools: [weather], messages: [{ role: 'user', content: 'Hello' }] })
      .withResponse()
    expect(data.input_tokens).toBeGreaterThan(5)
    // Azure's dated version has no Responses, and Chat counts nowhere.
    const source = model.startsWith('dated/') ? 'estimated' : 'exact'
    expect(response.headers.get('x-dragoman-token-count')).toBe(source)
  })
})

describe('thinking through the Anthropic SDK', () => {
  it('comes from a reasoning model, and its seal goes back in the next turn without harm', async () => {
    const gateway = await startGateway()
    const model = 'compatible/deepseek-reasoner'
    gateway.simulator.enqueue(
      { thinking: 'They want the weather.', toolCalls: [{ name: 'get_weather', input: { city: 'Bern' } }] },
      { text: 'Sunny.' },
    )
    const question = { role: 'user', content: 'Weather?' } as const
    const request = { model, max_tokens: 3000, tools: [weather], messages: [question] }
    const first = await client(gateway).messages.stream(request).finalMessage()
    expect(first.content[0]).toMatchObject({ type: 'thinking', thinking: 'They want the weather.' })
    const call = first.content.find((block) => block.type === 'tool_use')
    await client(gateway).messages.create({
      ...request,
      messages: [
        question,
        { role: 'assistant', content: first.content as Anthropic.ContentBlockParam[] },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: call?.id ?? '', content: 'sun' }] },
      ],
    })
    const sent = gateway.simulator.last.body as { messages: { role: string; reasoning_content?: string }[] }
    expect(sent.messages[1]).toMatchObject({ role: 'assistant', reasoning_content: 'They want the weather.' })
  })

  it('keeps Claude’s signature byte for byte on passthrough', async () => {
    const gateway = await startGateway()
    const model = 'foundry/claude-sonnet-4-5'
    gateway.simulator.enqueue(
      { thinking: 'Let me think.', toolCalls: [{ name: 'get_weather', input: { city: 'Bern' } }] },
      { text: 'ok' },
    )
    const question = { role: 'user', content: 'Weather?' } as const
    const thinking = { type: 'enabled', budget_tokens: 1024 } as const
    const request = { model, max_tokens: 3000, thinking, tools: [weather], messages: [question] }
    const first = await client(gateway).messages.stream(request).finalMessage()
    const call = first.content.find((block) => block.type === 'tool_use')
    await client(gateway).messages.create({
      ...request,
      messages: [
        question,
        { role: 'assistant', content: first.content as Anthropic.ContentBlockParam[] },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: call?.id ?? '', content: 'sun' }] },
      ],
    })
    const sent = gateway.simulator.last.body as { messages: { content: unknown[] }[] }
    expect(sent.messages[1]?.content[0]).toEqual(first.content[0])
  })

  it('of one provider is left out for another, and the switch does not fail', async () => {
    const gateway = await startGateway()
    gateway.simulator.enqueue({ thinking: 'Deep thoughts.', text: 'Hello.' })
    const question = { role: 'user', content: 'Hi' } as const
    const first = await client(gateway)
      .messages.stream({ model: 'compatible/deepseek-reasoner', max_tokens: 3000, messages: [question] })
      .finalMessage()
    const { data, response } = await client(gateway)
      .messages.create({
        model: 'foundry/claude-sonnet-4-5',
        max_tokens: 3000,
        messages: [
          question,
          { role: 'assistant', content: first.content as Anthropic.ContentBlockParam[] },
          { role: 'user', content: 'And now?' },
        ],
      })
      .withResponse()
    expect(data.type).toBe('message')
    expect(response.headers.get('x-dragoman-dropped')).toContain('foreign-seal')
    expect(JSON.stringify(gateway.simulator.last.body)).not.toContain('Deep thoughts')
  })
})
