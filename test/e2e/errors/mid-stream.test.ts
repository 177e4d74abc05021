import { beforeAll, describe, expect, it } from 'vitest'
import { startGateway, type TestGateway } from '../../support/gateway.ts'
import { CLIENTS, errorOf, judge, streamFor } from './clients.ts'
import { CONDITIONS } from './conditions.ts'
import { CONFIG, errorEvent, streamedRefusal, targetOf, UPSTREAMS } from './upstreams.ts'

let gateway: TestGateway
let answer: ReturnType<typeof streamedRefusal>
beforeAll(async () => {
  gateway = await startGateway({ config: CONFIG, simulator: { checks: 'lenient' }, lifetime: 'file' })
  gateway.simulator.respond(() => answer)
})

/** What may happen to an answer that has begun, in words that fit into a stream. */
const cells = CONDITIONS.filter(({ failed }) => failed !== undefined).flatMap((condition) =>
  UPSTREAMS.flatMap((upstream) =>
    CLIENTS.flatMap((client) =>
      condition.said[upstream]
        .filter(({ body }) => body === undefined)
        .map((said) => ({ condition, upstream, client, said, what: condition.name })),
    ),
  ),
)

describe('in the middle of a stream', () => {
  it.each(cells)(
    '$what from $upstream ($said.status $said.code) ends the stream of a $client client, once',
    async ({ condition, upstream, client, said }) => {
      answer = streamedRefusal(upstream, said, 'a word')
      const read = await streamFor(gateway.url, client, targetOf(upstream))
      expect(read.status).toBe(200)
      expect(judge(client, read)).toEqual({ faults: [], ending: 'error' })
      expect(read.text).toContain('Hello')
      const error = errorOf(read.events.at(-1))
      expect(error?.message).toContain(said.message)
      if (client === upstream) {
        expect(read.lane).toBe('passthrough')
        expect(read.events.at(-1)?.json).toEqual(errorEvent(upstream, said))
        return
      }
      if (client === 'messages') expect(error?.type).toBe(condition.messages.type)
      if (client === 'responses') expect(error?.code).toBe(condition.failed)
      if (client !== 'chat') return
      expect(error?.type).toBe(condition.openai.type)
      if (condition.openai.code !== null) expect(error?.code).toBe(condition.openai.code)
    },
  )

  const breaks = ['cut off', 'ended early', 'stalled', 'no longer JSON'] as const
  const broken = breaks.flatMap((how) =>
    UPSTREAMS.flatMap((upstream) => CLIENTS.map((client) => ({ how, upstream, client }))),
  )
  it.each(broken)(
    'an answer of $upstream that is $how ends the stream of a $client client in one error',
    async ({ how, upstream, client }) => {
      const { raw } = streamedRefusal(upstream, { status: 500, message: 'x' }, 'a word')
      // Without its last event, which says that it failed.
      const body = raw.body.slice(0, raw.body.trimEnd().lastIndexOf('\n\n') + 2)
      const faults =
        how === 'cut off'
          ? { cutAfterEvents: 1 }
          : how === 'stalled'
            ? { stallAfterEvents: { events: 1 } }
            : {}
      const torn = how === 'no longer JSON' ? `${body}data: {"torn": tru\n\n` : body
      answer = { raw: { ...raw, body: torn }, faults } as typeof answer
      const read = await streamFor(gateway.url, client, targetOf(upstream))
      // Where nothing had gone out yet, the failure keeps its status, which is better still.
      if (read.status !== 200) return expect(read.status).toBe(502)
      const { faults: wrong, ending } = judge(client, read)
      if (how === 'no longer JSON' && read.lane === 'passthrough') expect(wrong.length).toBeLessThan(2)
      else expect(wrong).toEqual([])
      expect(ending).toBe('error')
      expect(errorOf(read.events.at(-1))?.message).toBeTruthy()
    },
  )
})
