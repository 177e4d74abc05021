import { join } from 'node:path'
import type { Config } from '../../config/config.ts'
import { ConfigError, type ConfigIssue } from '../../config/issues.ts'
import { isLoopback } from '../../config/urls.ts'
import { asObject, asString, isObject, parseJson } from '../../ir/json.ts'
import { parseEndpoint } from '../../providers/endpoint.ts'
import { VERSION } from '../../version.ts'
import type { Arguments } from '../command.ts'
import { settingsFile } from '../connect/clients.ts'
import { findGateways } from '../daemon/find.ts'
import { askHealth, localUrl } from '../daemon/health.ts'
import { readText } from '../find-options.ts'
import type { Io } from '../io.ts'
import { load } from '../load-config.ts'
import { portOwner } from '../port-owner.ts'
import { probeTargets } from '../probe/probe.ts'
import type { ClaudeFacts, Facts } from './check.ts'
import { fetchThrough } from '../upstream-models/fetch-through.ts'

const PATIENCE_MS = 5000

/** Collects what the checks look at. With `--offline` nothing is sent to upstreams. */
export async function collect(args: Arguments, io: Io): Promise<Facts> {
  const online = !args.on.has('offline')
  const { config, issues } = tryLoad(args, io)
  const { gateway, cleaned } = await findGateways(args, io)
  const address = gateway?.record ?? config?.server
  const [claude, owner, reports, clocks] = await Promise.all([
    claudeFacts(io),
    config === undefined || gateway !== undefined || config.server.port === 0
      ? undefined
      : portOwner(config.server.host, config.server.port),
    config === undefined || !online ? undefined : probeTargets(config),
    config === undefined || !online ? [] : clocksOf(config),
  ])
  return {
    nodeVersion: process.versions.node,
    version: VERSION,
    env: io.env,
    config,
    configIssues: issues,
    gateway,
    cleaned,
    portOwner: owner,
    gatewayUrl:
      address === undefined || address.port === 0 ? undefined : localUrl(address.host, address.port),
    claude,
    reports,
    clocks,
  }
}

function tryLoad(
  args: Arguments,
  io: Io,
): { readonly config: Config | undefined; readonly issues: readonly ConfigIssue[] } {
  try {
    return { config: load(args, io).config, issues: [] }
  } catch (thrown) {
    if (!(thrown instanceof ConfigError)) throw thrown
    return { config: undefined, issues: thrown.issues }
  }
}

async function claudeFacts(io: Io): Promise<ClaudeFacts> {
  const file = settingsFile('claude', io)
  const { text, problem } = tryRead(file)
  const settings = parseJson(text ?? '{}')
  const env = asObject(asObject(settings).env)
  const url = URL.parse(asString(env.ANTHROPIC_BASE_URL) ?? '')
  const state = parseJson(tryRead(join(io.env.CLAUDE_CONFIG_DIR || io.homedir, '.claude.json')).text ?? '')
  return {
    file,
    problem: problem ?? (text?.trim() && !isObject(settings) ? 'it is not JSON' : undefined),
    env,
    answering:
      url === null || !isLoopback(url.hostname)
        ? undefined
        : await askHealth(url.href.replace(/\/(?:v1\/?)?$/, '')),
    onboarded: isObject(state) ? state.hasCompletedOnboarding === true : undefined,
  }
}

function tryRead(file: string): { readonly text?: string; readonly problem?: string } {
  try {
    const text = readText(file)
    return text === undefined ? {} : { text }
  } catch (thrown) {
    return { problem: thrown instanceof Error ? thrown.message : String(thrown) }
  }
}

/** Any answer has a date. */
async function clocksOf(config: Config): Promise<Facts['clocks']> {
  const asked = Object.values(config.providers).map(async (provider) => {
    if (!('auth' in provider) || provider.auth !== 'entra') return []
    const named = 'resource' in provider ? provider.resource : undefined
    const text = provider.baseUrl ?? provider.endpoint ?? named ?? ''
    try {
      const { root, host } = parseEndpoint(text, { service: provider.type, field: 'endpoint' })
      const response = await fetchThrough(provider.network)(root, {
        method: 'HEAD',
        signal: AbortSignal.timeout(PATIENCE_MS),
      })
      const theirs = Date.parse(response.headers.get('date') ?? '')
      if (Number.isNaN(theirs)) return []
      return [{ provider: provider.name, host, aheadSeconds: Math.round((Date.now() - theirs) / 1000) }]
    } catch {
      return []
    }
  })
  return (await Promise.all(asked)).flat()
}
