import { describe, expect, it } from 'vitest'
import { ask, type Asked } from '../support/ask.ts'
import { EVERY_PROVIDER, startGateway } from '../support/gateway.ts'

const ROUTES = { messages: '/v1/messages', chat: '/v1/chat/completions' } as const
type Route = keyof typeof ROUTES

const errorOf = (answer: Asked): { type?: string; message: string; code?: string } => answer.json.error

/** An error in the client's own dialect: its envelope, and no trace of the other's. */
function expectDialect(route: Route, answer: Asked): void {
  expect(answer.headers['content-type']).toContain('application/json')
  expect(errorOf(answer).message).toBeTruthy()
  if (route === 'messages')
    expect(answer.json).toMatchObject({ type: 'error', error: { type: expect.any(String) } })
  else expect(Object.keys(errorOf(answer)).toSorted()).toEqual(['code', 'message', 'param', 'type'])
}

const user = { role: 'user', content: 'Hi' }
const good = { model: 'azure/gpt-4.1', max_tokens: 100, messages: [user] }

const bodies: readonly (readonly [what: string, body: string | Uint8Array, status: number, says: RegExp])[] =
  [
    ['malformed JSON', '{"model": "x", ', 400, /not valid JSON/],
    ['an empty body', '', 400, /body/],
    ['an array', '[]', 400, /JSON object/],
    ['a string', '"hello"', 400, /JSON object/],
    ['null', 'null', 400, /JSON object/],
    ['no model', JSON.stringify({ messages: [user], max_tokens: 1 }), 400, /model/],
    ['a model that is a number', JSON.stringify({ ...good, model: 7 }), 400, /model/],
    [
      'an unknown model',
      JSON.stringify({ ...good, model: 'mystery' }),
      404,
      /'mystery' is not configured.*claude-\*/,
    ],
    ['no messages', JSON.stringify({ model: good.model, max_tokens: 1 }), 400, /messages/],
    ['messages that are a string', JSON.stringify({ ...good, messages: 'Hi' }), 400, /messages/],
    ['no message at all', JSON.stringify({ ...good, messages: [] }), 400, /messages/],
    ['a message that is null', JSON.stringify({ ...good, messages: [null] }), 400, /messages/],
    [
      'an unknown role',
      JSON.stringify({ ...good, messages: [{ role: 'wizard', content: 'x' }] }),
      400,
      /role/,
    ],
    [
      'deep nesting',
      `{"model":"azure/gpt-4.1","max_tokens":1,"messages":${'['.repeat(50_000)}${']'.repeat(50_000)}}`,
      400,
      /messages/,
    ],
  ]

describe.each(Object.keys(ROUTES) as Route[])('%s', (route) => {
  // The other protocol's provider, so that every body is translated and nothing is left to the upstream.
  const model = route === 'messages' ? 'azure/gpt-4.1' : 'foundry/claude-sonnet-4-5'

  it.each(bodies)('answers %s with a clear error', async (_, body, status, says) => {
    const { url, simulator } = await startGateway({
      config: EVERY_PROVIDER.replace('"*": azure/gpt-5.2', ''),
    })
    const text = typeof body === 'string' ? body.replaceAll('azure/gpt-4.1', model) : body
    const answer = await ask(url + ROUTES[route], { method: 'POST', body: text })
    expect(answer.status).toBe(status)
    expect(errorOf(answer).message).toMatch(says)
    expectDialect(route, answer)
    expect(simulator.requests).toHaveLength(0)
  })

  it('reads broken UTF-8 without a crash', async () => {
    const { url } = await startGateway()
    const [head, tail] = JSON.stringify({ ...good, model }).split('Hi') as [string, string]
    const answer = await ask(url + ROUTES[route], {
      body: Buffer.concat([Buffer.from(`${head}H`), Buffer.from([0xff, 0xc3]), Buffer.from(tail)]),
    })
    expect(answer.status).toBe(200)
  })

  it('keeps unknown blocks and fields from failing the request', async () => {
    const { url } = await startGateway()
    const content = [
      { type: 'text', text: 'Hi' },
      { type: 'hologram', depth: 3 },
    ]
    const answer = await ask(url + ROUTES[route], {
      body: JSON.stringify({
        ...good,
        model,
        messages: [{ role: 'user', content, mood: 'calm' }],
        telepathy: true,
      }),
    })
    expect(answer.status).toBe(200)
    const dropped = String(answer.headers['x-dragoman-dropped'])
    for (const lost of ['messages[0].content[1]', 'messages[0].mood', 'telepathy'])
      expect(dropped).toContain(lost)
  })

  it('refuses to lose content when asked to', async () => {
    const { url, simulator } = await startGateway()
    const content = [
      { type: 'text', text: 'Hi' },
      { type: 'hologram', depth: 3 },
    ]
    const answer = await ask(url + ROUTES[route], {
      headers: { 'x-dragoman-lossy': 'reject' },
      body: JSON.stringify({ ...good, model, messages: [{ role: 'user', content }] }),
    })
    expect(answer.status).toBe(400)
    expect(errorOf(answer).message).toMatch(/cannot carry: messages\[0\]\.content\[1\]/)
    expect(simulator.requests).toHaveLength(0)
  })

  it('says which content type it wants', async () => {
    const { url } = await startGateway()
    const answer = await ask(url + ROUTES[route], {
      headers: { 'content-type': 'multipart/form-data; boundary=x' },
      body: '--x--',
    })
    expect(answer.status).toBe(415)
    expectDialect(route, answer)
  })
})

describe('keys', () => {
  const config = `
auth: { keys: ["client-key-123456"] }
providers:
  azure: { type: azure-openai, endpoint: "$UPSTREAM", apiKey: azure-key-1 }
models: { "*": azure/gpt-4.1 }
`
  it.each(Object.keys(ROUTES) as Route[])(
    'that are missing or wrong are a 401 that nobody retries (%s)',
    async (route) => {
      const { url } = await startGateway({ config })
      for (const headers of [{}, { 'x-api-key': 'wrong' }, { authorization: 'Bearer wrong' }]) {
        const answer = await ask(url + ROUTES[route], { headers, body: JSON.stringify(good) })
        expect(answer.status).toBe(401)
        expect(answer.headers['x-should-retry']).toBe('false')
        expectDialect(route, answer)
      }
    },
  )

  it('are never forwarded upstream, and the upstream’s never told', async () => {
    const { url, simulator, log } = await startGateway({ config })
    const answer = await ask(url + ROUTES.messages, {
      headers: { 'x-api-key': 'client-key-123456' },
      body: JSON.stringify(good),
    })
    expect(answer.status).toBe(200)
    expect(JSON.stringify(simulator.last.headers)).not.toContain('client-key-123456')
    expect(JSON.stringify([answer.headers, answer.text, log])).not.toMatch(/azure-key-1|client-key-123456/)
  })
})
