/** Clients of Responses that name by an id what OpenAI would have stored, at models that are reached by other protocols. */
import OpenAI from 'openai'
import { describe, expect, it } from 'vitest'
import { startGateway, type TestGateway } from '../support/gateway.ts'

type Wire = Record<string, any>

const CONFIG = `
retries: 0
auth: { keys: [key-of-ann, key-of-bob] }
providers:
  azure:   { type: azure-openai, endpoint: "$UPSTREAM", apiKey: azure-key-1 }
  chat:    { type: azure-openai, endpoint: "$UPSTREAM", apiKey: azure-key-1, protocol: chat }
  foundry: { type: azure-foundry, baseUrl: "$UPSTREAM/anthropic", apiKey: foundry-key-1 }
  gemini:  { type: gemini, baseUrl: "$UPSTREAM", apiKey: gemini-key-1 }
models:
  both: [foundry/claude-sonnet-4-6, azure/gpt-5.4]
`

const CLAUDE = 'foundry/claude-sonnet-4-6'
const THOUGHT = 'North first.'
const SEALED = Buffer.from(THOUGHT).toString('base64')

const tools = [
  { type: 'function', name: 'look', parameters: { type: 'object', properties: {} }, strict: false },
]
const opening = {
  reasoning: { effort: 'high', summary: 'auto' },
  tools,
  input: 'Look at 12345678901234567890',
}
const firstAnswer = { thinking: THOUGHT, text: 'I look.', toolCalls: [{ name: 'look', input: { at: 'it' } }] }

const client = (gateway: TestGateway, apiKey = 'key-of-ann') =>
  new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey, maxRetries: 0 })

/** Asks as the client does, streaming or not, and gives the answer whole. */
async function answer(gateway: TestGateway, body: Wire, key?: string): Promise<Wire> {
  const { responses } = client(gateway, key)
  if (body['stream'] !== true) return (await responses.create(body as any)) as Wire
  let whole: Wire = {}
  const output: Wire[] = []
  for await (const event of (await responses.create(body as any)) as any) {
    if (event.type === 'response.output_item.done') output.push(event.item)
    if (event.type === 'response.completed') whole = event.response
  }
  expect(whole['output']).toEqual(output)
  return whole
}

const refused = (gateway: TestGateway, body: Wire, key?: string): Promise<Wire> =>
  client(gateway, key)
    .responses.create(body as any)
    .then(
      () => expect.unreachable('it was answered'),
      (error: Wire) => error,
    )

const references = ({ output }: Wire) => output.map(({ id }: Wire) => ({ type: 'item_reference', id }))
const seen = ({ output }: Wire) => ({
  type: 'function_call_output',
  call_id: output.at(-1).call_id,
  output: 'seen',
})

describe.each([
  ['streamed', true],
  ['whole', false],
])('items of a %s answer', (_, stream) => {
  it.each([
    ['Claude', CLAUDE],
    ['Gemini', 'gemini/gemini-3-pro'],
  ])('go back to %s for their ids, thoughts included', async (_name, model) => {
    const gateway = await startGateway({ config: CONFIG })
    gateway.simulator.enqueue(firstAnswer, { text: 'Fine.' })
    const first = await answer(gateway, { ...opening, model, stream })
    const asked = { role: 'user', content: 'Look' }
    const { data, response } = await client(gateway)
      .responses.create({ ...opening, model, input: [asked, ...references(first), seen(first)] } as any)
      .withResponse()
    expect((data as Wire)['output_text']).toBe('Fine.')
    const sent = gateway.simulator.last.bytes.toString()
    expect(sent).toContain('I look.')
    expect(sent).toContain(SEALED)
    expect(sent).toContain('seen')
    expect(response.headers.get('x-dragoman-dropped') ?? '').not.toContain('input')
  })

  it('go back to Chat', async () => {
    const gateway = await startGateway({ config: CONFIG })
    gateway.simulator.enqueue({ text: 'I look.', toolCalls: firstAnswer.toolCalls }, { text: 'Fine.' })
    const { reasoning: _reasoning, ...plain } = opening
    const first = await answer(gateway, { ...plain, model: 'chat/gpt-4.1', stream })
    await answer(gateway, { ...plain, model: 'chat/gpt-4.1', input: [...references(first), seen(first)] })
    expect(gateway.simulator.last.body['messages']).toMatchObject([
      { role: 'assistant', content: 'I look.', tool_calls: [{ function: { name: 'look' } }] },
      { role: 'tool', content: 'seen' },
    ])
  })

  it('are forgotten at once when the client asked for that', async () => {
    const gateway = await startGateway({ config: CONFIG })
    gateway.simulator.enqueue(firstAnswer)
    const first = await answer(gateway, { ...opening, model: CLAUDE, stream, store: false })
    const error = await refused(gateway, { model: CLAUDE, input: references(first) })
    expect(error['status']).toBe(400)
    expect(error['message']).toContain(first['output'][0].id)
  })
})

describe('a reference', () => {
  it('that is not known is refused by its name, and what helps is said', async () => {
    const gateway = await startGateway({ config: CONFIG })
    const error = await refused(gateway, {
      model: CLAUDE,
      input: [{ role: 'user', content: 'Hi' }, { id: 'msg_unheard_of' }],
    })
    expect(error).toMatchObject({ status: 400, type: 'invalid_request_error', param: 'input', code: null })
    expect(error['message']).toMatch(/Item with id 'msg_unheard_of' not found.*`store` set to false/)
    expect(gateway.simulator.requests).toHaveLength(0)
  })

  it('is not known to another client', async () => {
    const gateway = await startGateway({ config: CONFIG })
    gateway.simulator.enqueue(firstAnswer)
    const first = await answer(gateway, { ...opening, model: CLAUDE })
    const body = { model: CLAUDE, input: references(first) }
    expect(await refused(gateway, body, 'key-of-bob')).toMatchObject({ status: 400 })
    const previous = { model: CLAUDE, input: 'And?', previous_response_id: first['id'] }
    expect(await refused(gateway, previous, 'key-of-bob')).toMatchObject({
      code: 'previous_response_not_found',
    })
  })

  it('to what another model said becomes the item, also where bytes pass through', async () => {
    const gateway = await startGateway({ config: CONFIG })
    gateway.simulator.enqueue(firstAnswer, { text: 'Fine.' })
    const first = await answer(gateway, { ...opening, model: CLAUDE })
    const input = [{ role: 'user', content: 'Look' }, ...references(first), seen(first)]
    await answer(gateway, { ...opening, model: 'azure/gpt-5.4', input })
    const { body } = gateway.simulator.last
    // Claude's thought is sealed for Claude; no id is left that OpenAI would look up.
    expect(body['input']).toMatchObject([
      { role: 'user' },
      { type: 'message', content: [{ text: 'I look.' }] },
      { type: 'function_call', name: 'look' },
      { type: 'function_call_output' },
    ])
    expect(JSON.stringify(body['input'])).not.toMatch(/"id"/)
  })

  it('of a passed-through answer stays the upstream’s own, also behind one that has to be translated', async () => {
    const gateway = await startGateway({ config: CONFIG })
    const input = [{ type: 'item_reference', id: 'msg_of_azure' }]
    await answer(gateway, { model: 'azure/gpt-5.4', input })
    expect(gateway.simulator.last.body['input']).toEqual(input)
    await answer(gateway, { model: 'both', input })
    expect(gateway.simulator.last.body['input']).toEqual(input)
  })

  it('counts with all that it stands for', async () => {
    const gateway = await startGateway({ config: CONFIG })
    gateway.simulator.enqueue({ text: 'word '.repeat(2000) })
    const first = await answer(gateway, { model: CLAUDE, input: 'Hi' })
    const input = [...references(first), { role: 'user', content: 'Hi' }]
    const { input_tokens } = await client(gateway).responses.inputTokens.count({
      model: CLAUDE,
      input,
    } as any)
    expect(input_tokens).toBeGreaterThan(1000)
  })
})

describe('a previous response', () => {
  it('goes on, answer after answer, with everything that was said before', async () => {
    const gateway = await startGateway({ config: CONFIG })
    gateway.simulator.enqueue(firstAnswer, { text: 'Fine.' }, { text: 'Still fine.' })
    const first = await answer(gateway, { ...opening, model: CLAUDE, stream: true })
    const { input: _, ...settings } = opening
    const next = (previous: Wire, input: unknown) =>
      answer(gateway, { ...settings, model: CLAUDE, previous_response_id: previous['id'], input })
    const second = await next(first, [seen(first)])
    const early = gateway.simulator.last.body['messages'] as Wire[]
    await next(second, 'And now?')
    const sent = gateway.simulator.last.body['messages'] as Wire[]
    expect(sent).toMatchObject([
      { role: 'user', content: [{ text: 'Look at 12345678901234567890' }] },
      { role: 'assistant', content: [{ type: 'thinking' }, { text: 'I look.' }, { type: 'tool_use' }] },
      { role: 'user', content: [{ type: 'tool_result' }] },
      { role: 'assistant', content: [{ text: 'Fine.' }] },
      { role: 'user', content: [{ text: 'And now?' }] },
    ])
    expect(JSON.stringify(sent)).toContain(SEALED)
    // Prompt caches hold: each turn extends the one before.
    expect(JSON.stringify(sent.slice(0, 2))).toBe(JSON.stringify(early.slice(0, 2)))
  })

  it('goes on at a model that speaks Responses itself', async () => {
    const gateway = await startGateway({ config: CONFIG })
    gateway.simulator.enqueue({ text: 'I am Claude.' }, { text: 'Fine.' })
    const first = await answer(gateway, { model: CLAUDE, input: 'Who are you?' })
    await answer(gateway, { model: 'azure/gpt-5.4', previous_response_id: first['id'], input: 'And now?' })
    expect(gateway.simulator.last.body).toMatchObject({
      previous_response_id: null,
      input: [{ content: 'Who are you?' }, { content: [{ text: 'I am Claude.' }] }, { content: 'And now?' }],
    })
  })

  it('that is not known is refused as OpenAI does', async () => {
    const gateway = await startGateway({ config: CONFIG })
    const error = await refused(gateway, { model: CLAUDE, previous_response_id: 'resp_x', input: 'And?' })
    expect(error).toMatchObject({ status: 400, code: 'previous_response_not_found' })
    expect(error['message']).toContain("Previous response with id 'resp_x' not found.")
  })

  it('that failed is none', async () => {
    const gateway = await startGateway({ config: CONFIG })
    gateway.simulator.enqueue({ text: 'This never ends.', faults: { cutAfterEvents: 5 } })
    const events: Wire[] = []
    const stream = await client(gateway).responses.create({ model: CLAUDE, input: 'Hi', stream: true })
    for await (const event of stream) events.push(event)
    const { response } = events.at(-1) ?? {}
    expect(response.status).toBe('failed')
    const next = { model: CLAUDE, previous_response_id: response.id, input: 'And?' }
    expect(await refused(gateway, next)).toMatchObject({ code: 'previous_response_not_found' })
  })
})
