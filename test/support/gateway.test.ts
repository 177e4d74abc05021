import { expect, test } from 'vitest'
import { startGateway } from './gateway.ts'
import { readSse } from './sse.ts'

test('a stream passes from a simulated upstream through a gateway that a YAML text configures', async () => {
  const { url, simulator, log } = await startGateway()
  simulator.enqueue({ text: 'Grüße 🙂' })
  const response = await fetch(`${url}/v1/messages`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'anthropic-version': '2023-06-01' },
    body: JSON.stringify({
      model: 'claude-x',
      max_tokens: 50,
      stream: true,
      messages: [{ role: 'user', content: 'Hi' }],
    }),
  })
  const { events, broken } = await readSse(response)
  expect(broken).toBe(false)
  expect(events.map(({ json }) => json.delta?.text ?? '').join('')).toBe('Grüße 🙂')
  expect(events.at(-1)?.event).toBe('message_stop')
  expect(simulator.last.surface).toBe('azure-chat')
  expect(log.every((entry) => typeof entry['message'] === 'string')).toBe(true)
})
