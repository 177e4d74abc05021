/**
 * A large request is handled by its outline, without the middles of its long texts. Nobody may ever notice: not the
 * upstream, which gets the same bytes, not the client, which gets the same answer, not the log, which tells the same.
 */
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Call, ClientProtocol, Reply } from '../../src/gateway/call.ts'
import type { GatewayDeps } from '../../src/gateway/deps.ts'
import { handle } from '../../src/gateway/handle.ts'
import { Lessons } from '../../src/gateway/heal/lessons.ts'
import { Outline } from '../../src/gateway/outline.ts'
import { ReasoningStore } from '../../src/gateway/reasoning-store.ts'
import type { JsonObject } from '../../src/ir/json.ts'
import type { ModelRequest } from '../../src/ir/request.ts'
import { TokenFactors } from '../../src/models/token-factor.ts'
import type { Provider } from '../../src/providers/provider.ts'
import { Health } from '../../src/routing/health.ts'
import { systemClock } from '../../src/stream/clock.ts'
import { provider } from '../support/provider.ts'
import { request } from './arbitraries.ts'
import { contextFor } from './context.ts'
import { subjectOf } from './protocols.ts'
import { runs } from './runs.ts'

const CLIENTS = ['messages', 'chat', 'responses'] as const

const PROVIDERS: ReadonlyMap<string, Provider> = new Map([
  ['claude', provider('anthropic', { name: 'claude' })],
  ['openai', provider('openai', { name: 'openai' })],
  ['compatible', provider('openai-compatible', { name: 'compatible', baseUrl: 'http://127.0.0.1:9/v1' })],
  ['gemini', provider('gemini', { name: 'gemini' })],
  ['azure', provider('azure-openai', { name: 'azure', endpoint: 'http://127.0.0.1:9' })],
])

/** What one way of handling a request comes to. */
type Outcome = { readonly sent: readonly string[]; readonly replied: string; readonly logged: string }

async function outcome(
  body: Buffer,
  protocol: ClientProtocol,
  to: string,
  fastPaths: 'on' | 'off',
): Promise<Outcome> {
  const sent: string[] = []
  const replied: string[] = []
  const logged: unknown[] = []
  const log = (_: string, { ms: _ms, ...fields }: Record<string, unknown> = {}) => void logged.push(fields)
  const deps: GatewayDeps = {
    settings: {
      rules: [{ pattern: '*', steps: [{ targets: [{ provider: to, model: 'the-model' }] }] }],
      providers: PROVIDERS,
      lossy: 'warn',
      secret: 'secret',
      pingAfterMs: 0,
      logBodies: false,
      fastPaths,
    },
    upstream: {
      async send({ url, body: out }) {
        sent.push(`${url} ${Buffer.from(out as Buffer).toString('latin1')}`)
        const bytes = Buffer.from(answerFor(url))
        const headers = { 'content-type': 'application/json' }
        return { status: 200, headers, body: sourceOf(bytes), bytes: async () => bytes }
      },
      async close() {},
    },
    lessons: new Lessons(),
    reasoning: new ReasoningStore(),
    tokenFactors: new TokenFactors(),
    health: new Health({ now: () => 0, draw: () => 0, onChange() {} }),
    log: { debug: log, info: log, warn: log, error: log },
    clock: { ...systemClock, now: () => 0 },
    unixTime: () => 1_790_000_000,
    draw: () => 0,
    newId: () => 'f00dcafe',
  }
  const reply: Reply = {
    started: false,
    head: (status, headers) => void replied.push(`${status} ${JSON.stringify(headers)}`),
    write: (chunk) => replied.push(Buffer.from(chunk).toString('utf8')) > 0,
    onDrain: (callback) => callback(),
    end() {},
  }
  const call: Call = {
    protocol,
    operation: 'generate',
    body: Buffer.from(body),
    headers: {},
    query: '',
    requestId: 'r1',
    signal: new AbortController().signal,
  }
  await handle(call, reply, deps)
  return { sent, replied: replied.join('\n'), logged: JSON.stringify(logged) }
}

function sourceOf(bytes: Buffer) {
  return {
    start: (reader: { data(chunk: Buffer): void; end(): void }) => {
      reader.data(bytes)
      reader.end()
    },
    pause() {},
    resume() {},
    abort() {},
  }
}

/** A short answer in the protocol that is spoken at this address. */
function answerFor(url: string): string {
  const id = url.includes('responses')
    ? 'responses'
    : url.includes('messages')
      ? 'messages'
      : url.includes('Content')
        ? 'gemini'
        : 'chat'
  const { body } = subjectOf(id)!.protocol.encodeResponse(
    {
      id: 'answer1',
      model: 'the-model',
      parts: [
        { kind: 'text', text: 'Done.', citations: [{ kind: 'web', url: 'https://a.example', title: 'A' }] },
        { kind: 'tool-call', id: 'call_9', name: 'Read', input: '{"path":"","pages":""}' },
      ],
      finish: { reason: 'tool-calls' },
      usage: { uncached: 10, output: 5 },
    },
    contextFor(false),
  )
  return JSON.stringify(body)
}

const piece = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('plain words', 'a line\n', '"quoted"', 'C:\\work\\main', 'tab\t') },
  fc.constantFrom('ünïcødé', '日本語', '👩‍👩‍👧‍👦', '\u00A0', '\u2028', '\u007F', '\uFEFF', '   ', '\n\n'),
  fc.constantFrom('\u0000', '\u001B[31m', '\u000B', '\\u0000f00d.0.', '\\/', '{"a":"b"}', '"text":"', '\\'),
  fc.constantFrom(
    'e.g. "x"',
    "E.g., 'y'",
    'x-anthropic-billing-header: a=b; c',
    'Error:',
    '\uD800',
    '\uDC00 x',
  ),
  fc.string({ unit: 'binary', maxLength: 6 }),
)

/** Texts of some hundred to some thousand characters, alike among each other as code is. */
const longText = fc
  .tuple(
    fc.array(piece, { minLength: 1, maxLength: 6 }),
    fc.constantFrom(' ', '', '\n'),
    fc.integer({ min: 20, max: 120 }),
    fc.constantFrom('', '', ' '.repeat(90), '\n'.repeat(90)),
  )
  .map(([pieces, between, times, edge]) => {
    const inner = `${pieces.join(between)}${between}`.repeat(times).slice(0, 20_000)
    return `${edge}${inner}${edge}`
  })

/** The same request, its texts made long in turn. */
function lengthened(wire: unknown, texts: readonly string[]): unknown {
  let next = 0
  const walk = (value: unknown, key: string): unknown => {
    if (typeof value === 'string')
      return /^(?:text|content|output|description|instructions|system|arguments|thinking|path)$/.test(key)
        ? lengthen(value, key)
        : value
    if (Array.isArray(value)) return value.map((item) => walk(item, key === 'required' ? '' : 'text'))
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, walk(member, name)]))
  }
  const lengthen = (value: string, key: string): string => {
    const text = texts[next++ % (texts.length + 1)]
    if (text === undefined) return value
    return key === 'arguments'
      ? JSON.stringify({ path: text, content: text })
      : (next % 2 === 0 ? '' : value) + text
  }
  return walk(wire, '')
}

/** The request as a client would write it; undefined for what its protocol cannot say. */
function wireOf(client: ClientProtocol, asked: ModelRequest): JsonObject | undefined {
  const { protocol, faithful } = subjectOf(client)!
  try {
    return protocol.encodeRequest(asked, faithful).body
  } catch {
    return undefined
  }
}

type Season = (wire: any, text: string) => object

/** What of a request the gateway looks into, around a long text. */
const SEASONS: Readonly<Record<(typeof CLIENTS)[number], readonly Season[]>> = {
  messages: [
    (wire, text) => ({
      ...wire,
      system: [
        { type: 'text', text: `x-anthropic-billing-header: a=${text}\n${text}` },
        { type: 'text', text },
      ],
    }),
    (wire, text) => ({
      ...wire,
      system: [{ type: 'text', text: `You are. ${text}`, cache_control: { type: 'ephemeral' } }],
    }),
    (wire, text) => ({ ...wire, tools: [readTool('input_schema', text), ...(wire.tools ?? [])] }),
    (wire) => ({
      ...wire,
      tools: [...(wire.tools ?? []), { type: 'web_search_20250305', name: 'web_search' }],
    }),
    (wire, text) => ({ ...wire, messages: [...wire.messages, { role: 'user', content: `${text} so?` }] }),
    (wire, text) => ({
      ...wire,
      messages: [...wire.messages, { role: 'assistant', content: `Well ${text}` }],
    }),
    (wire, text) => ({
      ...wire,
      messages: [
        ...wire.messages,
        {
          role: 'assistant',
          content: [
            { type: 'tool_use', id: 'c1', name: 'Read', input: { path: 'x', content: text, at: { text } } },
          ],
        },
        {
          role: 'user',
          content: [
            { type: 'tool_result', tool_use_id: 'c1', content: text, is_error: true },
            { type: 'tool_result', tool_use_id: 'c1', content: [{ type: 'text', text }] },
            { type: 'tool_result', tool_use_id: 'c1', content: `${text}!` },
          ],
        },
      ],
    }),
  ],
  chat: [
    (wire, text) => ({ ...wire, messages: [{ role: 'system', content: text }, ...wire.messages] }),
    (wire, text) => ({
      ...wire,
      tools: [{ type: 'function', function: readTool('parameters', text) }, ...(wire.tools ?? [])],
    }),
    (wire, text) => ({
      ...wire,
      messages: [
        ...wire.messages,
        {
          role: 'assistant',
          content: text,
          annotations: [
            {
              type: 'url_citation',
              url_citation: { url: 'https://a.example', title: 'A', start_index: 90, end_index: 400 },
            },
          ],
        },
        { role: 'user', content: 'Why?' },
      ],
    }),
    (wire, text) => ({
      ...wire,
      messages: [
        ...wire.messages,
        {
          role: 'assistant',
          content: 'So.',
          reasoning_content: text,
          reasoning_details: [
            { type: 'reasoning.text', text, format: 'anthropic-claude-v1', signature: 'c2ln' },
          ],
        },
        { role: 'user', content: 'Why?' },
      ],
    }),
    (wire, text) => ({
      ...wire,
      messages: [
        ...wire.messages,
        {
          role: 'assistant',
          content: null,
          tool_calls: [
            {
              id: 'c1',
              type: 'function',
              function: { name: 'Read', arguments: JSON.stringify({ content: text }) },
            },
          ],
        },
        { role: 'tool', tool_call_id: 'c1', content: text },
        { role: 'tool', tool_call_id: 'c1', content: [{ type: 'text', text }] },
      ],
    }),
  ],
  responses: [
    (wire, text) => ({ ...wire, instructions: `Do. ${text}` }),
    (wire) => ({ ...wire, tools: [...(wire.tools ?? []), { type: 'web_search' }] }),
    (wire, text) => ({ ...wire, input: [...wire.input, { role: 'user', content: `${text} so?` }] }),
    (wire, text) => ({
      ...wire,
      tools: [{ type: 'function', ...readTool('parameters', text) }, ...(wire.tools ?? [])],
    }),
    (wire, text) => ({
      ...wire,
      input: [
        ...wire.input,
        {
          type: 'message',
          role: 'assistant',
          content: [
            {
              type: 'output_text',
              text,
              annotations: [
                {
                  type: 'url_citation',
                  url: 'https://a.example',
                  title: 'A',
                  start_index: 90,
                  end_index: 400,
                },
              ],
            },
          ],
        },
        { type: 'function_call', call_id: 'c1', name: 'Read', arguments: JSON.stringify({ content: text }) },
        { type: 'function_call_output', call_id: 'c1', output: text },
        { type: 'function_call_output', call_id: 'c1', output: text },
      ],
    }),
  ],
}

const readTool = (schema: string, text: string) => ({
  name: 'Read',
  description: text,
  [schema]: {
    type: 'object',
    properties: {
      path: { type: 'string', description: text },
      pages: { type: 'string', description: `${text} e.g. "1-5" and so on. ${text}` },
    },
    required: [],
  },
})

/** How a client may write its JSON, and what may become of it on the way. */
const spelling: fc.Arbitrary<(wire: unknown) => Buffer> = fc.oneof(
  { weight: 4, arbitrary: fc.constant((wire: unknown) => Buffer.from(JSON.stringify(wire))) },
  fc.constant((wire: unknown) => Buffer.from(JSON.stringify(wire, undefined, 1))),
  fc.constant((wire: unknown) => Buffer.from(JSON.stringify(wire).replaceAll('/', '\\/'))),
  fc.constant((wire: unknown) => Buffer.from(JSON.stringify(wire).replaceAll('":"', '" : "'))),
  fc.constant((wire: unknown) =>
    Buffer.from(
      JSON.stringify(wire).replaceAll(
        /[\u0080-\uFFFF]/g,
        (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`,
      ),
    ),
  ),
  fc.constant((wire: unknown) => Buffer.from(`\uFEFF${JSON.stringify(wire)}`)),
  // Keys that stand twice, look like numbers, or hold numbers that JavaScript cannot.
  fc.constant((wire: unknown) => {
    const { model, ...rest } = wire as Record<string, unknown>
    const twice = `"model":"first","2":1,"1":12345678901234567890,"model":${JSON.stringify(model)}`
    return Buffer.from(`{${twice},${JSON.stringify(rest).slice(1)}`)
  }),
  fc.tuple(fc.nat(), fc.nat({ max: 255 })).map(([at, byte]) => (wire: unknown) => {
    const bytes = Buffer.from(JSON.stringify(wire))
    bytes[at % bytes.length] = byte
    return bytes
  }),
)

describe('a large request, handled by its outline', () => {
  for (const client of CLIENTS) {
    for (const to of PROVIDERS.keys()) {
      it(`of ${client} comes to ${to} as it would whole`, async () => {
        let outlined = 0
        await fc.assert(
          fc.asyncProperty(
            request,
            fc.array(longText, { minLength: 1, maxLength: 6 }),
            fc.subarray([...SEASONS[client]]),
            spelling,
            async (asked, texts, seasons, spell) => {
              const wire = wireOf(client, asked)
              fc.pre(wire !== undefined)
              const filler = `A text that is long enough. ${'And so on. '.repeat(1_600)}`
              const [text = filler] = texts
              const long = lengthened(wire, [filler, ...texts]) as object
              const body = spell(seasons.reduce((seasoned, season) => season(seasoned, text), long))
              if (Outline.of(body, () => 'f00dcafe') !== undefined) outlined++
              expect(await outcome(body, client, to, 'on')).toEqual(await outcome(body, client, to, 'off'))
            },
          ),
          runs(60),
        )
        expect(outlined).toBeGreaterThan(0)
      })
    }
  }
})
