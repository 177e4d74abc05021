import { GatewayError } from '../errors.ts'
import { asArray, asNumber, asObject, asString, parseJson, type JsonObject } from '../ir/json.ts'
import { targetName, targetsOf, type ModelRule, type TargetRef } from '../routing/rule.ts'
import type { Reply } from './call.ts'
import type { GatewayDeps } from './deps.ts'
import { handle } from './handle.ts'
import { resolveTarget } from './target.ts'

/** What became of one target's small questions. */
export type TargetProbe = {
  /** `provider/model`. */
  readonly target: string
  /** What was spoken to it. */
  readonly protocol: string
  /** True when it answers, whole and streamed. */
  readonly ok: boolean
  /** The HTTP status of the whole answer, as a client would have seen it. */
  readonly status: number
  /** Milliseconds until the whole answer was there. */
  readonly ms: number
  /** The first thing that went wrong. */
  readonly error?: string
  /** What works. A target that does not answer is not asked for the rest. */
  readonly checks: { readonly text: boolean; readonly stream: boolean; readonly tools: boolean }
}

export type ProbeResult = { readonly targets: readonly TargetProbe[] }

/** A target that has not answered a question by then has failed. Milliseconds. */
const PATIENCE_MS = 60_000
/** Tokens: enough for a model that thinks before it says one word. */
const ROOM = 1024

/** Every target that the config names, each once. */
export function configuredTargets(rules: readonly ModelRule[]): readonly TargetRef[] {
  const all = rules.flatMap(targetsOf).filter(({ model }) => model !== '*')
  return [...new Map(all.map((ref) => [`${targetName(ref)} ${ref.protocol ?? ''}`, ref])).values()]
}

/**
 * Sends small real requests to every configured target, or to one, through the gateway itself: what works here
 * works for clients.
 *
 * @param wanted `provider/model`, a provider, or a name that the config maps; all targets when absent
 * @throws GatewayError `not-found` when the config has no such target
 */
export async function probe(
  deps: GatewayDeps,
  wanted: string | undefined,
  signal: AbortSignal,
): Promise<ProbeResult> {
  const targets = wanted === undefined ? configuredTargets(deps.settings.rules) : targetsFor(wanted, deps)
  return { targets: await Promise.all(targets.map((ref) => probeTarget(ref, deps, signal))) }
}

function targetsFor(wanted: string, { settings }: GatewayDeps): readonly TargetRef[] {
  const known = configuredTargets(settings.rules)
  const named = known.filter((ref) => targetName(ref) === wanted || ref.provider === wanted)
  if (named.length > 0) return named
  const rule = settings.rules.find(({ pattern }) => pattern === wanted)
  if (rule !== undefined) return configuredTargets([rule])
  const [provider = '', ...model] = wanted.split('/')
  if (settings.providers.has(provider) && model.length > 0) return [{ provider, model: model.join('/') }]
  throw new GatewayError(
    'not-found',
    `There is no target '${wanted}'; there are: ${known.map(targetName).join(', ') || 'none'}`,
    { retry: 'never', details: { param: 'target' } },
  )
}

const TEXT = { messages: [{ role: 'user', content: 'Reply with the word OK.' }] }
const STREAM = { ...TEXT, stream: true }
const TOOLS = {
  messages: [{ role: 'user', content: 'Call the tool report_status with the status "ok".' }],
  tools: [
    {
      type: 'function',
      function: {
        name: 'report_status',
        description: 'Reports a status',
        parameters: { type: 'object', properties: { status: { type: 'string' } }, required: ['status'] },
      },
    },
  ],
}

async function probeTarget(ref: TargetRef, deps: GatewayDeps, signal: AbortSignal): Promise<TargetProbe> {
  const name = targetName(ref)
  const question = (body: JsonObject) => ask(ref, body, deps, signal)
  const startedAt = deps.clock.now()
  const text = await question(TEXT)
  const ms = Math.round(deps.clock.now() - startedAt)
  const base = { target: name, protocol: protocolOf(ref, deps), status: text.status, ms }
  if (!isAnswer(text)) {
    return { ...base, ok: false, error: errorOf(text), checks: { text: false, stream: false, tools: false } }
  }
  const [stream, tools] = await Promise.all([question(STREAM), question(TOOLS)])
  const checks = { text: true, stream: isStream(stream), tools: callsTool(tools) }
  const failed = checks.stream ? tools : stream
  const isWrong = !checks.stream || failed.status !== 200
  return { ...base, ok: checks.stream, ...(isWrong && { error: errorOf(failed) }), checks }
}

function protocolOf(ref: TargetRef, { settings, lessons }: GatewayDeps): string {
  try {
    return resolveTarget(ref, settings.providers, 'chat', lessons).codec.id
  } catch {
    return ref.protocol ?? 'unknown'
  }
}

/** What a client of Chat Completions would have been told. */
type Told = { readonly status: number; readonly text: string }

async function ask(
  ref: TargetRef,
  question: JsonObject,
  deps: GatewayDeps,
  signal: AbortSignal,
): Promise<Told> {
  const name = targetName(ref)
  const patience = new AbortController()
  const timer = deps.clock.setTimeout(() => patience.abort(), PATIENCE_MS)
  const reply = new MemoryReply()
  // One rule that leads to this target alone: no fallback may answer in its place.
  const settings = { ...deps.settings, rules: [{ pattern: name, steps: [{ targets: [ref] }] }] }
  try {
    await handle(
      {
        protocol: 'chat',
        operation: 'generate',
        body: Buffer.from(JSON.stringify({ model: name, max_completion_tokens: ROOM, ...question }), 'utf8'),
        headers: {},
        query: '',
        requestId: `probe-${deps.newId()}`,
        signal: AbortSignal.any([signal, patience.signal]),
      },
      reply,
      { ...deps, settings },
    )
  } finally {
    deps.clock.clearTimeout(timer)
  }
  if (patience.signal.aborted) return { status: 504, text: `No answer within ${PATIENCE_MS / 1000} s` }
  return { status: reply.status, text: reply.text }
}

function isAnswer({ status, text }: Told): boolean {
  return status === 200 && asArray(asObject(parseJson(text))['choices']).length > 0
}

function isStream({ status, text }: Told): boolean {
  return status === 200 && text.includes('data: [DONE]') && !/^data: \{"error"/m.test(text)
}

function callsTool({ status, text }: Told): boolean {
  if (status !== 200) return false
  const [choice] = asArray(asObject(parseJson(text))['choices'])
  return asArray(asObject(asObject(choice)['message'])['tool_calls']).length > 0
}

function errorOf({ status, text }: Told): string {
  const body = asObject(parseJson(text.replace(/^data: /, '').split('\n')[0] ?? ''))
  const error = asObject(body['error'])
  const code = asString(error['code']) ?? asNumber(error['code'])
  const message = asString(error['message']) ?? (text.slice(0, 200) || 'no answer')
  return `${status}${code === undefined ? '' : ` ${code}`}: ${message}`
}

/** Keeps an answer instead of sending it. */
class MemoryReply implements Reply {
  status = 0
  started = false
  readonly #chunks: Buffer[] = []

  get text(): string {
    return Buffer.concat(this.#chunks).toString('utf8')
  }

  head(status: number): void {
    this.status = status
    this.started = true
  }

  write(chunk: Uint8Array | string): boolean {
    this.#chunks.push(Buffer.from(chunk as string))
    return true
  }

  onDrain(callback: () => void): void {
    callback()
  }

  end(): void {}
}
