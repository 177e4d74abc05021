import { randomBytes, randomFillSync } from 'node:crypto'
import type { Config } from './config/config.ts'
import { fingerprint } from './config/fingerprint.ts'
import { compactOrCarry } from './gateway/compaction/compact-route.ts'
import type { ClientProtocol } from './gateway/call.ts'
import { clientCodec } from './gateway/codecs.ts'
import type { GatewayDeps, GatewaySettings } from './gateway/deps.ts'
import { handle } from './gateway/handle.ts'
import { Inventories } from './gateway/inventory.ts'
import { listModels } from './gateway/listing.ts'
import { rememberMedia } from './gateway/media-cache.ts'
import { Memory, type News } from './gateway/memory.ts'
import { probe, type ProbeResult } from './gateway/probe.ts'
import { silentLogger, type Logger } from './log.ts'
import { chat } from './protocols/chat/index.ts'
import { createProvider } from './providers/index.ts'
import type { HealthChange } from './routing/health.ts'
import { systemClock } from './stream/clock.ts'
import { httpUrl } from './server/address.ts'
import { createHttpServer, type LiveOptions } from './server/http.ts'
import { DRAIN_MS } from './server/options.ts'
import { createUpstream } from './upstream/client.ts'
import { DEFAULT_FETCH_LIMITS, fetchMedia, systemNetwork } from './upstream/fetch-media.ts'
import { openPinned } from './upstream/open-pinned.ts'
import { VERSION } from './version.ts'

export type { Config } from './config/config.ts'
export { loadConfig, parseConfig } from './config/load.ts'
export { ConfigError } from './config/issues.ts'
export type { ProbeResult, TargetProbe } from './gateway/probe.ts'
export { GatewayError } from './errors.ts'
export { createLogger, type Logger } from './log.ts'
export { VERSION } from './version.ts'

/** Silence after which a streaming client is sent a ping; clients and proxies hang up from 20 seconds on. */
const PING_AFTER_MS = 10_000

/** A gateway ready to listen. */
export interface Gateway {
  /** Binds the configured address. Rejects with Node's error when it is taken. */
  listen(): Promise<{ readonly host: string; readonly port: number; readonly url: string }>
  /** Takes a new config for requests to come; what is under way goes on with the old one. Host and port stay. */
  reload(config: Config): Promise<void>
  /**
   * Asks every configured target, or one, a tiny real question; needs no listening. Rejects with a GatewayError
   * (`not-found`) for a target that is not configured.
   */
  probe(target?: string): Promise<ProbeResult>
  /** Takes what another process of the same gateway found out; see {@link Crew}. */
  hear(news: News): void
  /**
   * Stops taking requests and lets answers finish, for `drainMs` milliseconds at most; with `idleMs`, for a process that is
   * replaced, idle connections may ask once more in that time.
   */
  close(options?: CloseOptions): Promise<void>
}

export type CloseOptions = { readonly drainMs?: number; readonly idleMs?: number }

/** For one of several processes that are one gateway to the outside. */
export type Crew = {
  /** Receives what this process finds out, for all others to `hear`. */
  readonly tell: (news: News) => void
  /** By how much later than the one that put it aside a target is probed from here; see `HealthDeps`. */
  readonly yieldMs: number
  /** How long the gateway runs already, when this process joins it. */
  readonly uptimeMs: number
  /** How many processes serve now; told by `/health`. */
  readonly size: () => number
}

export type GatewayOptions = {
  readonly log?: Logger
  /** Told by `/health`, so that a caller can tell this process from another. */
  readonly instance?: string
  /** Milliseconds of silence after which a streaming client is sent a ping. Default 10 000. */
  readonly pingAfterMs?: number
  /** Where this process is one of several. */
  readonly crew?: Crew
  /** `off`: everything goes the plain way, more slowly and through undici. For telling where a fault lies. */
  readonly fastPaths?: 'on' | 'off'
}

/** Makes a gateway from a config, as `dragoman start` does. */
export async function createGateway(config: Config, options: GatewayOptions = {}): Promise<Gateway> {
  const log = options.log ?? silentLogger
  const upstream = createUpstream({ transport: options.fastPaths === 'off' ? 'undici' : 'own' })
  const { crew } = options
  const memory = new Memory({
    now: () => systemClock.now(),
    draw: Math.random,
    onChange: (change) => logHealth(change, log),
    ...(crew !== undefined && { tell: crew.tell, yieldMs: crew.yieldMs }),
  })
  const lasting = { upstream, log, memory }
  let live = liveOptions(config, lasting, options)
  const server = createHttpServer({
    ...live,
    host: config.server.host,
    port: config.server.port,
    log,
    errorFor: (protocol: ClientProtocol, error, requestId) =>
      (clientCodec(protocol) ?? chat).encodeError(error, requestId),
    newId,
    now: () => performance.now(),
    version: VERSION,
    ...(options.instance !== undefined && { instance: options.instance }),
    ...(crew !== undefined && { startedAt: performance.now() - crew.uptimeMs, workers: crew.size }),
  })
  return {
    async listen() {
      const { host, port } = await server.listen()
      return { host, port, url: httpUrl(host, port) }
    },
    async reload(next) {
      live = liveOptions(next, lasting, options)
      memory.health.keep(new Set(Object.keys(next.providers)))
      server.update(live)
    },
    probe: (target) => live.probe(target, new AbortController().signal),
    hear: (news) => memory.hear(news),
    async close({ drainMs = DRAIN_MS, ...rest } = {}) {
      await server.close({ drainMs, ...rest })
      await upstream.close()
    },
  }
}

/** What a reload replaces; the probe is wanted without a server too. */
type Live = Omit<LiveOptions, 'probe'> & {
  readonly probe: (target: string | undefined, signal: AbortSignal) => Promise<ProbeResult>
}

function liveOptions(
  config: Config,
  { memory, upstream, log }: Pick<GatewayDeps, 'upstream' | 'log'> & { readonly memory: Memory },
  options: GatewayOptions,
): Live {
  const settings = settingsOf(config, options)
  const deps: GatewayDeps = {
    upstream,
    log,
    health: memory.health,
    items: memory.items,
    owners: memory.owners,
    reasoning: memory.reasoning,
    tokenFactors: memory.tokenFactors,
    settings,
    lessons: memory.lessonsUnder(fingerprint(config)),
    ...mediaFetcher(config),
    clock: systemClock,
    unixTime: () => Math.floor(Date.now() / 1000),
    draw: Math.random,
    newId,
  }
  const inventories = new Inventories(settings.providers.values(), deps)
  // Begins to ask; whoever lists models finds what has come by then.
  void inventories.current()
  return {
    bodyLimit: config.server.bodyLimit,
    cors: config.server.cors,
    keys: config.auth.keys,
    uploadLimit: config.server.uploadLimit,
    handler: {
      handle: (call, reply) => handle(call, reply, deps),
      carry: (call, reply) => compactOrCarry(call, reply, deps),
      carriesAnyPath: [...settings.providers.values()].some(
        ({ carrier }) => carrier?.has('any-path') === true,
      ),
    },
    models: async () => listModels(settings.rules, settings.providers, await inventories.current()),
    probe: (target, signal) => probe(deps, target, signal),
  }
}

function mediaFetcher({
  server: { fetchUrls: reach },
  network: way,
}: Config): Pick<GatewayDeps, 'fetchMedia'> {
  if (reach === 'never') return {}
  const limits = { ...DEFAULT_FETCH_LIMITS, reach }
  const open: typeof openPinned = (request) =>
    openPinned({ ...request, ...(way !== undefined && { network: way }) })
  const network = { ...systemNetwork, open, clock: systemClock }
  return { fetchMedia: rememberMedia((request) => fetchMedia(request, limits, network), systemClock) }
}

function settingsOf(
  config: Config,
  { pingAfterMs = PING_AFTER_MS, fastPaths = 'on' }: GatewayOptions,
): GatewaySettings {
  const providers = Object.entries(config.providers).map(
    ([name, provider]) => [name, createProvider(provider, {})] as const,
  )
  return {
    rules: config.models,
    providers: new Map(providers),
    lossy: config.lossy,
    secret: config.secret === '' ? randomBytes(32).toString('hex') : config.secret,
    pingAfterMs,
    logBodies: config.log.bodies,
    fastPaths,
  }
}

function logHealth(change: HealthChange, log: Logger): void {
  if (change.now === 'well') return log.info('target is well again', { target: change.name })
  const { name, now, ms, reason } = change
  log.warn('target is put aside', { target: name, because: now, ms: Math.round(ms), reason })
}

const ID_BYTES = 12
/** Random bytes for ids to come: asking for many at once costs as much as asking for one. */
const random = Buffer.alloc(256 * ID_BYTES)
let randomAt = random.length

/** 24 letters and digits, the length of the vendors' own ids, that nobody can guess. */
function newId(): string {
  if (randomAt === random.length) {
    randomFillSync(random)
    randomAt = 0
  }
  randomAt += ID_BYTES
  return random.toString('hex', randomAt - ID_BYTES, randomAt)
}
