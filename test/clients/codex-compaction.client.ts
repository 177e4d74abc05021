import { beforeAll, describe, expect, it } from 'vitest'
import { asArray } from '../../src/ir/json.ts'
import { startGateway, type TestGateway } from '../support/gateway.ts'
import { ask, BACKENDS, configFor, installCodex } from './codex-session.ts'
import type { Installed } from './install.ts'
import { testFolder } from './run-client.ts'

let codex: Installed
beforeAll(async () => {
  codex = await installCodex()
})

const counting = {
  text: 'I count.',
  toolCalls: [{ name: 'exec_command', input: { cmd: 'echo one' } }],
  usage: { input: 150_000, output: 100 },
}
const small = { input: 1000, output: 10 }
const limit = 'model_auto_compact_token_limit=100000'

describe.each(BACKENDS)('Codex on %s', (_, target, path) => {
  it('compacts by itself when the usage that it is told nears its limit', async (test) => {
    if ('missing' in codex) return test.skip(codex.missing)
    const gateway = await startGateway({ config: configFor(target) })
    gateway.simulator.enqueue(
      counting,
      { text: 'They want a count and have one.', usage: small },
      { text: 'All counted.', usage: small },
    )
    const ran = await ask(codex, gateway, { prompt: 'Count', cwd: await testFolder(), settings: [limit] })
    expect(ran.stderr).toContain('context compacted')
    expect(ran.stdout).toContain('All counted.')
    expect(ran.code).toBe(0)

    expect(gateway.simulator.requests.map((request) => request.path)).toEqual([path, path, path])
    const [, compaction = '', after = ''] = gateway.simulator.requests.map(({ body }) => JSON.stringify(body))
    expect(compaction).toContain('CONTEXT CHECKPOINT COMPACTION')
    expect(compaction).toContain('echo one')
    expect(after).toContain('They want a count and have one.')
    expect(after).not.toContain('echo one')
  })
})

describe('Codex with its own provider, led to the gateway by `openai_base_url`', () => {
  const settings = (url: string) => [limit, 'model_provider="openai"', `openai_base_url="${url}/v1"`]
  const askOpenai = async (gateway: TestGateway, prompt: string) =>
    ask(codex, gateway, {
      prompt,
      cwd: await testFolder(),
      settings: settings(gateway.url),
      env: { CODEX_API_KEY: 'a-local-token' },
    })

  it('goes on over HTTP at once where its WebSocket is refused', async (test) => {
    if ('missing' in codex) return test.skip(codex.missing)
    const gateway = await startGateway({ config: configFor('foundry/claude-sonnet-4-6') })
    gateway.simulator.enqueue({ text: 'Here.' })
    const ran = await askOpenai(gateway, 'Hello')
    expect(ran.stdout).toContain('Here.')
    expect(ran.stderr).not.toContain('Reconnecting')
  })

  it('has OpenAI compact, and brings back what only OpenAI can read', async (test) => {
    if ('missing' in codex) return test.skip(codex.missing)
    const gateway = await startGateway({ config: configFor('azure/gpt-5.4') })
    const item = { type: 'compaction', id: 'cmp_1', encrypted_content: 'sealed-by-openai' }
    const response = { id: 'resp_1', object: 'response', model: 'gpt-5.4', output: [] }
    const events = [
      { type: 'response.created', response: { ...response, status: 'in_progress' } },
      { type: 'response.output_item.done', output_index: 0, item },
      { type: 'response.completed', response: { ...response, status: 'completed', output: [item] } },
    ]
    const body = events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join('')
    gateway.simulator.enqueue(
      counting,
      { raw: { headers: { 'content-type': 'text/event-stream' }, body } },
      { text: 'All counted.', usage: small },
    )
    const ran = await askOpenai(gateway, 'Count')
    expect(ran.stderr).toContain('context compacted')
    expect(ran.stdout).toContain('All counted.')
    const [, compaction, after] = gateway.simulator.requests.map((request) => asArray(request.body['input']))
    expect(compaction?.at(-1)).toEqual({ type: 'compaction_trigger' })
    expect(JSON.stringify(after)).toContain('sealed-by-openai')
    expect(JSON.stringify(after)).not.toContain('echo one')
  })

  const translated = BACKENDS.filter(([, , path]) => !path.endsWith('/responses'))
  it.for(translated)('has the model of %s compact, and goes on with its summary', async (backend, test) => {
    if ('missing' in codex) return test.skip(codex.missing)
    const [, target, path] = backend
    const gateway = await startGateway({ config: configFor(target) })
    gateway.simulator.enqueue(
      counting,
      { text: 'They want a count and have one.', usage: { input: 150_200, output: 10 } },
      { text: 'All counted.', usage: small },
    )
    const ran = await askOpenai(gateway, 'Count')
    expect(ran.stderr).toContain('context compacted')
    expect(ran.stdout).toContain('All counted.')
    expect(ran.code).toBe(0)

    expect(gateway.simulator.requests.map((request) => request.path)).toEqual([path, path, path])
    const [, compaction = '', after = ''] = gateway.simulator.requests.map(({ body }) => JSON.stringify(body))
    expect(compaction).toContain('write a summary of this conversation')
    expect(compaction).toContain('echo one')
    expect(after).toContain('They want a count and have one.')
    expect(after).not.toContain('echo one')
    const lost = gateway.log.flatMap(({ dropped }) => dropped ?? []).filter(({ content }) => content)
    expect(lost.filter(({ path }) => !path.startsWith('tools'))).toEqual([])
  })
})
