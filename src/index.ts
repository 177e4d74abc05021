import { randomBytes } from 'node:crypto'
import type { Config } from './config/config.ts'
import type { ClientProtocol } from './gateway/call.ts'
import { clientCodec } from './gateway/codecs.ts'
import type { GatewayDeps, GatewaySettings } from './gateway/deps.ts'
import { handle } from './gateway/handle.ts'
import { listModels } from './gateway/listing.ts'
import { silentLogger, type Logger } from './log.ts'
import { chat } from './protocols/chat/index.ts'
import { createProvider } from './providers/index.ts'
import { systemClock } from './stream/clock.ts'
import { createHttpServer, type LiveOptions } from './server/http.ts'
import { createUpstream } from './upstream/client.ts'
import { VERSION } from './version.ts'

export type { Config } from './config/config.ts'
export { loadConfig, parseConfig } from './config/load.ts'
export { ConfigError } from './config/issues.ts'
export { GatewayError } from './errors.ts'
export { createLogger, type Logger } from './log.ts'
export { VERSION } from './version.ts'

/** Silence after which a streaming client is sent a ping; clients and proxies hang up from 20 seconds on. */
const PING_AFTER_MS = 10_000
/** How long streams may go on after a shutdown was asked for. */
const DRAIN_MS = 30_000

/** A gateway ready to listen. */
export interface Gateway {
  /** Binds the configured address. Rejects with Node's error when it is taken. */
  listen(): Promise<{ readonly host: string; readonly port: number; readonly url: string }>
  /** Takes a new config for requests to come; what is under way goes on with the old one. Host and port stay. */
  reload(config: Config): Promise<void>
  /** Stops taking requests and lets answers finish, for `drainMs` milliseconds at most. */
  close(options?: { readonly drainMs?: number }): Promise<void>
}

export type GatewayOptions = {
  readonly log?: Logger
  /** Told by `/health`, so that a caller can tell this process from another. */
  readonly instance?: string
}

/** Makes a gateway from a config, as `dragoman start` does. */
export async function createGateway(config: Config, options: GatewayOptions = {}): Promise<Gateway> {
  const log = options.log ?? silentLogger
  const upstream = createUpstream({})
  let live = liveOptions(config, { upstream, log })
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
  })
  return {
    async listen() {
      const { host, port } = await server.listen()
      return { host, port, url: `http://${host.includes(':') ? `[${host}]` : host}:${port}` }
    },
    async reload(next) {
      live = liveOptions(next, { upstream, log })
      server.update(live)
    },
    async close({ drainMs = DRAIN_MS } = {}) {
      await server.close({ drainMs })
      await upstream.close()
    },
  }
}

function liveOptions(config: Config, outside: Pick<GatewayDeps, 'upstream' | 'log'>): LiveOptions {
  const settings = settingsOf(config)
  const deps: GatewayDeps = {
    ...outside,
    settings,
    clock: systemClock,
    unixTime: () => Math.floor(Date.now() / 1000),
    draw: Math.random,
    newId,
  }
  const listing = listModels(settings.rules, settings.providers)
  return {
    bodyLimit: config.server.bodyLimit,
    cors: config.server.cors,
    keys: config.auth.keys,
    handler: { handle: (call, reply) => handle(call, reply, deps) },
    models: () => listing,
  }
}

function settingsOf(config: Config): GatewaySettings {
  const providers = Object.entries(config.providers).map(
    ([name, provider]) => [name, createProvider(provider, {})] as const,
  )
  return {
    rules: config.models,
    providers: new Map(providers),
    lossy: config.lossy,
    secret: config.secret === '' ? randomBytes(32).toString('hex') : config.secret,
    pingAfterMs: PING_AFTER_MS,
    logBodies: config.log.bodies,
  }
}

/** 24 letters and digits: the length of the vendors' own ids. */
const newId = (): string => randomBytes(12).toString('hex')
