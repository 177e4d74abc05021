import { GoogleGenAI } from '@google/genai'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { startSimulator } from './simulator.ts'
import type { Simulator } from './simulator.ts'

const tools: any[] = [
  {
    functionDeclarations: [
      {
        name: 'get_weather',
        parametersJsonSchema: {
          type: 'object',
          properties: { city: { type: 'string' } },
          required: ['city'],
        },
      },
    ],
  },
]
const model = 'gemini-3-flash-preview'
const question = { role: 'user', parts: [{ text: 'What is the weather in Paris?' }] }

let simulator: Simulator
let google: GoogleGenAI
beforeAll(async () => {
  simulator = await startSimulator({ keys: ['right-key'] })
  google = new GoogleGenAI({ apiKey: 'right-key', httpOptions: { baseUrl: simulator.url } })
})
beforeEach(() => simulator.reset())
afterAll(() => simulator.close())

describe('the Google SDK reads what the simulator says', () => {
  test('a signed tool call, streamed, and back with the result', async () => {
    const parts: any[] = []
    for await (const chunk of await google.models.generateContentStream({
      model,
      contents: [question],
      config: { tools },
    })) {
      parts.push(...(chunk.candidates?.[0]?.content?.parts ?? []))
    }
    const call = parts.find((part) => part.functionCall)
    expect(call).toMatchObject({
      functionCall: { name: 'get_weather', args: { city: 'Paris' } },
      thoughtSignature: expect.any(String),
    })
    const response = { id: call.functionCall.id, name: 'get_weather', response: { output: 'rain' } }
    const contents = [
      question,
      { role: 'model', parts: [call] },
      { role: 'user', parts: [{ functionResponse: response }] },
    ]
    const second = await google.models.generateContent({ model, contents, config: { tools } })
    expect(second.text).toBe('[simulated] The tool get_weather returned “rain”.')
  })

  test('thoughts on request, a limit, a schema and a count', async () => {
    const shown = await google.models.generateContent({
      model,
      contents: [question],
      config: { thinkingConfig: { includeThoughts: true } },
    })
    expect(shown.candidates?.[0]?.content?.parts?.[0]).toMatchObject({ thought: true })
    expect(shown.usageMetadata?.thoughtsTokenCount).toBeGreaterThan(0)
    const config = { maxOutputTokens: 50, thinkingConfig: { thinkingBudget: 0 } }
    const cut = await google.models.generateContent({ model, contents: 'Count to 500', config })
    expect(cut.candidates?.[0]?.finishReason).toBe('MAX_TOKENS')
    const formed = await google.models.generateContent({
      model,
      contents: [question],
      config: {
        responseMimeType: 'application/json',
        responseJsonSchema: { type: 'object', properties: { n: { type: 'integer' } }, required: ['n'] },
      },
    })
    expect(JSON.parse(formed.text!)).toEqual({ n: 1 })
    expect((await google.models.countTokens({ model, contents: [question] })).totalTokens).toBeGreaterThan(5)
  })

  test('a stream without alt=sse, which is one JSON array', async () => {
    const response = await fetch(
      `${simulator.url}/v1beta/models/${model}:streamGenerateContent?key=right-key`,
      {
        method: 'POST',
        body: JSON.stringify({ contents: [question] }),
      },
    )
    const chunks: any = await response.json()
    expect(chunks.at(-1).candidates[0].finishReason).toBe('STOP')
  })
})

describe('it refuses what the vendor refuses', () => {
  const call = { functionCall: { name: 'get_weather', args: {} } }
  const result = { functionResponse: { name: 'get_weather', response: { output: 'x' } } }
  const turns = (first: any, ...results: any[]) => [
    question,
    { role: 'model', parts: [first] },
    { role: 'user', parts: results },
  ]
  const skipped = { ...call, thoughtSignature: 'skip_thought_signature_validator' }
  test.each<[string, any, RegExp]>([
    ['no contents', { contents: [] }, /contents is not specified/],
    [
      'an unknown role',
      { contents: [{ ...question, role: 'assistant' }] },
      /Please use a valid role: user, model/,
    ],
    ['an unknown field', { temperature: 1 }, /Unknown name "temperature": Cannot find field/],
    ['a lost signature', { contents: turns(call, result) }, /missing a thought_signature/],
    [
      'a forged signature',
      { contents: turns({ ...call, thoughtSignature: 'abc' }, result) },
      /Corrupted thought signature/,
    ],
    [
      'fewer results than calls',
      { contents: [question, { role: 'model', parts: [skipped, call] }, { role: 'user', parts: [result] }] },
      /number of function response parts/,
    ],
    [
      'JSON Schema words in parameters',
      { tools: [{ functionDeclarations: [{ name: 'x', parameters: { type: 'object', $schema: 'y' } }] }] },
      /Unknown name "\$schema" at 'tools\[0\]\.function_declarations\[0\]\.parameters'/,
    ],
    ['an illegal name', { tools: [{ functionDeclarations: [{ name: '1x' }] }] }, /Invalid function name/],
  ])('%s', async (_what, change, message) => {
    const response = await fetch(`${simulator.url}/v1beta/models/${model}:generateContent`, {
      method: 'POST',
      headers: { 'x-goog-api-key': 'right-key' },
      body: JSON.stringify({ contents: [question], ...change }),
    })
    const body: any = await response.json()
    expect([response.status, body.error.status]).toEqual([400, 'INVALID_ARGUMENT'])
    expect(body.error.message).toMatch(message)
  })

  test('a wrong key', async () => {
    const stranger = new GoogleGenAI({ apiKey: 'wrong', httpOptions: { baseUrl: simulator.url } })
    await expect(stranger.models.generateContent({ model, contents: 'x' })).rejects.toThrow(
      /API key not valid/,
    )
  })
})
