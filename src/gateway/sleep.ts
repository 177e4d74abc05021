import type { Clock } from '../stream/clock.ts'

/** Waits, in milliseconds, or until the client goes away. */
export function sleep(ms: number, signal: AbortSignal, clock: Clock): Promise<void> {
  return new Promise((resolve) => {
    const timer = clock.setTimeout(done, ms)
    signal.addEventListener('abort', done, { once: true })
    function done(): void {
      clock.clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
  })
}
