import type { LogLevel } from '../log.ts'
import type { ProviderConfig } from '../providers/config.ts'
import type { Network, Timeouts } from '../providers/provider.ts'
import type { ModelRule } from '../routing/rule.ts'

/** A client's key. The name is for logs and the ledger. */
export type ClientKey = { readonly name?: string; readonly key: string }

/** Everything the gateway is told: read, checked and converted; durations in milliseconds, sizes in bytes. */
export type Config = {
  readonly server: {
    readonly host: string
    /** 0 lets the system choose. */
    readonly port: number
    /** Processes that serve; `auto` is one for each core. */
    readonly workers: number | 'auto'
    /** Bytes. */
    readonly bodyLimit: number
    /** Bytes; of forms with files, which are not held in memory. */
    readonly uploadLimit: number
    /** Browser origins that may call. */
    readonly cors: readonly string[]
    readonly fetchUrls: 'public' | 'loopback' | 'never'
  }
  readonly auth: { readonly keys: readonly ClientKey[] }
  readonly providers: Readonly<Record<string, ProviderConfig>>
  /** In the order of the file: the first match wins. */
  readonly models: readonly ModelRule[]
  readonly lossy: 'warn' | 'reject'
  readonly timeouts: Timeouts
  readonly retries: number
  /** How everything is reached that is not a provider with settings of its own. */
  readonly network?: Network
  readonly log: { readonly level: LogLevel; readonly bodies: boolean }
  /** Seals reasoning on its way through clients. Empty when the loader was not given a way to make one. */
  readonly secret: string
  readonly stateDir: string
  /** Where each setting came from, by its path: `dragoman.yaml:7`, `env PORT`, `flag --port`, `default`. */
  readonly origins: Readonly<Record<string, string>>
  /** The config file, or `environment`. */
  readonly source: string
  /** What works but is probably not meant. */
  readonly warnings: readonly string[]
}
