import { beforeAll, describe, expect, it } from 'vitest'
import type { Answer } from '../../../src/simulator/script.ts'
import { startGateway, type TestGateway } from '../../support/gateway.ts'
import { askFor, CLIENTS, judge, streamFor, type ClientProtocol } from './clients.ts'
import { CONFIG, refusal, targetOf } from './upstreams.ts'

let gateway: TestGateway
let answer: Answer
beforeAll(async () => {
  gateway = await startGateway({ config: CONFIG, simulator: { checks: 'lenient' }, lifetime: 'file' })
  gateway.simulator.respond(() => answer)
})

const MESSAGE =
  "The response was filtered due to the prompt triggering Azure OpenAI's content management policy. Please modify your prompt and retry."

const azure = (upstream: 'chat' | 'responses', ...categories: string[]) =>
  refusal(upstream, {
    status: 400,
    code: 'content_filter',
    param: 'prompt',
    message: MESSAGE,
    extra: {
      innererror: {
        code: 'ResponsibleAIPolicyViolation',
        content_filter_result: {
          hate: { filtered: false, severity: 'safe' },
          ...Object.fromEntries(categories.map((name) => [name, { filtered: true, severity: 'high' }])),
        },
      },
    },
  })

const cells = CLIENTS.flatMap((client) =>
  (['chat', 'responses'] as const).map((upstream) => ({ client, upstream })),
)

describe('a prompt that Azure’s filter stops', () => {
  it.each(cells)(
    'is a final 400 that names the categories ($upstream to $client)',
    async ({ client, upstream }) => {
      answer = azure(upstream, 'jailbreak', 'violence')
      for (const stream of [false, true]) {
        gateway.simulator.reset()
        gateway.simulator.respond(() => answer)
        const { status, json } = await askFor(gateway.url, client, targetOf(upstream), { stream })
        expect(status).toBe(400)
        expect(gateway.simulator.requests).toHaveLength(1)
        expect(JSON.stringify(json.error)).toMatch(/jailbreak.*violence/)
        if (client === 'messages') expect(json.error.type).toBe('invalid_request_error')
        else expect(json.error.code).toBe('content_filter')
        if (client !== 'messages') {
          expect(json.error.innererror).toMatchObject({
            code: 'ResponsibleAIPolicyViolation',
            content_filter_result: { jailbreak: { filtered: true }, violence: { filtered: true } },
          })
        }
      }
    },
  )
})

/** How each client reads an answer that was refused rather than failed. */
const REFUSED: Readonly<Record<ClientProtocol, RegExp>> = {
  messages: /"stop_reason":"refusal"/,
  chat: /"finish_reason":"content_filter"/,
  responses: /"status":"incomplete".*"content_filter"|"incomplete_details":\{"reason":"content_filter"/,
}

const REFUSALS = [
  {
    who: 'Gemini’s promptFeedback',
    target: targetOf('gemini'),
    whole: { promptFeedback: { blockReason: 'SAFETY' }, usageMetadata: { promptTokenCount: 4 } },
  },
] as const

describe('a prompt that was refused under a 200', () => {
  const rows = REFUSALS.flatMap((row) => CLIENTS.map((client) => ({ ...row, client })))
  it.each(rows)('by $who ends a whole answer as a refusal ($client)', async ({ whole, target, client }) => {
    answer = { raw: { body: whole } }
    const told = await askFor(gateway.url, client, target)
    expect(told.status).toBe(200)
    expect(told.text).toMatch(REFUSED[client])
  })

  it.each(rows)('by $who ends a stream as a refusal ($client)', async ({ whole, target, client }) => {
    const body = `data: ${JSON.stringify(whole)}\n\n`
    answer = { raw: { headers: { 'content-type': 'text/event-stream' }, body } }
    const read = await streamFor(gateway.url, client, target)
    expect(judge(client, read)).toEqual({ faults: [], ending: 'success' })
    expect(read.text).toMatch(REFUSED[client])
  })

  it.each(CLIENTS)('by Claude ends an answer as a refusal, streamed or not (%s)', async (client) => {
    answer = { text: '', finish: 'refusal' }
    const told = await askFor(gateway.url, client, targetOf('messages'))
    const read = await streamFor(gateway.url, client, targetOf('messages'))
    for (const text of [told.text, read.text]) expect(text).toMatch(REFUSED[client])
    expect(judge(client, read)).toEqual({ faults: [], ending: 'success' })
  })
})
