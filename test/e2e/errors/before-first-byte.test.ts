import { beforeAll, describe, expect, it } from 'vitest'
import { startGateway, type TestGateway } from '../../support/gateway.ts'
import { askFor, CLIENTS, ID_HEADER, type ClientProtocol } from './clients.ts'
import { CONDITIONS, type Condition } from './conditions.ts'
import {
  CONFIG,
  refusal,
  streamedRefusal,
  targetOf,
  UPSTREAM_ID,
  UPSTREAMS,
  type Said,
  type UpstreamProtocol,
} from './upstreams.ts'

let gateway: TestGateway
let answer: ReturnType<typeof refusal>
beforeAll(async () => {
  gateway = await startGateway({ config: CONFIG, simulator: { checks: 'lenient' }, lifetime: 'file' })
  gateway.simulator.respond(() => answer)
})

const CLIENT_KEY = { authorization: 'Bearer client-key-1' }

const cells = CONDITIONS.flatMap((condition) =>
  UPSTREAMS.flatMap((upstream) =>
    CLIENTS.flatMap((client) =>
      condition.said[upstream].map((said) => ({ condition, upstream, client, said, what: condition.name })),
    ),
  ),
)

/** What is relayed keeps its own status and words: the client knows its vendor's. */
const isRelayed = (client: ClientProtocol, upstream: UpstreamProtocol, { final, key }: Condition) =>
  client === upstream && !(final === true && key === undefined)

describe('before the first byte', () => {
  it.each(cells)(
    '$what from $upstream ($said.status $said.code) is told to a $client client',
    async ({ condition, upstream, client, said }) => {
      answer = refusal(upstream, said)
      const target = targetOf(upstream, condition.key)
      const whole = await askFor(gateway.url, client, target, { headers: CLIENT_KEY })
      const streamed = await askFor(gateway.url, client, target, { headers: CLIENT_KEY, stream: true })
      expect([streamed.status, streamed.json.error]).toEqual([whole.status, whole.json.error])
      const { headers, json, status } = whole
      expect(json.error.message).toContain(said.message.replace(/[.\s]+$/, ''))
      expect(headers['content-type']).toMatch(/^application\/json/)
      expect(headers['x-dragoman-request-id']).toBeTruthy()
      expect(headers[ID_HEADER[client]]).toBe(UPSTREAM_ID)
      if (condition.waitMs !== undefined) {
        expect(headers['retry-after']).toBe(String(Math.ceil(condition.waitMs / 1000)))
        expect(headers['retry-after-ms']).toBe(String(condition.waitMs))
      }
      const isBillRelayed = condition.name === 'a bill unpaid' && client === upstream
      if (condition.final === true && status !== 402 && status !== 400)
        expect(headers['x-should-retry']).toBe('false')
      else expect(headers['x-should-retry']).toBeUndefined()
      if (client === upstream && (isBillRelayed || isRelayed(client, upstream, condition)))
        return expectRelayed(whole, said)
      if (client === 'messages') {
        expect([status, json.error.type]).toEqual([condition.messages.status, condition.messages.type])
        expect(json).toMatchObject({ type: 'error', request_id: headers['x-dragoman-request-id'] })
        return
      }
      expect(status).toBe(condition.openai.status)
      expect(json.error.type).toBe(condition.openai.type)
      expect(Object.keys(json.error)).toEqual(['message', 'type', 'param', 'code'])
      if (condition.openai.code !== null) expect(json.error.code).toBe(condition.openai.code)
    },
  )

  const inFirstEvent = cells.filter(
    ({ condition, client, upstream, said }) =>
      condition.failed !== undefined && said.body === undefined && said.status !== 400 && client !== upstream,
  )
  it.each(inFirstEvent)(
    '$what in the first event from $upstream ($said.code) keeps its status for a $client client',
    async ({ condition, upstream, client, said }) => {
      answer = streamedRefusal(upstream, said, 'nothing')
      const { status, json } = await askFor(gateway.url, client, targetOf(upstream), { stream: true })
      expect(status).toBe((client === 'messages' ? condition.messages : condition.openai).status)
      expect(json.error.message).toContain(said.message.replace(/[.\s]+$/, ''))
    },
  )
})

function expectRelayed({ status, json }: Awaited<ReturnType<typeof askFor>>, said: Said) {
  const { type, code, message } = said
  expect(status).toBe(said.status)
  if (said.body === undefined) expect(json.error).toMatchObject({ message, ...(code && { code }) })
  if (said.body === undefined && type !== undefined) expect(json.error.type).toBe(type)
}
