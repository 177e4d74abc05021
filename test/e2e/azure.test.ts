/** What Azure adds to the protocols: routers, serverless endpoints, request ids, two ways to present a key. */
import { describe, expect, it } from 'vitest'
import { startGateway } from '../support/gateway.ts'
import { readSse } from '../support/sse.ts'

const messages = [{ role: 'user', content: 'Hello' }]

async function post(url: string, path: string, body: object) {
  const response = await fetch(url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  const text = response.body === null ? '' : (await readSse(response)).text
  return { status: response.status, headers: response.headers, text }
}

describe('a deployment of the model router', () => {
  const config = `
providers: { azure: { type: azure-openai, endpoint: "$UPSTREAM", apiKey: azure-key-1 } }
models: { auto: azure/auto, "*": azure/model-router }`

  it.each([
    ['/v1/messages', { max_tokens: 64, messages }, false],
    ['/v1/messages', { max_tokens: 64, messages }, true],
    ['/v1/chat/completions', { messages }, false],
    ['/v1/chat/completions', { messages }, true],
  ])('tells which model has answered: %s %j, streaming: %s', async (path, body, stream) => {
    const { url, simulator, log } = await startGateway({ config })
    simulator.enqueue({ text: 'Hello', model: 'gpt-5-nano-2025-08-07' })
    const { status, headers } = await post(url, path, { ...body, model: 'any', stream })
    expect([status, headers.get('x-dragoman-model')]).toEqual([200, 'gpt-5-nano-2025-08-07'])
    expect(log).toContainEqual(
      expect.objectContaining({ target: 'azure/model-router', answeredBy: 'gpt-5-nano-2025-08-07' }),
    )
  })

  it.each(['any', 'auto'])(
    'is asked for nothing that the weakest of its models refuses: %s',
    async (model) => {
      const { url, simulator } = await startGateway({ config })
      const thinking = { type: 'enabled', budget_tokens: 2048 }
      const { status } = await post(url, '/v1/messages', {
        model,
        max_tokens: 4096,
        thinking,
        stop_sequences: ['END'],
        messages,
      })
      expect(status).toBe(200)
      expect(simulator.last.body).not.toHaveProperty('reasoning_effort')
      expect(simulator.last.body).not.toHaveProperty('stop')
      const feature = model === 'auto' ? 'ModelRouterControls=V1Preview' : undefined
      expect(simulator.last.headers['foundry-features']).toBe(feature)
    },
  )
})

describe("Azure's request id", () => {
  it.each([
    ['/v1/messages', { max_tokens: 64, messages }, 'request-id'],
    ['/v1/chat/completions', { messages }, 'x-request-id'],
  ])('comes back to clients of %s, for answers and for errors', async (path, body, own) => {
    const { url, simulator } = await startGateway()
    const headers = { 'apim-request-id': 'apim-7', 'x-ms-region': 'East US' }
    simulator.enqueue({ text: 'Hello', headers })
    simulator.enqueue({ error: { status: 400, message: 'Wrong', headers } })
    for (const status of [200, 400]) {
      const answer = await post(url, path, { ...body, model: 'claude-sonnet-4-5' })
      expect(answer.status).toBe(status)
      expect(answer.headers.get('apim-request-id')).toBe('apim-7')
      expect(answer.headers.get(own)).toBeTruthy()
    }
  })
})

describe('Claude on Foundry', () => {
  it('is shown its key in both headers, and the version', async () => {
    const { url, simulator } = await startGateway()
    expect((await post(url, '/v1/chat/completions', { model: 'gpt-x', messages })).status).toBe(200)
    expect(simulator.last.path).toBe('/anthropic/v1/messages')
    expect(simulator.last.query.size).toBe(0)
    expect(simulator.last.headers).toMatchObject({
      'x-api-key': 'foundry-key-1',
      'api-key': 'foundry-key-1',
      'anthropic-version': '2023-06-01',
    })
  })
})
