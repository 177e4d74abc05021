import type { Auth } from './auth.ts'
import type { Connections } from './connections.ts'
import type { Health } from './health.ts'
import type { ServerOptions } from './options.ts'
import type { OriginPolicy } from './origin.ts'

/** Everything that a request needs; a reload makes a new one, and requests keep the one they began with. */
export type Site = {
  readonly options: ServerOptions
  readonly auth: Auth
  readonly origins: OriginPolicy
  readonly connections: Connections
  readonly health: () => Health
  /** False while it drains or retires: connections are to be closed after their answer. */
  readonly isServing: () => boolean
}
