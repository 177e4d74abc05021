/** What the health routes tell. Open to everybody: nothing of the configuration belongs here. */
export type Health = {
  readonly version: string
  readonly instance?: string
  readonly uptimeMs: number
  /** `retiring`: this process ends, and others of the same gateway serve. */
  readonly state: 'serving' | 'retiring' | 'draining'
  /** How many processes serve; absent where there is one. */
  readonly workers?: number
}

/** Is the process alive? Always 200, while it drains too. */
export function healthBody(health: Health): object {
  return {
    status: 'ok',
    name: 'dragoman',
    version: health.version,
    ...(health.instance !== undefined && { instance: health.instance }),
    uptime: Math.floor(health.uptimeMs / 1000),
    ...(health.workers !== undefined && { workers: health.workers }),
  }
}

/** Should it get new requests? 503 while it drains. */
export function readiness(health: Health): { readonly status: number; readonly body: object } {
  return health.state === 'draining'
    ? { status: 503, body: { status: 'draining' } }
    : { status: 200, body: { status: 'ready' } }
}
