import { describe, expect, it } from 'vitest'
import { startGateway } from '../../../test/support/gateway.ts'

const CONFIG = `
providers:
  azure: { type: azure-openai, endpoint: "$UPSTREAM", apiKey: azure-key-1 }
models:
  "*": { target: azure/gpt-5.2, minOutputTokens: 512, maxOutputTokens: 1024 }
`

const ask = (url: string, path: string, limit: object) =>
  fetch(`${url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'any', messages: [{ role: 'user', content: 'Hello' }], ...limit }),
  })

describe('minOutputTokens', () => {
  it.each([
    ['translated', '/v1/messages', 'max_tokens'],
    ['passed through', '/v1/chat/completions', 'max_completion_tokens'],
  ])('raises a lower wish of a request that is %s, and no other', async (_, path, field) => {
    const { url, simulator } = await startGateway({ config: CONFIG })
    const sent: unknown[] = []
    for (const wish of [64, 700, 5000]) {
      await ask(url, path, { [field]: wish })
      sent.push(simulator.last.body.max_completion_tokens)
    }
    expect(sent).toEqual([512, 700, 1024])
  })

  it('leaves a request without a wish alone', async () => {
    const { url, simulator } = await startGateway({ config: CONFIG })
    await ask(url, '/v1/chat/completions', {})
    expect(simulator.last.body).not.toHaveProperty('max_completion_tokens')
  })
})
