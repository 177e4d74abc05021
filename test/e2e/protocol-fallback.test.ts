import { describe, expect, it } from 'vitest'
import { ask } from '../support/ask.ts'
import { startGateway } from '../support/gateway.ts'

const tool = { name: 'get_weather', input_schema: { type: 'object', properties: {} } }
const body = JSON.stringify({
  model: 'azure/gpt-5.2',
  max_tokens: 100,
  tools: [tool],
  messages: [{ role: 'user', content: 'Hi' }],
})

describe('a target without the protocol that suits best', () => {
  it('is spoken to in its next one, and remembered', async () => {
    const { url, simulator } = await startGateway()
    simulator.respond((request) =>
      request.path.endsWith('/responses')
        ? { error: { status: 404, message: 'Resource not found', code: '404' } }
        : { text: 'From Chat.' },
    )
    for (const paths of [['responses', 'completions'], ['completions']]) {
      const before = simulator.requests.length
      const answer = await ask(`${url}/v1/messages`, { body })
      expect(answer.json.content[0].text).toBe('From Chat.')
      expect(simulator.requests.slice(before).map(({ path }) => path.split('/').at(-1))).toEqual(paths)
    }
  })

  it('that is not there at all is told as it was first', async () => {
    const { url, simulator } = await startGateway()
    const error = {
      status: 404,
      code: 'DeploymentNotFound',
      message: 'The API deployment for this resource does not exist.',
    }
    simulator.respond(() => ({ error }))
    const answer = await ask(`${url}/v1/messages`, { body })
    expect(answer.status).toBe(404)
    expect(answer.json.error.message).toContain('gpt-5.2')
    expect(simulator.requests).toHaveLength(2)
  })
})
