import { describe, expect, it } from 'vitest'
import { ask, type Asked } from '../support/ask.ts'
import { EVERY_PROVIDER, startGateway } from '../support/gateway.ts'
import { pdfBase64 } from '../support/pdf.ts'
import { pngBase64 } from '../support/png.ts'

const tool = {
  name: 'read_file',
  description: 'Reads a file of the workspace.',
  input_schema: { type: 'object', properties: { path: { type: 'string' } }, required: ['path'] },
}
const prompt = {
  system: 'You are terse.',
  messages: [
    { role: 'user', content: 'Read a.txt' },
    {
      role: 'assistant',
      content: [{ type: 'tool_use', id: 'toolu_1', name: 'read_file', input: { path: 'a.txt' } }],
    },
    {
      role: 'user',
      content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content: 'alpha '.repeat(50) }],
    },
  ],
  tools: [tool],
}

const count = (url: string, model: string, body: object = prompt): Promise<Asked> =>
  ask(`${url}/v1/messages/count_tokens?beta=true`, { body: JSON.stringify({ model, ...body }) })

const source = ({ headers }: Asked) => headers['x-dragoman-token-count']

describe('count_tokens', () => {
  it.each([
    ['claude/claude-sonnet-4-6', '/v1/messages/count_tokens', 'passthrough'],
    ['foundry/claude-opus-5-5', '/anthropic/v1/messages/count_tokens', 'passthrough'],
    ['azure/gpt-5.4', '/openai/v1/responses/input_tokens', 'translate'],
    ['openai/gpt-5.2', '/v1/responses/input_tokens', 'translate'],
    ['gemini/gemini-3-pro', '/v1beta/models/gemini-3-pro:countTokens', 'translate'],
  ])('of %s is what the upstream counts', async (model, path, lane) => {
    const { url, simulator } = await startGateway()
    const answer = await count(url, model)
    expect(simulator.requests.map((request) => [request.path, request.status])).toEqual([[path, 200]])
    expect(answer.status).toBe(200)
    expect(source(answer)).toBe('exact')
    expect(answer.headers['x-dragoman-lane']).toBe(lane)
    expect(answer.json.input_tokens).toBeGreaterThan(50)
    const sent = JSON.stringify(simulator.last.body)
    for (const word of ['You are terse', 'read_file', 'alpha alpha']) expect(sent).toContain(word)
  })

  it('is estimated where the upstream has no such route', async () => {
    const { url, simulator } = await startGateway()
    const answer = await count(url, 'compatible/llama-4')
    expect(source(answer)).toBe('estimated')
    expect(answer.json.input_tokens).toBeGreaterThan(80)
    expect(simulator.requests).toEqual([])
  })

  it('asks a protocol that counts where the one for answers does not', async () => {
    const { url, simulator } = await startGateway()
    const answer = await count(url, 'azure/gpt-4.1', { messages: [{ role: 'user', content: 'hello' }] })
    expect(source(answer)).toBe('exact')
    expect(simulator.last.path).toBe('/openai/v1/responses/input_tokens')
  })

  it('answers Responses clients on their own route', async () => {
    const { url, simulator } = await startGateway()
    const body = JSON.stringify({
      model: 'claude/claude-sonnet-4-6',
      input: 'hello there',
      instructions: 'Be kind.',
    })
    const answer = await ask(`${url}/v1/responses/input_tokens`, { body })
    expect(answer.json).toEqual({ object: 'response.input_tokens', input_tokens: expect.any(Number) })
    expect(source(answer)).toBe('exact')
    expect(simulator.last.path).toBe('/v1/messages/count_tokens')
    const own = await ask(`${url}/v1/responses/input_tokens`, {
      body: JSON.stringify({ model: 'azure/gpt-5.4', input: 'hello there' }),
    })
    expect(own.headers['x-dragoman-lane']).toBe('passthrough')
    expect(source(own)).toBe('exact')
  })

  it('leaves out what the route refuses, and estimates that', async () => {
    const { url, simulator } = await startGateway()
    const messages = [
      {
        role: 'user',
        content: [
          { type: 'text', text: 'What is this?' },
          { type: 'image', source: { type: 'url', url: 'https://example.com/a.png' } },
        ],
      },
    ]
    const tools = [{ type: 'web_search_20250305', name: 'web_search', max_uses: 8 }]
    const answer = await count(url, 'claude/claude-sonnet-4-6', {
      messages,
      tools,
      tool_choice: { type: 'tool', name: 'web_search' },
    })
    expect(simulator.last.status).toBe(200)
    expect(simulator.last.body).not.toHaveProperty('tools')
    expect(simulator.last.body).not.toHaveProperty('tool_choice')
    expect(source(answer)).toBe('estimated')
    expect(answer.json.input_tokens).toBeGreaterThan(1000)
  })

  it('remembers that an upstream has no such route', async () => {
    const { url, simulator } = await startGateway({
      config: `providers: { vllm: { type: openai-compatible, baseUrl: "$UPSTREAM/nowhere/v1", protocol: messages } }`,
    })
    expect(source(await count(url, 'vllm/claude-like'))).toBe('estimated')
    expect(source(await count(url, 'vllm/claude-like'))).toBe('estimated')
    expect(simulator.requests.map(({ status }) => status)).toEqual([404])
  })

  it('estimates when the upstream fails, and asks it again the next time', async () => {
    const { url, simulator } = await startGateway({ simulator: { keys: ['another'] } })
    expect(source(await count(url, 'claude/claude-sonnet-4-6'))).toBe('estimated')
    expect(source(await count(url, 'claude/claude-sonnet-4-6'))).toBe('estimated')
    expect(simulator.requests.map(({ status }) => status)).toEqual([401, 401])
  })

  it('of a model that goes nowhere is a 404 that lists what exists', async () => {
    const { url } = await startGateway({ config: EVERY_PROVIDER.replace('"*": azure/gpt-5.2', '') })
    const answer = await count(url, 'llama-nowhere')
    expect(answer.status).toBe(404)
    expect(answer.json.error.type).toBe('not_found_error')
  })

  it('takes a burst without a trace in the health of the target', async () => {
    const { url, simulator, log } = await startGateway({ simulator: { keys: ['another'] } })
    const answers = await Promise.all(
      Array.from({ length: 100 }, () =>
        count(url, 'claude/claude-sonnet-4-6', {
          messages: [{ role: 'user', content: 'foo' }],
          tools: [tool],
        }),
      ),
    )
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
    expect(simulator.requests).toHaveLength(100)
    expect(log.filter(({ msg }) => msg === 'target is put aside')).toEqual([])
  })

  it('counts a megabyte of one letter like anything else', async () => {
    const { url } = await startGateway()
    const answer = await count(url, 'compatible/llama-4', {
      messages: [{ role: 'user', content: 'a'.repeat(1 << 20) }],
    })
    expect(answer.json.input_tokens).toBeGreaterThan(100_000)
  })

  it('knows images by their size and documents by their pages', async () => {
    const { url } = await startGateway()
    const of = async (block: object) => {
      const answer = await count(url, 'compatible/claude-sonnet-4-5', {
        messages: [{ role: 'user', content: [{ type: 'text', text: 'x' }, block] }],
      })
      return answer.json.input_tokens as number
    }
    const image = (width: number, height: number) => ({
      type: 'image',
      source: { type: 'base64', media_type: 'image/png', data: pngBase64({ width, height }) },
    })
    const pdf = {
      type: 'document',
      source: { type: 'base64', media_type: 'application/pdf', data: pdfBase64() },
    }
    const small = await of(image(300, 200))
    expect(small).toBeLessThan(120)
    expect((await of(image(900, 900))) - small).toBe(1080 - 80)
    expect(await of(pdf)).toBeGreaterThan(1500)
    expect(await of(pdf)).toBeLessThan(3000)
  })

  it('learns from the usage of answers how a model counts', async () => {
    const { url, simulator } = await startGateway()
    const messages = [{ role: 'user', content: 'The harbour lies in fog this morning. '.repeat(60) }]
    const model = 'compatible/llama-4'
    const before = (await count(url, model, { messages })).json.input_tokens as number
    simulator.enqueue({ text: 'Yes.', usage: { input: before * 2 } })
    const answered = await ask(`${url}/v1/messages`, {
      body: JSON.stringify({ model, max_tokens: 50, messages }),
    })
    expect(answered.status).toBe(200)
    await expect
      .poll(async () => (await count(url, model, { messages })).json.input_tokens as number)
      .toBeGreaterThan(before * 1.9)
    // Another answer within the next seconds teaches nothing.
    simulator.enqueue({ text: 'Yes.', usage: { input: before } })
    await ask(`${url}/v1/messages`, { body: JSON.stringify({ model, max_tokens: 50, messages }) })
    expect((await count(url, model, { messages })).json.input_tokens).toBeGreaterThan(before * 1.9)
  })
})
