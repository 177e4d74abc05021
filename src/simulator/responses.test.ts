import OpenAI from 'openai'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { startSimulator } from './simulator.ts'
import type { Simulator } from './simulator.ts'

const question = 'What is the weather in Paris?'
const weather: any = {
  type: 'function',
  name: 'get_weather',
  strict: false,
  parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
}
/** Output without what the SDK adds to it, and without ids. */
const plainItems = (response: any) =>
  JSON.parse(
    JSON.stringify(response.output, (key, value) =>
      key.startsWith('parsed') ? undefined : value,
    ).replaceAll(/Sim\d+/g, ''),
  )
const anError = async (call: Promise<unknown>): Promise<any> =>
  call.then(
    () => undefined,
    (error: unknown) => error,
  )

let simulator: Simulator
let openai: OpenAI
let azure: OpenAI
beforeAll(async () => {
  simulator = await startSimulator()
  openai = new OpenAI({ apiKey: 'key', maxRetries: 0, baseURL: `${simulator.url}/v1` })
  azure = new OpenAI({ apiKey: 'key', maxRetries: 0, baseURL: `${simulator.url}/openai/v1` })
})
beforeEach(() => simulator.reset())
afterAll(() => simulator.close())

describe('the OpenAI SDK reads what the simulator says', () => {
  test.each(['azure', 'openai'])(
    'reasoning and a tool call, streamed, and back with the result: %s',
    async (which) => {
      const client = which === 'azure' ? azure : openai
      const body: any = {
        model: 'gpt-5.2',
        tools: [weather],
        store: false,
        include: ['reasoning.encrypted_content'],
        reasoning: { effort: 'low', summary: 'auto' },
      }
      const first = await client.responses.stream({ ...body, input: question }).finalResponse()
      expect(first.output.map((item) => item.type)).toEqual(['reasoning', 'function_call'])
      const call: any = first.output[1]
      expect(JSON.parse(call.arguments)).toEqual({ city: 'Paris' })
      const result = { type: 'function_call_output', call_id: call.call_id, output: 'rain' }
      const second = await client.responses.create({
        ...body,
        input: [{ role: 'user', content: question }, ...first.output, result],
      })
      expect(second.output_text).toBe('[simulated] The tool get_weather returned “rain”.')
    },
  )

  test('the whole and the streamed answer, which are the same', async () => {
    const answer = {
      thinking: 'Hm.',
      text: 'naïve 🙂',
      refusal: 'No more.',
      toolCalls: [{ name: 'get_weather', input: { city: 'Rome' } }],
    }
    simulator.enqueue(answer, answer)
    const body: any = { model: 'gpt-5.2', tools: [weather], input: question, reasoning: { summary: 'auto' } }
    const whole = await openai.responses.create(body)
    const streamed = await openai.responses.stream(body).finalResponse()
    expect(plainItems(streamed)).toEqual(plainItems(whole))
    expect(streamed.output_text).toBe('naïve 🙂')
    expect(streamed.usage).toEqual(whole.usage)
  })

  test('a truncated answer is incomplete, a namespaced call keeps its namespace, a custom tool its text', async () => {
    const cut = await openai.responses.create({
      model: 'gpt-4o',
      input: 'Count to 500',
      max_output_tokens: 16,
    })
    expect(cut).toMatchObject({ status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } })

    const namespace: any = {
      type: 'namespace',
      name: 'agents',
      description: 'x',
      tools: [{ ...weather, name: 'close_agent' }],
    }
    const closed = await openai.responses.create({
      model: 'gpt-4o',
      input: 'use close_agent',
      tools: [namespace],
    })
    expect(closed.output[0]).toMatchObject({
      type: 'function_call',
      name: 'close_agent',
      namespace: 'agents',
    })

    const patch = await openai.responses.create({
      model: 'gpt-4o',
      input: 'use apply_patch',
      tools: [{ type: 'custom', name: 'apply_patch' }],
    })
    expect(patch.output[0]).toMatchObject({ type: 'custom_tool_call', input: 'use apply_patch' })
  })

  test('a count of input tokens, and a failure within a stream', async () => {
    const counted = await openai.responses.inputTokens.count({ model: 'gpt-4o', input: question })
    expect(counted.input_tokens).toBe(8)
    simulator.enqueue({
      text: 'a b c d e f',
      faults: { inStreamError: { status: 500, code: 'server_error', message: 'Oh.' } },
    })
    const types = []
    for await (const event of await openai.responses.create({
      model: 'gpt-4o',
      input: question,
      stream: true,
    })) {
      types.push(event.type)
    }
    expect(types.at(-1)).toBe('response.failed')
  })
})

describe('it refuses what the vendor refuses', () => {
  const call = { type: 'function_call', call_id: 'call_1', name: 'get_weather', arguments: '{}' }
  test.each<[string, any, RegExp]>([
    ['no input', { input: undefined }, /Missing required parameter: 'input'/],
    ['an unknown parameter', { stop: ['x'] }, /Unknown parameter: 'stop'/],
    ['a call without output', { input: [call] }, /No tool output found for function call call_1/],
    [
      'an output without call',
      { input: [{ type: 'function_call_output', call_id: 'call_1', output: 'x' }] },
      /No tool call found for function call output with call_id call_1/,
    ],
    [
      'an id of another kind',
      { input: [{ ...call, id: 'toolu_1' }] },
      /Expected an ID that begins with 'fc'/,
    ],
    ['a long call id', { input: [{ ...call, call_id: 'x'.repeat(65) }] }, /maximum length 64/],
    [
      'input text from the assistant',
      { input: [{ role: 'assistant', content: [{ type: 'input_text', text: 'x' }] }] },
      /Supported values are: 'output_text' and 'refusal'/,
    ],
    [
      'foreign reasoning',
      {
        input: [
          { type: 'reasoning', summary: [], encrypted_content: 'gAAAAA' },
          { role: 'user', content: 'x' },
        ],
      },
      /could not be verified/,
    ],
    [
      'reasoning that leads nowhere',
      { input: [{ type: 'reasoning', id: 'rs_1', summary: [] }] },
      /without its required following item/,
    ],
    ['few tokens', { max_output_tokens: 5 }, /Expected a value >= 16/],
    [
      'temperature while reasoning',
      { model: 'gpt-5', temperature: 0.5 },
      /'temperature' is not supported with this model/,
    ],
    [
      'a foreign response id',
      { previous_response_id: 'resp_1' },
      /Previous response with id 'resp_1' not found/,
    ],
    ['an illegal tool name', { tools: [{ ...weather, name: 'a.b' }] }, /does not match pattern/],
    [
      'a file without data URL',
      {
        input: [
          { role: 'user', content: [{ type: 'input_file', filename: 'a.pdf', file_data: 'JVBERi0=' }] },
        ],
      },
      /Invalid file data/,
    ],
  ])('%s', async (_what, change, message) => {
    const error = await anError(openai.responses.create({ model: 'gpt-4o', input: question, ...change }))
    expect(error).toMatchObject({ status: 400 })
    expect(error.error.message).toMatch(message)
  })
})
