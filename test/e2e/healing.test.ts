import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../../src/ir/json.ts'
import type { ReceivedRequest } from '../../src/simulator/received.ts'
import type { Failure } from '../../src/simulator/script.ts'
import { ask } from '../support/ask.ts'
import { startGateway, type TestGateway } from '../support/gateway.ts'
import { readSse } from '../support/sse.ts'

const VERSION = { 'anthropic-version': '2023-06-01' }
const user = { role: 'user', content: 'Hi' }

/** Deployments whose names or families tell nothing true, so that what they refuse has to be learned. */
const CONFIG = `
retries: 0
providers:
  azure:   { type: azure-openai, endpoint: "$UPSTREAM", apiKey: azure-key-1 }
  foundry: { type: azure-foundry, baseUrl: "$UPSTREAM/anthropic", apiKey: foundry-key-1, models: { plain: { family: claude-opus-4-6 } } }
  claude:  { type: anthropic, baseUrl: "$UPSTREAM", apiKey: anthropic-key-1 }
models: { "*": azure/prod }`

const deployments = { prod: 'gpt-5', plain: 'claude-sonnet-4-5' }

const send = (url: string, body: JsonObject, headers: Readonly<Record<string, string>> = {}) =>
  ask(url + (body['max_tokens'] === undefined || 'n' in body ? '/v1/chat/completions' : '/v1/messages'), {
    headers: { ...VERSION, ...headers },
    body: JSON.stringify(body),
  })

/** Refuses as long as the predicate finds something to refuse. */
function refusing(
  { simulator }: TestGateway,
  refuse: (request: ReceivedRequest) => Failure | undefined,
): void {
  simulator.respond((request) => {
    const error = refuse(request)
    return error === undefined ? { text: 'taken' } : { error }
  })
}

const anthropic400 = (message: string): Failure => ({ status: 400, type: 'invalid_request_error', message })

describe('a parameter that the upstream refuses', () => {
  it('is left out, told, and never sent again', async () => {
    const gateway = await startGateway({ config: CONFIG, simulator: { checks: 'lenient' } })
    refusing(gateway, ({ body }) =>
      'context_management' in body
        ? anthropic400('context_management: Extra inputs are not permitted')
        : undefined,
    )
    const body = {
      model: 'claude/claude-opus-5-5',
      max_tokens: 100,
      context_management: { edits: [] },
      big: 1,
      messages: [user],
    }
    for (const requests of [2, 3]) {
      const answer = await send(gateway.url, body)
      expect(answer.json.content[0].text).toBe('taken')
      expect(answer.headers['x-dragoman-dropped']).toBe('context_management;unsupported')
      expect(gateway.simulator.requests).toHaveLength(requests)
    }
    expect(gateway.simulator.last.body).toEqual({
      model: 'claude-opus-5-5',
      max_tokens: 100,
      big: 1,
      messages: [user],
    })
  })

  it('is left out of a translated request too, streamed, before anything was sent', async () => {
    const gateway = await startGateway({ config: CONFIG, simulator: { deployments } })
    const question = {
      model: 'azure/prod',
      max_tokens: 100,
      stream: true,
      temperature: 0.5,
      messages: [user],
    }
    for (const requests of [2, 3]) {
      const answer = await fetch(`${gateway.url}/v1/messages`, {
        method: 'POST',
        headers: { ...VERSION, 'content-type': 'application/json' },
        body: JSON.stringify(question),
      })
      const { events } = await readSse(answer)
      expect(answer.status).toBe(200)
      expect(answer.headers.get('x-dragoman-dropped')).toContain('temperature;unsupported')
      expect(events.at(-1)?.event).toBe('message_stop')
      expect(gateway.simulator.requests).toHaveLength(requests)
    }
  })

  it('goes by another name where the upstream says so', async () => {
    const config = CONFIG.replace(
      'apiKey: azure-key-1',
      'apiKey: azure-key-1, dialect: { maxTokensField: max_tokens }',
    )
    const gateway = await startGateway({ config, simulator: { deployments } })
    const answer = await send(gateway.url, { model: 'azure/prod', n: 1, max_tokens: 77, messages: [user] })
    expect(answer.status).toBe(200)
    expect(gateway.simulator.last.body).toMatchObject({ max_completion_tokens: 77 })
    expect(gateway.simulator.last.body).not.toHaveProperty('max_tokens')
  })

  it('is repaired up to three times, then the upstream’s own answer goes on', async () => {
    const gateway = await startGateway({ config: CONFIG, simulator: { checks: 'lenient' } })
    const names = ['a', 'b', 'c', 'd']
    refusing(gateway, ({ body }) => {
      const name = names.find((one) => one in body)
      return name === undefined ? undefined : anthropic400(`${name}: Extra inputs are not permitted`)
    })
    const body = { model: 'claude/claude-opus-5-5', max_tokens: 9, messages: [user] }
    const three = await send(gateway.url, { ...body, a: 1, b: 1, c: 1 })
    expect(three.status).toBe(200)
    expect(gateway.simulator.requests).toHaveLength(4)

    const other = await startGateway({ config: CONFIG, simulator: { checks: 'lenient' } })
    refusing(other, () =>
      anthropic400(`${names[other.simulator.requests.length]}: Extra inputs are not permitted`),
    )
    const never = await send(other.url, body)
    expect(never.status).toBe(400)
    expect(other.simulator.requests).toHaveLength(4)
  })

  it('that is the question itself is the client’s affair', async () => {
    const gateway = await startGateway({ config: CONFIG, simulator: { checks: 'lenient' } })
    refusing(gateway, () => anthropic400('messages.0.mood: Extra inputs are not permitted'))
    const answer = await send(gateway.url, {
      model: 'claude/claude-opus-5-5',
      max_tokens: 9,
      messages: [user],
    })
    expect(answer.status).toBe(400)
    expect(answer.json.error.message).toBe('messages.0.mood: Extra inputs are not permitted')
    expect(gateway.simulator.requests).toHaveLength(1)
  })

  it('is not remembered when leaving it out did not help', async () => {
    const gateway = await startGateway({ config: CONFIG, simulator: { checks: 'lenient' } })
    refusing(gateway, () => anthropic400('seed: Extra inputs are not permitted'))
    const body = { model: 'claude/claude-opus-5-5', max_tokens: 9, seed: 4, messages: [user] }
    await send(gateway.url, body)
    gateway.simulator.reset()
    await send(gateway.url, body)
    expect(gateway.simulator.requests[0]?.body).toHaveProperty('seed')
  })
})

describe('what a deployment of another make than it says refuses', () => {
  it('is learned: its thinking, its efforts, its limit', async () => {
    const gateway = await startGateway({ config: CONFIG, simulator: { deployments } })
    const body = {
      model: 'foundry/plain',
      max_tokens: 90_000,
      thinking: { type: 'adaptive' },
      output_config: { effort: 'low' },
      messages: [user],
    }
    const answer = await send(gateway.url, body)
    expect(answer.status).toBe(200)
    expect(gateway.simulator.last.body).toMatchObject({ max_tokens: 64_000, thinking: { type: 'enabled' } })
    expect(gateway.simulator.last.body).not.toHaveProperty('output_config')
    const dropped = String(answer.headers['x-dragoman-dropped'])
    for (const path of ['max_tokens', 'thinking', 'output_config.effort']) expect(dropped).toContain(path)
    const before = gateway.simulator.requests.length
    expect((await send(gateway.url, body)).status).toBe(200)
    expect(gateway.simulator.requests).toHaveLength(before + 1)
  })

  it('is learned of one deployment and not held against another', async () => {
    const gateway = await startGateway({ config: CONFIG, simulator: { checks: 'lenient' } })
    refusing(gateway, ({ body }) =>
      body['model'] === 'a' && 'novelty' in body
        ? anthropic400('novelty: Extra inputs are not permitted')
        : undefined,
    )
    const body = { max_tokens: 9, novelty: 1, messages: [user] }
    await send(gateway.url, { ...body, model: 'claude/a' })
    await send(gateway.url, { ...body, model: 'claude/b' })
    expect(gateway.simulator.last.body).toHaveProperty('novelty')
  })
})

describe('a beta that the upstream does not know', () => {
  it('is left out of the header, told, and never sent again', async () => {
    const known = 'interleaved-thinking-2025-05-14'
    const gateway = await startGateway({ config: CONFIG, simulator: { betas: [known] } })
    const body = { model: 'foundry/claude-sonnet-4-6', max_tokens: 9, messages: [user] }
    const headers = { 'anthropic-beta': `${known},advisor-tool-2026-03-01` }
    for (const requests of [2, 3]) {
      const answer = await send(gateway.url, body, headers)
      expect(answer.status).toBe(200)
      expect(answer.headers['x-dragoman-dropped']).toBe('anthropic-beta[advisor-tool-2026-03-01];unsupported')
      expect(gateway.simulator.last.headers['anthropic-beta']).toBe(known)
      expect(gateway.simulator.requests).toHaveLength(requests)
    }
  })
})

describe('reasoning of another account in the history', () => {
  const tools = [{ name: 'look', input_schema: { type: 'object', properties: {} } }]
  const foreign = { type: 'thinking', thinking: 'hm', signature: 'Zm9yZWlnbg==' }
  const call = { type: 'tool_use', id: 'toolu_1', name: 'look', input: {} }
  const result = { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content: 'seen' }] }
  const loop = [user, { role: 'assistant', content: [foreign, call] }, result]

  it('is left out once it was refused, and from then on', async () => {
    const gateway = await startGateway({ config: CONFIG })
    const body = { model: 'claude/claude-opus-5-5', max_tokens: 9, tools, messages: loop }
    for (const requests of [2, 3]) {
      const answer = await send(gateway.url, body)
      expect(answer.status).toBe(200)
      expect(answer.headers['x-dragoman-dropped']).toBe('messages[1].content[0];foreign-seal')
      expect(gateway.simulator.requests).toHaveLength(requests)
    }
    expect(gateway.simulator.last.body['messages']).toEqual([
      user,
      { role: 'assistant', content: [call] },
      result,
    ])
  })

  it('does not take the target’s own with it later', async () => {
    const gateway = await startGateway({ config: CONFIG })
    const body = { model: 'claude/claude-opus-5-5', max_tokens: 99, tools, thinking: { type: 'adaptive' } }
    gateway.simulator.respond(() => ({ thinking: 'I see.', text: 'Done.' }))
    const first = await send(gateway.url, { ...body, messages: loop })
    const own = first.json.content
    expect(own[0].signature).toBeTruthy()
    await send(gateway.url, { ...body, messages: [...loop, { role: 'assistant', content: own }, user] })
    expect(gateway.simulator.requests).toHaveLength(3)
    expect((gateway.simulator.last.body['messages'] as unknown[])[3]).toEqual({
      role: 'assistant',
      content: own,
    })
  })

  it('takes thinking by budget with it where a tool loop would have to begin with it', async () => {
    const gateway = await startGateway({ config: CONFIG })
    const answer = await send(gateway.url, {
      model: 'claude/claude-sonnet-4-5',
      max_tokens: 9000,
      tools,
      thinking: { type: 'enabled', budget_tokens: 2000 },
      messages: loop,
    })
    expect(answer.status).toBe(200)
    expect(gateway.simulator.last.body['thinking']).toEqual({ type: 'disabled' })
    expect(answer.headers['x-dragoman-dropped']).toBe(
      'messages[1].content[0];foreign-seal, thinking;approximated',
    )
  })

  it('is not asked about twice', async () => {
    const gateway = await startGateway({ config: CONFIG, simulator: { checks: 'lenient' } })
    refusing(gateway, () => anthropic400('messages.1.content.0: Invalid `signature` in `thinking` block'))
    const answer = await send(gateway.url, { model: 'claude/x', max_tokens: 9, messages: loop })
    expect(answer.status).toBe(400)
    expect(answer.json.error.message).toContain('Invalid `signature`')
    expect(gateway.simulator.requests).toHaveLength(2)
  })

  it('is left out of a translated request', async () => {
    const gateway = await startGateway({ config: CONFIG, simulator: { checks: 'lenient' } })
    gateway.simulator.enqueue({
      thinking: 'I look.',
      toolCalls: [{ name: 'look', input: {}, id: 'toolu_1' }],
    })
    const tool = {
      type: 'function',
      function: { name: 'look', parameters: { type: 'object', properties: {} } },
    }
    const question = { model: 'claude/claude-opus-5-5', reasoning_effort: 'high', tools: [tool] }
    const first = await send(gateway.url, { ...question, messages: [user] })
    const said = first.json.choices[0].message
    refusing(gateway, (request) =>
      request.bytes.includes('"thinking":"I look."')
        ? anthropic400('messages.1.content.0: Invalid `signature` in `thinking` block')
        : undefined,
    )
    const told = { role: 'tool', tool_call_id: said.tool_calls[0].id, content: 'seen' }
    const second = await send(gateway.url, { ...question, messages: [user, said, told] })
    expect(second.status).toBe(200)
    expect(second.headers['x-dragoman-dropped']).toContain('foreign-seal')
    expect(gateway.simulator.requests).toHaveLength(3)
  })
})
