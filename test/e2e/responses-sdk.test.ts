import OpenAI from 'openai'
import { describe, expect, it } from 'vitest'
import { startGateway, type TestGateway } from '../support/gateway.ts'
import { pngBase64 } from '../support/png.ts'

const png = pngBase64()
const LOOK = 'Let me look at the weather over there before I say anything about it.'

const weather: OpenAI.Responses.FunctionTool = {
  type: 'function',
  name: 'get_weather',
  description: 'The weather of a city',
  parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  strict: false,
}

const client = (gateway: TestGateway) =>
  new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: 'any', maxRetries: 0 })

const targets = [
  ['foundry/claude-sonnet-4-5', 'translate'],
  ['gemini/gemini-3-pro', 'translate'],
  ['compatible/some-model', 'translate'],
  ['azure/gpt-5.2', 'passthrough'],
] as const

const callsIn = ({ output }: OpenAI.Responses.Response) =>
  output.filter((item) => item.type === 'function_call')

describe.each(targets)('the OpenAI SDK’s Responses to %s (%s)', (model, lane) => {
  it('gets a whole answer', async () => {
    const gateway = await startGateway()
    gateway.simulator.enqueue({ text: 'Grüße, 世界 👋' })
    const { data, response } = await client(gateway)
      .responses.create({ model, instructions: 'Be kind.', input: 'Hello' })
      .withResponse()
    expect(data).toMatchObject({
      object: 'response',
      status: 'completed',
      error: null,
      incomplete_details: null,
    })
    expect(data.output_text).toBe('Grüße, 世界 👋')
    expect(data.id).toMatch(/^resp_/)
    expect(data.usage?.total_tokens).toBeGreaterThan(0)
    expect(response.headers.get('x-dragoman-lane')).toBe(lane)
    expect(JSON.stringify(gateway.simulator.last.body)).toContain('Be kind.')
  })

  it('streams text and parallel tool calls, and their results come back', async () => {
    const gateway = await startGateway()
    gateway.simulator.enqueue(
      {
        text: LOOK,
        toolCalls: [
          { name: 'get_weather', input: { city: 'Zürich' } },
          { name: 'get_weather', input: { city: 'Bern' } },
        ],
      },
      { text: 'It is 21 degrees.' },
    )
    const request = {
      model,
      tools: [weather],
      include: ['reasoning.encrypted_content' as const],
      store: false,
    }
    const pieces: string[] = []
    const stream = client(gateway).responses.stream({ ...request, input: 'How is the weather?' })
    stream.on('response.output_text.delta', ({ delta }) => pieces.push(delta))
    const first = await stream.finalResponse()
    expect(pieces.join('')).toBe(LOOK)
    expect(pieces.length).toBeGreaterThan(1)
    expect(first.status).toBe('completed')
    expect(callsIn(first).map((call) => JSON.parse(call.arguments))).toEqual([
      { city: 'Zürich' },
      { city: 'Bern' },
    ])
    const second = await client(gateway).responses.create({
      ...request,
      input: [
        { role: 'user', content: 'How is the weather?' },
        ...(first.output as OpenAI.Responses.ResponseInputItem[]),
        ...callsIn(first).map((call, index) => ({
          type: 'function_call_output' as const,
          call_id: call.call_id,
          output: `result ${index}`,
        })),
      ],
    })
    expect(second.output_text).toBe('It is 21 degrees.')
    const sent = JSON.stringify(gateway.simulator.last.body)
    for (const word of ['result 0', 'result 1', 'Zürich', LOOK]) expect(sent).toContain(word)
  })

  it('sends images, bytes intact', async () => {
    const gateway = await startGateway()
    await client(gateway).responses.create({
      model,
      input: [
        {
          role: 'user',
          content: [
            { type: 'input_text', text: 'What is this?' },
            { type: 'input_image', image_url: `data:image/png;base64,${png}`, detail: 'auto' },
          ],
        },
      ],
    })
    expect(JSON.stringify(gateway.simulator.last.body)).toContain(png)
  })

  it('hears of an error in its own words', async () => {
    const gateway = await startGateway()
    gateway.simulator.respond(() => ({
      error: { status: 429, message: 'slow down', headers: { 'retry-after': '60' } },
    }))
    const create = client(gateway).responses.create({ model, input: 'x' })
    await expect(create).rejects.toMatchObject({ status: 429 })
  })
})

describe('reasoning through Responses', () => {
  it('of Claude comes back to Claude byte for byte', async () => {
    const gateway = await startGateway()
    const model = 'foundry/claude-sonnet-4-5'
    gateway.simulator.enqueue(
      { thinking: 'Let me think.', toolCalls: [{ name: 'get_weather', input: { city: 'Bern' } }] },
      { text: 'Done.' },
    )
    const request = {
      model,
      tools: [weather],
      reasoning: { effort: 'high' as const, summary: 'auto' as const },
      store: false,
      include: ['reasoning.encrypted_content' as const],
    }
    const first = await client(gateway)
      .responses.stream({ ...request, input: 'Weather?' })
      .finalResponse()
    expect(first.output[0]).toMatchObject({ type: 'reasoning', summary: [{ text: 'Let me think.' }] })
    await client(gateway).responses.create({
      ...request,
      input: [
        { role: 'user', content: 'Weather?' },
        ...(first.output as OpenAI.Responses.ResponseInputItem[]),
        { type: 'function_call_output', call_id: callsIn(first)[0]?.call_id ?? '', output: 'sun' },
      ],
    })
    // The strict simulator refuses any signature but its own.
    const sent = gateway.simulator.last.body as {
      messages: { content: { type: string; thinking?: string }[] }[]
    }
    expect(sent.messages[1]?.content[0]).toMatchObject({ type: 'thinking', thinking: 'Let me think.' })
  })
})

describe('reasoning for clients without a slot', () => {
  it.each(['foundry/claude-sonnet-4-5', 'gemini/gemini-3-pro', 'azure/gpt-5.4'])(
    'of %s is restored for a Chat client that returns none',
    async (model) => {
      const gateway = await startGateway()
      gateway.simulator.enqueue(
        { thinking: 'Let me think.', toolCalls: [{ name: 'get_weather', input: { city: 'Bern' } }] },
        { text: 'Done.' },
      )
      const { name, description, parameters } = weather
      const request = {
        model,
        reasoning_effort: 'high' as const,
        tools: [
          {
            type: 'function' as const,
            function: { name, description: description ?? '', parameters: parameters ?? {} },
          },
        ],
      }
      const question = { role: 'user' as const, content: 'Weather?' }
      const first = await client(gateway)
        .chat.completions.stream({ ...request, messages: [question] })
        .finalChatCompletion()
      const call = first.choices[0]?.message.tool_calls?.[0]
      if (call?.type !== 'function') throw new Error('no call')
      const { id, function: fn } = call
      const second = await client(gateway).chat.completions.create({
        ...request,
        messages: [
          question,
          {
            role: 'assistant',
            content: null,
            tool_calls: [{ id, type: 'function', function: { name: fn.name, arguments: fn.arguments } }],
          },
          { role: 'tool', tool_call_id: id, content: 'sun' },
        ],
      })
      expect(second.choices[0]?.message.content).toBe('Done.')
      const sent = JSON.stringify(gateway.simulator.last.body)
      expect(sent).toMatch(/"signature":|"thoughtSignature":|"encrypted_content":/)
    },
  )
})

describe('a stored response', () => {
  const config = `
providers:
  first:  { type: openai, baseUrl: "$UPSTREAM/first/v1", apiKey: first-key-1 }
  second: { type: openai, baseUrl: "$UPSTREAM/v1", apiKey: second-key-1 }
models: { "*": second/gpt-5.2 }
`
  it.each([true, false])('is asked for at the provider that made it (streamed: %s)', async (stream) => {
    const gateway = await startGateway({ config })
    const openai = client(gateway)
    const made = stream
      ? await openai.responses.stream({ model: 'gpt-5.2', input: 'Hi' }).finalResponse()
      : await openai.responses.create({ model: 'gpt-5.2', input: 'Hi' })
    gateway.simulator.respond(() => ({ raw: { body: { id: made.id, object: 'response', output: [] } } }))
    expect((await openai.responses.retrieve(made.id)).id).toBe(made.id)
    expect(gateway.simulator.last.path).toBe(`/v1/responses/${made.id}`)
    expect(gateway.simulator.requests.filter(({ path }) => path.startsWith('/first'))).toHaveLength(0)
  })
})
