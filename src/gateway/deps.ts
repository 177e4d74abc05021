import type { Logger } from '../log.ts'
import type { Provider } from '../providers/provider.ts'
import type { ModelRule } from '../routing/rule.ts'
import type { Clock } from '../stream/clock.ts'
import type { Upstream } from '../upstream/upstream.ts'

/** What the gateway serves by: plain values, made from the config. Replaced whole on a reload. */
export type GatewaySettings = {
  readonly rules: readonly ModelRule[]
  readonly providers: ReadonlyMap<string, Provider>
  readonly lossy: 'warn' | 'reject'
  /** Keys the reasoning seals; shared by replicas. */
  readonly secret: string
  /** Silence towards a streaming client after which pings start, in milliseconds. */
  readonly pingAfterMs: number
  /** Log request and response bodies. */
  readonly logBodies: boolean
}

/** Everything of the outside world that the gateway touches. */
export type GatewayDeps = {
  readonly settings: GatewaySettings
  readonly upstream: Upstream
  readonly log: Logger
  /** Monotonic milliseconds and timers. */
  readonly clock: Clock
  /** Unix seconds. */
  readonly unixTime: () => number
  /** A number in [0, 1). */
  readonly draw: () => number
  /** Letters and digits, unique. */
  readonly newId: () => string
}
