import { compact } from '../ir/json.ts'
import type { ProviderConfig } from '../providers/config.ts'
import type { Timeouts } from '../providers/provider.ts'
import type { ClientKey, Config } from './config.ts'
import type { NetworkReader } from './network.ts'
import type { ProviderSettings, Settings } from './schema.ts'
import { readRule } from './targets.ts'
import { parseDuration, parseSize } from './units.ts'

/** Checked settings in the exact form that the gateway works with; the loader adds what it alone knows. */
export function resolve(
  settings: Settings,
  patterns: readonly string[],
  networks: NetworkReader,
): Omit<Config, 'secret' | 'stateDir' | 'origins' | 'source' | 'warnings'> {
  const { server, auth, lossy, retries, log } = settings
  const timeouts: Timeouts = {
    connect: milliseconds(settings.timeouts.connect),
    firstByte: milliseconds(settings.timeouts.firstByte),
    idle: milliseconds(settings.timeouts.idle),
  }
  return {
    server: {
      ...server,
      workers: server.workers === 'auto' ? 'auto' : Number(server.workers),
      bodyLimit: parseSize(server.bodyLimit) ?? 0,
      uploadLimit: parseSize(server.uploadLimit) ?? 0,
    },
    auth: {
      keys: auth.keys.map((entry): ClientKey =>
        typeof entry === 'string' ? { key: entry } : compact(entry),
      ),
    },
    providers: Object.fromEntries(
      Object.entries(settings.providers).map(([name, provider]) => [
        name,
        readProvider(name, provider, { timeouts, retries, networks }),
      ]),
    ),
    models: patterns.flatMap((pattern) => {
      const rule = settings.models[pattern]
      return rule === undefined ? [] : [readRule(pattern, rule)]
    }),
    lossy,
    timeouts,
    retries,
    ...(networks.general !== undefined && { network: networks.general }),
    log,
  }
}

function readProvider(
  name: string,
  settings: ProviderSettings,
  general: { timeouts: Timeouts; retries: number; networks: NetworkReader },
): ProviderConfig {
  const { headers, timeouts, retries, models, dialect, apiKey, proxy, tls, ...own } = settings
  const network = general.networks.of({ proxy, tls }, ['providers', name])
  const common = {
    name,
    headers: headers ?? {},
    timeouts: {
      connect: timeouts?.connect === undefined ? general.timeouts.connect : milliseconds(timeouts.connect),
      firstByte:
        timeouts?.firstByte === undefined ? general.timeouts.firstByte : milliseconds(timeouts.firstByte),
      idle: timeouts?.idle === undefined ? general.timeouts.idle : milliseconds(timeouts.idle),
    },
    retries: retries ?? general.retries,
    ...(network !== undefined && { network }),
    models: Object.fromEntries(
      Object.entries(models ?? {}).map(([model, { price, ...facts }]) => [
        model,
        { ...compact(facts), ...(price !== undefined && { price: compact(price) }) },
      ]),
    ),
    dialect: dialect ?? {},
    // An empty key is one that `${NAME:-}` left out on purpose: nothing is sent.
    ...(apiKey !== undefined && apiKey !== '' && { apiKey }),
  }
  return { ...compact(own), ...common } as ProviderConfig
}

/** The schema has seen to it that these are durations. */
function milliseconds(text: string): number {
  return parseDuration(text) ?? 0
}
