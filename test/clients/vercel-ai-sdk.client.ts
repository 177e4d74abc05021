import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { startGateway } from '../support/gateway.ts'
import { pngBase64 } from '../support/png.ts'
import { install, type Installed } from './install.ts'

const VERSION = '7.0.173'
const PROVIDERS = ['@ai-sdk/openai@4.0.118', '@ai-sdk/anthropic@4.0.105', '@ai-sdk/openai-compatible@3.0.92']

let sdk: Installed
/** The SDK's modules, as far as they are installed. */
const modules: Record<string, any> = {}
beforeAll(async () => {
  vi.stubGlobal('AI_SDK_LOG_WARNINGS', false)
  sdk = await install('ai', VERSION, 'dist/index.js', PROVIDERS)
  if ('missing' in sdk) return
  const packages = dirname(dirname(dirname(sdk.path)))
  for (const name of ['ai', '@ai-sdk/openai', '@ai-sdk/anthropic', '@ai-sdk/openai-compatible'])
    modules[name] = await import(pathToFileURL(join(packages, name, 'dist', 'index.js')).href)
})

const CONFIG = `
retries: 0
providers:
  azure:   { type: azure-openai, endpoint: "$UPSTREAM", apiKey: azure-key-1 }
  chat:    { type: azure-openai, endpoint: "$UPSTREAM", apiKey: azure-key-1, protocol: chat }
  foundry: { type: azure-foundry, baseUrl: "$UPSTREAM/anthropic", apiKey: foundry-key-1 }
  gemini:  { type: gemini, baseUrl: "$UPSTREAM", apiKey: gemini-key-1 }
`

/** How each provider package makes a model, and what asks it to think aloud. */
const packages = {
  anthropic: {
    model: (url: string, name: string) =>
      modules['@ai-sdk/anthropic'].createAnthropic({ baseURL: `${url}/v1`, apiKey: 'any' })(name),
    thinkAloud: { anthropic: { thinking: { type: 'enabled', budgetTokens: 2000 } } },
  },
  responses: {
    model: (url: string, name: string) =>
      modules['@ai-sdk/openai'].createOpenAI({ baseURL: `${url}/v1`, apiKey: 'any' }).responses(name),
    // The SDK knows OpenAI's reasoning models by their names, and would leave the effort out for others. By itself it
    // sends references to what OpenAI stores, which a test of its own is about; with `store: false` whole items.
    thinkAloud: {
      openai: { forceReasoning: true, reasoningEffort: 'medium', reasoningSummary: 'auto', store: false },
    },
  },
  chat: {
    model: (url: string, name: string) =>
      modules['@ai-sdk/openai'].createOpenAI({ baseURL: `${url}/v1`, apiKey: 'any' }).chat(name),
    thinkAloud: undefined,
  },
  compatible: {
    model: (url: string, name: string) =>
      modules['@ai-sdk/openai-compatible'].createOpenAICompatible({
        name: 'dragoman',
        baseURL: `${url}/v1`,
        apiKey: 'any',
        includeUsage: true,
      })(name),
    thinkAloud: { dragoman: { reasoning: { enabled: true } } },
  },
} as const

const cells = [
  ['anthropic', 'Azure Chat', 'chat/gpt-4.1'],
  ['anthropic', 'Azure Responses', 'azure/gpt-5.4'],
  ['anthropic', 'Gemini', 'gemini/gemini-3-pro'],
  ['responses', 'Claude on Foundry', 'foundry/claude-sonnet-4-6'],
  ['responses', 'Gemini', 'gemini/gemini-3-pro'],
  ['chat', 'Gemini', 'gemini/gemini-3-pro'],
  ['chat', 'Claude on Foundry', 'foundry/claude-sonnet-4-6'],
  ['compatible', 'Azure Responses', 'azure/gpt-5.4'],
  ['compatible', 'Claude on Foundry', 'foundry/claude-sonnet-4-6'],
] as const

/** The tools of a conversation in which one city leads to the next. */
function weatherTool(asked: string[]) {
  const { tool, jsonSchema } = modules['ai']
  return {
    get_weather: tool({
      description: 'The weather of a city',
      inputSchema: jsonSchema({
        type: 'object',
        properties: { city: { type: 'string' } },
        required: ['city'],
      }),
      execute: ({ city }: { city: string }) => {
        asked.push(city)
        return `${asked.length} degrees in ${city}`
      },
    }),
  }
}

describe.each(cells)('the AI SDK’s %s models on %s', (kind, _, target) => {
  const { model, thinkAloud } = packages[kind]

  it('stream text and usage', async (test) => {
    if ('missing' in sdk) return test.skip(sdk.missing)
    const { url, simulator } = await startGateway({ config: CONFIG })
    simulator.enqueue({ text: 'Grüezi from the other side.', usage: { input: 40, output: 9 } })
    const result = modules['ai'].streamText({ model: model(url, target), prompt: 'Hello', maxRetries: 0 })
    const pieces: string[] = []
    for await (const piece of result.textStream) pieces.push(piece)
    expect(pieces.join('')).toBe('Grüezi from the other side.')
    expect(pieces.length).toBeGreaterThan(1)
    expect(await result.finishReason).toBe('stop')
    expect(await result.usage).toMatchObject({ inputTokens: 40, outputTokens: 9 })
  })

  it('call tools in two steps, and bring the thoughts back', async (test) => {
    if ('missing' in sdk) return test.skip(sdk.missing)
    const { url, simulator } = await startGateway({ config: CONFIG })
    const call = (city: string) => ({ toolCalls: [{ name: 'get_weather', input: { city } }] })
    simulator.enqueue(
      { thinking: 'North first.', text: 'I look.', ...call('Zürich') },
      { thinking: 'Then south.', ...call('Lugano') },
      { text: 'Both are fine.' },
    )
    const asked: string[] = []
    const { streamText, stepCountIs } = modules['ai']
    const result = streamText({
      model: model(url, target),
      prompt: 'The weather in Zürich and Lugano',
      tools: weatherTool(asked),
      stopWhen: stepCountIs(5),
      maxRetries: 0,
      ...(thinkAloud !== undefined && { providerOptions: thinkAloud }),
    })
    expect(await result.text).toBe('Both are fine.')
    expect(asked).toEqual(['Zürich', 'Lugano'])
    expect((await result.steps).map((step: any) => step.finishReason)).toEqual([
      'tool-calls',
      'tool-calls',
      'stop',
    ])
    const sent = JSON.stringify(simulator.last.body)
    expect(sent).toContain('1 degrees in Zürich')
    expect(sent).toContain('2 degrees in Lugano')
    expect(sent).toContain('I look.')
    // A signature that the simulator gave begins with the thought that it seals.
    if (!target.startsWith('chat'))
      for (const thought of ['North first.', 'Then south.'])
        expect(sent).toContain(Buffer.from(thought).toString('base64'))
  })

  it('show reasoning', async (test) => {
    if ('missing' in sdk) return test.skip(sdk.missing)
    // Azure's Chat API, which serves what a Chat client asks without tools, keeps its thoughts to itself.
    const isSilent = target.startsWith('chat') || (kind === 'compatible' && target.startsWith('azure'))
    if (thinkAloud === undefined || isSilent) return test.skip('nothing to show there')
    const { url, simulator } = await startGateway({ config: CONFIG })
    simulator.enqueue({ thinking: 'They greet me. I greet back.', text: 'Hello.' })
    const result = modules['ai'].streamText({
      model: model(url, target),
      prompt: 'Hello',
      providerOptions: thinkAloud,
      maxRetries: 0,
    })
    expect(await result.text).toBe('Hello.')
    expect(await result.reasoningText).toBe('They greet me. I greet back.')
  })

  it('send an image', async (test) => {
    if ('missing' in sdk) return test.skip(sdk.missing)
    const { url, simulator } = await startGateway({ config: CONFIG })
    const image = pngBase64({ width: 8, height: 8 })
    simulator.enqueue({ text: 'A square.' })
    const { text } = await modules['ai'].generateText({
      model: model(url, target),
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'What is this?' },
            { type: 'file', data: image, mediaType: 'image/png' },
          ],
        },
      ],
      maxRetries: 0,
    })
    expect(text).toBe('A square.')
    expect(JSON.stringify(simulator.last.body)).toContain(image)
  })

  it('read errors', async (test) => {
    if ('missing' in sdk) return test.skip(sdk.missing)
    const { url, simulator } = await startGateway({ config: CONFIG })
    const { generateText, APICallError } = modules['ai']
    simulator.enqueue({ error: { status: 400, message: 'The upstream does not like this.' } })
    const failed = await generateText({ model: model(url, target), prompt: 'Hello', maxRetries: 0 }).catch(
      (error: unknown) => error,
    )
    expect(APICallError.isInstance(failed)).toBe(true)
    expect(failed).toMatchObject({ statusCode: 400, isRetryable: false })
    expect(failed.message).toContain('The upstream does not like this.')

    simulator.enqueue({ error: { status: 429, message: 'Slow down.', headers: { 'retry-after': '7' } } })
    const limited = await generateText({ model: model(url, target), prompt: 'Hello', maxRetries: 0 }).catch(
      (error: unknown) => error,
    )
    expect(limited).toMatchObject({ statusCode: 429, isRetryable: true })
    expect(limited.responseHeaders).toHaveProperty('retry-after')
  })

  it('notice an answer that breaks off', async (test) => {
    if ('missing' in sdk) return test.skip(sdk.missing)
    const { url, simulator } = await startGateway({ config: CONFIG })
    simulator.enqueue({ text: 'This never ends, for its upstream dies.', faults: { cutAfterEvents: 5 } })
    const errors: unknown[] = []
    const result = modules['ai'].streamText({
      model: model(url, target),
      prompt: 'Hello',
      maxRetries: 0,
      onError: ({ error }: { error: unknown }) => void errors.push(error),
    })
    const reasons: unknown[] = []
    for await (const part of result.stream ?? result.fullStream)
      if (part.type === 'finish') reasons.push(part.finishReason)
    expect(errors).toHaveLength(1)
    expect(reasons).not.toContain('stop')
  })
})

describe('the AI SDK’s responses models as they come', () => {
  const asTheyCome = {
    openai: { forceReasoning: true, reasoningEffort: 'medium', reasoningSummary: 'auto' },
  }

  it.for([
    ['Claude on Foundry', 'foundry/claude-sonnet-4-6'],
    ['Gemini', 'gemini/gemini-3-pro'],
  ] as const)('send references to what OpenAI would store, and %s gets it all', async ([, target], test) => {
    if ('missing' in sdk) return test.skip(sdk.missing)
    const { url, simulator } = await startGateway({ config: CONFIG })
    const call = (city: string) => ({ toolCalls: [{ name: 'get_weather', input: { city } }] })
    simulator.enqueue(
      { thinking: 'North first.', text: 'I look.', ...call('Zürich') },
      { thinking: 'Then south.', ...call('Lugano') },
      { text: 'Both are fine.' },
    )
    const requests: string[] = []
    const model = modules['@ai-sdk/openai'].createOpenAI({
      baseURL: `${url}/v1`,
      apiKey: 'any',
      fetch: (to: string, init: RequestInit) => {
        requests.push(String(init.body))
        return fetch(to, init)
      },
    })(target)
    const { streamText, stepCountIs } = modules['ai']
    const result = streamText({
      model,
      prompt: 'The weather in Zürich and Lugano',
      tools: weatherTool([]),
      stopWhen: stepCountIs(5),
      maxRetries: 0,
      providerOptions: asTheyCome,
    })
    expect(await result.text).toBe('Both are fine.')
    for (const prefix of ['msg', 'rs'])
      expect(requests.at(-1)).toContain(`{"type":"item_reference","id":"${prefix}_`)
    const sent = JSON.stringify(simulator.last.body)
    for (const said of ['I look.', '1 degrees in Zürich', '2 degrees in Lugano']) expect(sent).toContain(said)
    for (const thought of ['North first.', 'Then south.'])
      expect(sent).toContain(Buffer.from(thought).toString('base64'))
    expect((await result.response).headers['x-dragoman-dropped'] ?? '').not.toContain('input')
  })

  it('say what helps when Dragoman has forgotten it', async (test) => {
    if ('missing' in sdk) return test.skip(sdk.missing)
    const { url } = await startGateway({ config: CONFIG })
    const { generateText, APICallError } = modules['ai']
    const stored = { openai: { itemId: 'msg_of_yesterday' } }
    const failed = await generateText({
      model: packages.responses.model(url, 'foundry/claude-sonnet-4-6'),
      messages: [
        { role: 'user', content: 'Hello' },
        { role: 'assistant', content: [{ type: 'text', text: 'Hi.', providerOptions: stored }] },
        { role: 'user', content: 'And now?' },
      ],
      maxRetries: 0,
    }).catch((error: unknown) => error)
    expect(APICallError.isInstance(failed)).toBe(true)
    expect(failed).toMatchObject({ statusCode: 400, isRetryable: false })
    expect(failed.message).toMatch(/msg_of_yesterday.*`store` set to false/)
  })
})
