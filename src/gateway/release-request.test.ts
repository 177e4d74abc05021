import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { provider } from '../../test/support/provider.ts'
import { TokenFactors } from '../models/token-factor.ts'
import { Health } from '../routing/health.ts'
import { systemClock } from '../stream/clock.ts'
import type { ByteConsumer } from '../stream/pump.ts'
import type { Call, ClientProtocol, Reply } from './call.ts'
import type { GatewayDeps } from './deps.ts'
import { handle } from './handle.ts'
import { Lessons } from './heal/lessons.ts'
import { ReasoningStore } from './reasoning-store.ts'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

const STREAMS = 20
/** Characters of each request's prompt. */
const PROMPT = 1_000_000

/** The beginning and the end of an answer. */
const ANSWERS = {
  compatible: [
    'data: {"id":"c1","object":"chat.completion.chunk","model":"m","choices":[{"index":0,"delta":{"role":"assistant","content":"Hel"}}]}\n\n',
    'data: {"id":"c1","object":"chat.completion.chunk","model":"m","choices":[{"index":0,"delta":{"content":"lo"},"finish_reason":"stop"}],"usage":{"prompt_tokens":250000,"completion_tokens":2}}\n\ndata: [DONE]\n\n',
  ],
  claude: [
    'event: message_start\ndata: {"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"m","content":[],"usage":{"input_tokens":250000,"output_tokens":1}}}\n\nevent: content_block_start\ndata: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}\n\nevent: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hel"}}\n\n',
    'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"lo"}}\n\nevent: content_block_stop\ndata: {"type":"content_block_stop","index":0}\n\nevent: message_delta\ndata: {"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":2}}\n\nevent: message_stop\ndata: {"type":"message_stop"}\n\n',
  ],
} as const

type Upstream = keyof typeof ANSWERS

/** A gateway whose upstream begins every answer and ends it when it is told to. */
function gateway(settings: Partial<GatewayDeps['settings']> = {}) {
  const open: { upstream: Upstream; consumer: ByteConsumer }[] = []
  const logged: { message: string; fields: Record<string, unknown> }[] = []
  const log = (message: string, fields: Record<string, unknown> = {}) => void logged.push({ message, fields })
  const factors = new TokenFactors()
  const deps: GatewayDeps = {
    settings: {
      rules: (['claude', 'compatible'] as const).map((name) => ({
        pattern: name,
        steps: [{ targets: [{ provider: name, model: 'm' }] }],
      })),
      providers: new Map([
        ['claude', provider('anthropic', { name: 'claude' })],
        [
          'compatible',
          provider('openai-compatible', { name: 'compatible', baseUrl: 'http://127.0.0.1:9/v1' }),
        ],
      ]),
      lossy: 'warn',
      secret: 'secret',
      pingAfterMs: 0,
      logBodies: false,
      ...settings,
    },
    upstream: {
      send: async ({ url }) => ({
        status: 200,
        headers: { 'content-type': 'text/event-stream' },
        body: {
          start(consumer) {
            const upstream = url.includes('/messages') ? 'claude' : 'compatible'
            open.push({ upstream, consumer })
            consumer.data(Buffer.from(ANSWERS[upstream][0]))
          },
          pause() {},
          resume() {},
          abort() {},
        },
        bytes: async () => Buffer.alloc(0),
      }),
      async close() {},
    },
    lessons: new Lessons(),
    reasoning: new ReasoningStore(),
    tokenFactors: factors,
    health: new Health({ now: () => 0, draw: () => 0, onChange() {} }),
    log: { debug: () => {}, info: log, warn: log, error: log },
    clock: systemClock,
    unixTime: () => 1_790_000_000,
    draw: () => 0,
    newId: () => 'f00dcafe',
  }
  return {
    deps,
    logged,
    finishAll() {
      for (const { upstream, consumer } of open.splice(0)) {
        consumer.data(Buffer.from(ANSWERS[upstream][1]))
        consumer.end()
      }
    },
  }
}

/** Opens streams, each with a long request of its own, and waits until each has got something. */
async function openStreams(deps: GatewayDeps, protocol: ClientProtocol, to: Upstream, count = STREAMS) {
  const streams = Array.from({ length: count }, (_, number) => {
    const stream = { text: '', ended: false }
    const begun = Promise.withResolvers<void>()
    const reply: Reply & { started: boolean } = {
      started: false,
      head: () => void (reply.started = true),
      write(chunk) {
        stream.text += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString()
        begun.resolve()
        return true
      },
      onDrain: (callback) => callback(),
      end: () => void (stream.ended = true),
    }
    const done = handle(callFor(protocol, to, number), reply, deps)
    return { stream, done, begun: begun.promise }
  })
  await Promise.all(streams.map(({ begun }) => begun))
  return streams
}

function callFor(protocol: ClientProtocol, model: string, number: number): Call {
  const prompt = `${number} `.padEnd(PROMPT, 'all work and no play ')
  const said =
    protocol === 'responses'
      ? { input: prompt }
      : { messages: [{ role: 'user', content: prompt }], max_tokens: 9 }
  return {
    protocol,
    operation: 'generate',
    body: Buffer.from(JSON.stringify({ model, stream: true, ...said })),
    headers: {},
    query: '',
    requestId: `r${number}`,
    signal: new AbortController().signal,
  }
}

/** Bytes that live, within V8's heap and without. */
async function living(): Promise<number> {
  collectGarbage()
  // What lies outside of the heap is given back behind the collection's back; the second one waits for it.
  await new Promise((resolve) => setImmediate(resolve))
  collectGarbage()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

describe('a streamed answer that has begun', () => {
  it.each([
    ['messages', 'compatible'],
    ['responses', 'compatible'],
    ['chat', 'claude'],
    ['messages', 'claude'],
    ['chat', 'compatible'],
  ] as const)('holds nothing of its request: %s → %s', async (protocol, to) => {
    for (const fastPaths of ['on', 'off'] as const) {
      const { deps, finishAll } = gateway({ fastPaths })
      // One request of a model is kept to learn from; this is the one.
      const [lesson] = await openStreams(deps, protocol, to, 1)
      const before = await living()
      const streams = await openStreams(deps, protocol, to)
      // In whatever form one were kept, it would be a million bytes each.
      expect((await living()) - before).toBeLessThan((STREAMS * PROMPT) / 4)
      finishAll()
      await Promise.all([lesson?.done, ...streams.map(({ done }) => done)])
    }
  })

  it('ends as it would with its request', async () => {
    const { deps, logged, finishAll } = gateway()
    const streams = await openStreams(deps, 'messages', 'compatible', 3)
    finishAll()
    await Promise.all(streams.map(({ done }) => done))
    for (const { stream } of streams) {
      expect(stream.ended).toBe(true)
      expect(stream.text).toContain('"text":"lo"')
      expect(stream.text.match(/event: message_stop/g)).toHaveLength(1)
    }
    const usage = expect.objectContaining({ uncached: 250_000 })
    expect(logged).toEqual(
      Array.from({ length: 3 }, () => ({ message: 'answered', fields: expect.objectContaining({ usage }) })),
    )
  })

  it('was told early how long its prompt is', async () => {
    const { deps, finishAll } = gateway()
    const streams = await openStreams(deps, 'messages', 'compatible', 2)
    for (const { stream } of streams) {
      const told = Number(/"input_tokens":(\d+)/.exec(stream.text)?.[1])
      expect(told).toBeGreaterThan(PROMPT / 20)
    }
    finishAll()
    await Promise.all(streams.map(({ done }) => done))
  })

  it('teaches how its model counts, once in a while', async () => {
    const { deps, finishAll } = gateway()
    const streams = await openStreams(deps, 'messages', 'compatible', 2)
    finishAll()
    await Promise.all(streams.map(({ done }) => done))
    await new Promise((resolve) => setTimeout(resolve))
    expect(deps.tokenFactors.news()).toHaveLength(1)
  })

  it('keeps its request where the log is to have it', async () => {
    const { deps, logged, finishAll } = gateway({ logBodies: true })
    const streams = await openStreams(deps, 'messages', 'compatible', 2)
    finishAll()
    await Promise.all(streams.map(({ done }) => done))
    for (const { fields } of logged) expect(String(fields['body']).length).toBeGreaterThan(PROMPT)
  })
})
