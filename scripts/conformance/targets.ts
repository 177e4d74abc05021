import type { ClientProtocol } from '../../src/gateway/call.ts'
import type { GatewayDeps } from '../../src/gateway/deps.ts'
import { Lessons } from '../../src/gateway/heal/lessons.ts'
import { ReasoningStore } from '../../src/gateway/reasoning-store.ts'
import { resolveTarget, type Target } from '../../src/gateway/target.ts'
import { silentLogger } from '../../src/log.ts'
import { TokenFactors } from '../../src/models/token-factor.ts'
import { createProvider } from '../../src/providers/index.ts'
import type { Provider, UpstreamProtocol } from '../../src/providers/provider.ts'
import { Health } from '../../src/routing/health.ts'
import type { Clock } from '../../src/stream/clock.ts'
import type { CorpusRecord } from '../../test/support/corpus.ts'
import type { Upstream } from '../../src/upstream/upstream.ts'

export const UPSTREAM_PROTOCOLS: readonly UpstreamProtocol[] = ['messages', 'chat', 'responses', 'gemini']
export const CLIENT_PROTOCOLS: readonly ClientProtocol[] = ['messages', 'chat', 'responses', 'completions']

/**
 * Real models at their own vendors, of each protocol the one that takes most of it: what is measured is what a pair of
 * protocols keeps, and not what the newest models have stopped taking (sampling, forced tools).
 */
export const MODELS: Readonly<Record<UpstreamProtocol, string>> = {
  messages: 'claude-sonnet-4-6',
  chat: 'gpt-4.1',
  responses: 'gpt-4.1',
  gemini: 'gemini-3-pro-preview',
}

const TYPES = { messages: 'anthropic', chat: 'openai', responses: 'openai', gemini: 'gemini' } as const

const COMMON = {
  apiKey: 'conformance',
  headers: {},
  timeouts: { connect: 0, firstByte: 0, idle: 0 },
  retries: 0,
  // The limit of the newest models; that of the one above is its own affair.
  models: { 'gpt-4.1': { maxOutputTokens: 128_000 } },
  dialect: {},
}

const providers: ReadonlyMap<string, Provider> = new Map(
  [
    ...(['anthropic', 'openai', 'gemini'] as const).map((type) =>
      createProvider({ type, name: type, ...COMMON }),
    ),
    ...['', 'groq', 'openrouter', 'deepseek'].map((preset) =>
      createProvider({
        type: 'openai-compatible',
        name: `compatible-${preset}`,
        ...(preset === '' ? { baseUrl: 'https://compatible.example/v1' } : { preset }),
        ...COMMON,
      }),
    ),
  ].map((provider) => [provider.name, provider]),
)

/** A model of this protocol's own vendor, as the gateway would speak to it for this client. */
export function targetFor(
  protocol: UpstreamProtocol,
  client: ClientProtocol,
  model: string = MODELS[protocol],
  /** The record whose vendor is meant. */
  record?: CorpusRecord,
): Target {
  const provider = record?.provider.endsWith('-compat') ? compatible(record) : TYPES[protocol]
  const ref = { provider, model, protocol }
  return resolveTarget(ref, providers, client, new Lessons())
}

const STILL: Clock = { now: () => 0, setTimeout: () => 0, clearTimeout() {} }

const NO_UPSTREAM: Upstream = {
  send: () => Promise.reject(new Error('nothing is sent')),
  close: () => Promise.resolve(),
}

/** Servers that only imitate a vendor, as their users would configure them. */
function compatible({ id }: CorpusRecord): string {
  const preset = ['groq', 'openrouter', 'deepseek'].find((name) => id.includes(name))
  // This one is Groq's by its error.
  return `compatible-${preset ?? (id.includes('tool_use_failed') ? 'groq' : '')}`
}

/** A gateway's surroundings in which nothing changes. Each has its own store of reasoning. */
export function surroundings(upstream: Upstream = NO_UPSTREAM): GatewayDeps {
  return {
    settings: {
      rules: [],
      providers,
      lossy: 'warn',
      secret: 'conformance',
      pingAfterMs: 0,
      logBodies: false,
    },
    upstream,
    lessons: new Lessons(),
    tokenFactors: new TokenFactors(),
    reasoning: new ReasoningStore(),
    health: new Health({ now: () => 0, draw: () => 0 }),
    log: silentLogger,
    clock: STILL,
    unixTime: () => 1_790_000_000,
    draw: () => 0,
    newId: () => 'conformance0123456789',
  }
}
