import type { GatewayError } from '../errors.ts'

/** A client that has to wait longer than this is better served by the next target, or by trying later itself. */
export const LONGEST_WAIT_MS = 10_000
const BASE_MS = 500
const CEILING_MS = 8_000

/**
 * How long to wait before trying the same target again, in milliseconds; undefined when another try there is not
 * worth it. Honours the upstream's `retry-after` (and adds up to a tenth of it, so that not all come back at once),
 * otherwise doubles from half a second with up to a quarter taken off by `draw` (a number in [0, 1)), as the vendors'
 * SDKs do. `attempt` counts from 0.
 */
export function retryDelay(
  error: GatewayError,
  attempt: number,
  retries: number,
  draw: () => number,
): number | undefined {
  const { retryAfterMs: asked, upstream } = error.details
  if (error.retry !== 'same' || attempt >= retries) return undefined
  if (upstream?.headers['x-should-retry'] === 'false') return undefined
  if (asked !== undefined) return asked <= LONGEST_WAIT_MS ? asked * (1 + draw() / 10) : undefined
  return Math.min(BASE_MS * 2 ** attempt, CEILING_MS) * (1 - draw() / 4)
}

/** True when another target may do better with the same request. */
export function mayTryNext(error: GatewayError): boolean {
  return error.retry !== 'never'
}
