import type { Logger } from '../log.ts'
import type { TokenFactors } from '../models/token-factor.ts'
import type { Provider } from '../providers/provider.ts'
import type { Health } from '../routing/health.ts'
import type { ModelRule } from '../routing/rule.ts'
import type { Clock } from '../stream/clock.ts'
import type { FetchMedia } from '../upstream/fetch-media.ts'
import type { Upstream } from '../upstream/upstream.ts'
import type { Owners } from './carry/owners.ts'
import type { Lessons } from './heal/lessons.ts'
import type { ItemStore } from './item-store.ts'
import type { ReasoningStore } from './reasoning-store.ts'

/** What the gateway serves by: plain values, made from the config. Replaced whole on a reload. */
export type GatewaySettings = {
  readonly rules: readonly ModelRule[]
  readonly providers: ReadonlyMap<string, Provider>
  readonly lossy: 'warn' | 'reject'
  /** Keys the reasoning seals; shared by replicas. */
  readonly secret: string
  /** Silence towards a streaming client after which pings start, in milliseconds. */
  readonly pingAfterMs: number
  /** `off`: everything takes the plain path, which the fast paths are proved equal to. */
  readonly fastPaths?: 'on' | 'off'
  /** Log request and response bodies. */
  readonly logBodies: boolean
}

/** Everything of the outside world that the gateway touches. */
export type GatewayDeps = {
  readonly settings: GatewaySettings
  readonly upstream: Upstream
  /** What upstreams refused under these settings. */
  readonly lessons: Lessons
  /** Reasoning that clients cannot carry; it outlives reloads. */
  readonly reasoning: ReasoningStore
  /** What clients name by ids that we gave; it outlives reloads. */
  readonly items?: ItemStore
  /** How models count tokens against our estimates; it outlives reloads. */
  readonly tokenFactors: TokenFactors
  /** How the targets do; it outlives reloads. */
  readonly health: Health
  readonly log: Logger
  /** Which provider made what; it outlives reloads. */
  readonly owners?: Owners
  /** Fetches what upstreams cannot fetch themselves; absent: nothing is fetched. */
  readonly fetchMedia?: FetchMedia
  /** Monotonic milliseconds and timers. */
  readonly clock: Clock
  /** Unix seconds. */
  readonly unixTime: () => number
  /** A number in [0, 1). */
  readonly draw: () => number
  /** Letters and digits, unique. */
  readonly newId: () => string
}
