import { randomUUID } from 'node:crypto'
import type { Config } from '../../config/config.ts'
import { splitTarget } from '../../config/targets.ts'
import { createGateway } from '../../index.ts'
import { asArray, asNumber, asObject, asString, isObject } from '../../ir/json.ts'
import type { ModelProfile } from '../../models/profile.ts'
import { createProvider } from '../../providers/index.ts'

/** What became of small real requests to one target. */
export type TargetReport = {
  /** `provider/model`. */
  readonly target: string
  /** What is spoken to it. */
  readonly protocol: string
  readonly reached: boolean
  /** The HTTP status that a client would have seen. */
  readonly status: number
  /** Until the whole answer was there. */
  readonly ms: number
  readonly text: boolean
  readonly stream: boolean
  readonly tools: boolean
  /** Counted by the upstream, or estimated here. */
  readonly countTokens: 'exact' | 'estimated' | 'no'
  /** By the facts about the model; nothing is sent for it. */
  readonly reasoning: 'yes' | 'no' | 'unknown'
  /** Tokens; absent when nobody told. */
  readonly contextWindow?: number
  /** What went wrong, with what to do about it. */
  readonly error?: string
}

/**
 * Sends small real requests to every target of a config, or to those that are named, through a gateway of its own in this
 * process: what works here works for clients.
 *
 * @throws Error with the gateway's words when there is no such target
 */
export async function probeTargets(config: Config, wanted?: string): Promise<readonly TargetReport[]> {
  const key = randomUUID()
  const gateway = await createGateway({
    ...config,
    providers: hasty(config.providers),
    server: { ...config.server, host: '127.0.0.1', port: 0 },
    auth: { keys: [{ key }] },
  })
  try {
    const { url } = await gateway.listen()
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' }
    const query = wanted === undefined ? '' : `?target=${encodeURIComponent(wanted)}`
    const response = await fetch(`${url}/test-connection${query}`, { headers })
    const body: unknown = await response.json()
    const targets = asObject(body).targets
    if (!Array.isArray(targets)) {
      const message = asString(asObject(asObject(body).error).message)
      throw new Error(message ?? `the gateway answered ${response.status} to its own test`)
    }
    return await Promise.all(
      targets.filter(isObject).map(async (target): Promise<TargetReport> => {
        const report = readReport(target, config)
        return {
          ...report,
          countTokens: report.reached ? await countTokens(url, report.target, headers) : 'no',
        }
      }),
    )
  } finally {
    await gateway.close({ drainMs: 0 })
  }
}

/** Somebody waits: a fault is to be seen at its first appearance. */
function hasty(providers: Config['providers']): Config['providers'] {
  return Object.fromEntries(
    Object.entries(providers).map(([name, provider]) => [name, { ...provider, retries: 0 }]),
  )
}

function readReport(
  wire: Readonly<Record<string, unknown>>,
  config: Config,
): Omit<TargetReport, 'countTokens'> {
  const target = asString(wire.target) ?? ''
  const checks = asObject(wire.checks)
  const profile = profileOf(config, target)
  const error = asString(wire.error)
  return {
    target,
    protocol: asString(wire.protocol) ?? '',
    reached: checks.text === true,
    status: asNumber(wire.status) ?? 0,
    ms: asNumber(wire.ms) ?? 0,
    text: checks.text === true,
    stream: checks.stream === true,
    tools: checks.tools === true,
    reasoning: reasoningOf(profile),
    ...(profile?.contextWindow !== undefined && { contextWindow: profile.contextWindow }),
    ...(error !== undefined && { error }),
  }
}

async function countTokens(
  url: string,
  model: string,
  headers: Readonly<Record<string, string>>,
): Promise<TargetReport['countTokens']> {
  const response = await fetch(`${url}/v1/messages/count_tokens`, {
    method: 'POST',
    headers,
    body: JSON.stringify({ model, messages: [{ role: 'user', content: 'Reply with the word OK.' }] }),
  })
  await response.arrayBuffer()
  if (!response.ok) return 'no'
  return response.headers.get('x-dragoman-token-count') === 'exact' ? 'exact' : 'estimated'
}

function profileOf(config: Config, target: string): ModelProfile | undefined {
  const split = splitTarget(target)
  const provider = split === undefined ? undefined : config.providers[split.provider]
  return split === undefined || provider === undefined
    ? undefined
    : createProvider(provider).profile(split.model)
}

function reasoningOf(profile: ModelProfile | undefined): TargetReport['reasoning'] {
  if (profile === undefined || profile.family === 'unknown') return 'unknown'
  const thinks = asArray(profile.thinking).some((mode) => mode !== 'disabled')
  return thinks || (profile.efforts ?? []).some((effort) => effort !== 'none') ? 'yes' : 'no'
}

/** True when a target does what agents need. */
export function isSound(report: TargetReport): boolean {
  return report.text && report.stream && report.tools
}
