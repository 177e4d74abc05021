import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { asArray, asObject, type JsonObject } from '../../src/ir/json.ts'
import { ask } from '../support/ask.ts'
import { startGateway } from '../support/gateway.ts'

const FOLDER = new URL('../../../shared/captures/', import.meta.url)
const files = existsSync(FOLDER)
  ? readdirSync(FOLDER).filter((name) => name.startsWith('claude-') && name.endsWith('.json'))
  : []

type Capture = { path: string; headers: Record<string, string>; body: JsonObject }
const read = (name: string): Capture => JSON.parse(readFileSync(new URL(name, FOLDER), 'utf8'))

/** Claude Code's own betas and agent, without what belongs to the connection that was recorded. */
function headersOf({ headers }: Capture): Record<string, string> {
  const { host: _, 'content-length': __, connection: ___, ...kept } = headers
  return { ...kept, 'accept-encoding': 'identity' }
}

const send = (url: string, capture: Capture, body: JsonObject) =>
  ask(`${url}${capture.path}`, { headers: headersOf(capture), body: JSON.stringify(body) }).catch(
    (error: unknown) => {
      throw new Error(`${capture.path} was not answered`, { cause: error })
    },
  )

const whole = (body: JsonObject) => ({ ...body, stream: false })

/** Every text that the model should read, wherever the request holds it. */
function textsIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(textsIn)
  const { type, text, content, messages, system } = asObject(value)
  if (typeof content === 'string') return [content]
  if (type === 'text' && typeof text === 'string') return [text]
  return [...textsIn(asArray(system)), ...textsIn(asArray(messages)), ...textsIn(asArray(content))]
}

describe.skipIf(files.length === 0)('recorded requests of Claude Code', () => {
  it.each(files.filter((name) => !name.includes('count_tokens')))(
    '%s reaches an OpenAI model whole',
    async (name) => {
      const { url, simulator } = await startGateway()
      const capture = read(name)
      // Azure's Chat API takes no documents; OpenAI's own does.
      const model = name.includes('pdf') ? { model: 'openai/gpt-5.2' } : {}
      const answer = await send(url, capture, { ...whole(capture.body), ...model })
      expect(answer.text).not.toContain('"type":"error"')
      expect(answer.status).toBe(200)
      const sent = JSON.stringify(simulator.last.body)
      for (const text of textsIn(capture.body)) {
        if (text.trim() === '' || text.startsWith('x-anthropic-billing-header')) continue
        expect(sent).toContain(JSON.stringify(text).slice(1, -1))
      }
      expect(sent).not.toContain('x-anthropic-billing-header')
      const declared = asArray(asObject(capture.body)['tools']).map((tool) => asObject(tool)['name'])
      for (const tool of declared)
        if (tool !== 'web_search') expect(sent).toContain(`"name":"${String(tool)}"`)
    },
  )

  it.each(files.filter((name) => !name.includes('count_tokens')))(
    '%s reaches Claude on Foundry',
    async (name) => {
      const { url, simulator } = await startGateway({ simulator: { checks: 'lenient' } })
      const capture = read(name)
      const answer = await send(url, capture, { ...whole(capture.body), model: 'foundry/claude-opus-5-5' })
      expect(answer.status).toBe(200)
      expect(simulator.last.headers['anthropic-beta']).toBe(capture.headers['anthropic-beta'])
      const sent = JSON.stringify(simulator.last.body)
      for (const text of textsIn(capture.body)) expect(sent).toContain(JSON.stringify(text).slice(1, -1))
    },
  )

  it('count_tokens is answered with a count', async () => {
    const { url } = await startGateway()
    const capture = read('claude-329-count_tokens-tools.json')
    const answer = await send(url, capture, capture.body)
    expect(answer.status).toBe(200)
    expect(answer.json.input_tokens).toBeGreaterThan(0)
  })
})

describe.runIf(files.length === 0)('recorded requests of Claude Code', () => {
  it.skip('need the recorded traffic, which is not part of this repository', () => {})
})
