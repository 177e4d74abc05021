import OpenAI from 'openai'
import { describe, expect, it } from 'vitest'
import { asArray } from '../../src/ir/json.ts'
import { ask } from '../support/ask.ts'
import { EVERY_PROVIDER, startGateway, type TestGateway } from '../support/gateway.ts'

const client = (gateway: TestGateway) =>
  new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: 'any', maxRetries: 0 })
const SUMMARY = 'They want a boat; its hull is done, the mast is next.'

const TARGETS = [
  ['Claude on Foundry', 'foundry/claude-sonnet-4-6'],
  ['Azure Chat', 'dated/gpt-4.1'],
  ['Gemini', 'gemini/gemini-3-pro'],
] as const

const history = [
  { role: 'developer', content: 'You build boats.' },
  { role: 'user', content: 'Build me a boat' },
  { type: 'function_call', call_id: 'c1', name: 'saw', arguments: '{"plank":"oak-17"}' },
  { type: 'function_call_output', call_id: 'c1', output: 'sawn' },
]
const tools = [
  {
    type: 'function',
    name: 'saw',
    parameters: { type: 'object', properties: { plank: { type: 'string' } } },
    strict: false,
  },
]
const trigger = { type: 'compaction_trigger' }

async function answer(gateway: TestGateway, model: string, form: string, input: any[]): Promise<any> {
  const body: any = {
    model,
    store: false,
    tools,
    input,
    include: ['reasoning.encrypted_content'],
    reasoning: { effort: 'medium' },
  }
  const { responses } = client(gateway)
  return form === 'whole' ? responses.create(body) : responses.stream(body).finalResponse()
}

const withSecret = (secret: string) => `${EVERY_PROVIDER}\nsecret: ${secret}\n`

describe.each(TARGETS)('compaction on %s', (_, model) => {
  it.each(['whole', 'streamed'])('gives one sealed item, which a new process reads (%s)', async (form) => {
    const config = withSecret('a-shared-secret-of-two-processes')
    const before = await startGateway({ config })
    before.simulator.enqueue({
      text: SUMMARY,
      thinking: 'What matters?',
      usage: { input: 150_000, output: 200 },
    })
    const compacted = await answer(before, model, form, [...history, trigger])
    expect(compacted.output).toEqual([
      { type: 'compaction', id: expect.stringMatching(/^cmp_/), encrypted_content: expect.any(String) },
    ])
    expect(compacted.status).toBe('completed')
    expect(compacted.usage).toMatchObject({ output_tokens: 200 })
    expect(compacted.usage.input_tokens).toBe(150_000)
    expect(JSON.stringify(compacted.output)).not.toContain('mast')
    const asked = JSON.stringify(before.simulator.last.body)
    expect(asked).toContain('oak-17')
    expect(asked).not.toContain('compaction_trigger')
    await before.close()

    const after = await startGateway({ config })
    after.simulator.enqueue({ text: 'The mast is up.' }, { text: 'It is.' })
    const input = [history[0], history[1], ...compacted.output]
    expect((await answer(after, model, form, input)).output_text).toBe('The mast is up.')
    expect(JSON.stringify(after.simulator.last.body)).toContain(SUMMARY)
    expect((await answer(after, 'azure/gpt-5.4', form, input)).output_text).toBe('It is.')
    expect(after.simulator.last.path).toBe('/openai/v1/responses')
    expect(JSON.stringify(after.simulator.last.body)).toContain(SUMMARY)
    expect(JSON.stringify(after.simulator.last.body)).not.toContain('dg1.')
  })

  it.each([
    ['that OpenAI sealed', 'gAAAAABsealed'],
    ['that is forged', 'dg1.AA.AA.AA.forged'],
  ])('reports a history %s as lost', async (_of, encrypted_content) => {
    const gateway = await startGateway()
    const input = [history[1], { type: 'compaction', encrypted_content }, { role: 'user', content: 'Go on' }]
    const send = (headers: Record<string, string>) =>
      ask(`${gateway.url}/v1/responses`, { body: JSON.stringify({ model, store: false, input }), headers })
    const told = await send({})
    expect(told.headers['x-dragoman-dropped']).toContain('messages[1]')
    expect(JSON.stringify(gateway.simulator.last.body)).not.toContain(encrypted_content)
    const refused = await send({ 'x-dragoman-lossy': 'reject' })
    expect(refused.status).toBe(400)
  })

  it('fails as a broken answer does when there is no summary in it', async () => {
    const gateway = await startGateway()
    gateway.simulator.respond(() => ({ toolCalls: [{ name: 'saw', input: {} }] }))
    for (const stream of [false, true]) {
      const body = JSON.stringify({ model, store: false, stream, tools, input: [...history, trigger] })
      const failed = await fetch(`${gateway.url}/v1/responses`, { method: 'POST', body })
      expect(failed.status).toBe(502)
      expect(await failed.text()).toContain('no summary')
    }
  })
})

describe.each(TARGETS)('the compacting route for %s', (_, model) => {
  it('answers with the user’s messages and one item, which the next request holds', async () => {
    const gateway = await startGateway()
    gateway.simulator.enqueue(
      { text: SUMMARY, usage: { input: 900, output: 20 } },
      { text: 'The mast is up.' },
    )
    const { responses } = client(gateway)
    const compacted = await responses.compact({ model: model as any, input: history as any })
    expect(compacted.object).toBe('response.compaction')
    expect(compacted.usage).toMatchObject({ input_tokens: 900, output_tokens: 20 })
    expect(compacted.output).toMatchObject([
      { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Build me a boat' }] },
      { type: 'compaction' },
    ])
    const input = [...compacted.output, { role: 'user', content: 'Go on' }]
    expect((await answer(gateway, model, 'whole', input)).output_text).toBe('The mast is up.')
    const after = JSON.stringify(gateway.simulator.last.body)
    expect(after).toContain(SUMMARY)
    expect(after).toContain('Build me a boat')
  })

  it('tells an error as every route does', async () => {
    const gateway = await startGateway()
    const body = JSON.stringify({ model, input: [{ role: 'nobody', content: 'x' }] })
    const refused = await ask(`${gateway.url}/v1/responses/compact`, { body })
    expect(refused.status).toBe(400)
    expect(refused.json.error.message).toContain('role')
  })
})

describe('compaction on a target that speaks Responses', () => {
  it('is left to the vendor', async () => {
    const gateway = await startGateway()
    gateway.simulator.enqueue({ text: 'x' })
    await answer(gateway, 'azure/gpt-5.4', 'whole', [...history, trigger])
    expect(asArray(gateway.simulator.last.body['input']).at(-1)).toEqual(trigger)
  })

  it('is carried to it on its own route', async () => {
    const gateway = await startGateway()
    await ask(`${gateway.url}/v1/responses/compact`, {
      body: JSON.stringify({ model: 'azure/gpt-5.4', input: history }),
    })
    expect(gateway.simulator.last.path).toBe('/openai/v1/responses/compact')
  })
})
