import OpenAI from 'openai'
import { describe, expect, it } from 'vitest'
import { ask } from '../support/ask.ts'
import { startGateway, type TestGateway } from '../support/gateway.ts'
import { readSse } from '../support/sse.ts'

const client = (gateway: TestGateway) =>
  new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: 'any', maxRetries: 0 })

/** Answers with the prompt itself, so that every choice shows which prompt it belongs to. */
async function echoing(): Promise<TestGateway> {
  const gateway = await startGateway()
  gateway.simulator.respond((request) => {
    const prompt = /prompt-\w+/.exec(JSON.stringify(request.body))?.[0] ?? 'nothing'
    return { text: `You said ${prompt}, and here is some more text.` }
  })
  return gateway
}

describe.each(['azure/gpt-4.1', 'foundry/claude-sonnet-4-5', 'gemini/gemini-2.5-pro'])(
  'legacy completions on %s',
  (model) => {
    it('answer one prompt', async () => {
      const data = await client(await echoing()).completions.create({
        model,
        prompt: 'prompt-a',
        max_tokens: 100,
      })
      expect(data.object).toBe('text_completion')
      expect(data.choices).toEqual([
        expect.objectContaining({ index: 0, logprobs: null, finish_reason: 'stop' }),
      ])
      expect(data.choices[0]?.text).toContain('You said prompt-a')
      expect(data.usage?.completion_tokens).toBeGreaterThan(0)
    })

    it('stream', async () => {
      const stream = await client(await echoing()).completions.create({
        model,
        prompt: 'prompt-a',
        max_tokens: 100,
        stream: true,
      })
      const chunks: OpenAI.Completion[] = []
      for await (const chunk of stream) chunks.push(chunk)
      expect(chunks.map((chunk) => chunk.choices[0]?.text ?? '').join('')).toContain('You said prompt-a')
      expect(chunks.at(-1)?.choices[0]?.finish_reason).toBe('stop')
    })

    it('answer several prompts n times, in OpenAI’s order', async () => {
      const gateway = await echoing()
      const data = await client(gateway).completions.create({
        model,
        prompt: ['prompt-a', 'prompt-b'],
        n: 2,
        max_tokens: 100,
      })
      expect(data.choices.map((choice) => choice.index)).toEqual([0, 1, 2, 3])
      expect(data.choices.map((choice) => /prompt-\w/.exec(choice.text)?.[0])).toEqual([
        'prompt-a',
        'prompt-a',
        'prompt-b',
        'prompt-b',
      ])
      expect(gateway.simulator.requests).toHaveLength(4)
    })

    it('stream several prompts with one ending', async () => {
      const gateway = await echoing()
      const response = await fetch(`${gateway.url}/v1/completions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({
          model,
          prompt: ['prompt-a', 'prompt-b'],
          max_tokens: 100,
          stream: true,
          stream_options: { include_usage: true },
        }),
      })
      const { events } = await readSse(response)
      const textOf = (index: number) =>
        events
          .flatMap(
            ({ json }) =>
              json?.choices
                ?.filter((choice: { index: number }) => choice.index === index)
                .map((choice: { text: string }) => choice.text) ?? [],
          )
          .join('')
      expect(textOf(0)).toContain('prompt-a')
      expect(textOf(1)).toContain('prompt-b')
      expect(events.filter(({ data }) => data === '[DONE]')).toHaveLength(1)
      expect(
        events.filter(({ json }) => typeof json?.usage === 'object' && json.usage !== null),
      ).toHaveLength(1)
    })

    it('echo the prompt when asked to', async () => {
      const data = await client(await echoing()).completions.create({
        model,
        prompt: 'prompt-a',
        echo: true,
        max_tokens: 100,
      })
      expect(data.choices[0]?.text).toMatch(/^prompt-aYou said/)
    })
  },
)

describe('legacy completions', () => {
  it('refuse what no model here can do, naming the field', async () => {
    const { url } = await startGateway()
    const cases = [
      [{ prompt: [1, 2, 3] }, 'prompt'],
      [{ prompt: 'x', suffix: 'y' }, 'suffix'],
      [{ prompt: 'x', best_of: 3 }, 'best_of'],
      [{ prompt: 'x', logprobs: 2 }, 'logprobs'],
    ] as const
    for (const [fields, param] of cases) {
      const answer = await ask(`${url}/v1/completions`, {
        body: JSON.stringify({ model: 'azure/gpt-4.1', ...fields }),
      })
      expect(answer.status).toBe(400)
      expect(answer.json.error.param).toBe(param)
    }
  })

  it('tell the first failure of several prompts, once', async () => {
    const { url, simulator } = await startGateway()
    simulator.respond(() => ({ error: { status: 400, message: 'bad thing' } }))
    for (const stream of [false, true]) {
      const answer = await ask(`${url}/v1/completions`, {
        body: JSON.stringify({ model: 'azure/gpt-4.1', prompt: ['a', 'b', 'c'], stream }),
      })
      expect(answer.status).toBe(400)
      expect(answer.json.error.message).toContain('bad thing')
    }
  })
})
