import { GatewayError } from '../errors.ts'
import type { Clock } from './clock.ts'
import type { ByteSource } from './pump.ts'

/** Limits on reading a whole body. */
export type ReadLimits = {
  /** Bytes. */
  readonly limit: number
  /** Longest silence between two pieces, in milliseconds; 0 means for ever. */
  readonly idleMs: number
  readonly clock: Clock
}

/**
 * Reads a source to its end.
 *
 * @throws GatewayError `timeout` after too long a silence, `upstream-broken` beyond the limit or when the source
 *   breaks off; the source is aborted
 */
export function readAll(source: ByteSource, limits: ReadLimits): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const pieces: Buffer[] = []
    let size = 0
    const { clock, idleMs, limit } = limits
    let heardAt = clock.now()
    let watchdog: unknown
    let isOver = false
    const disarm = () => {
      isOver = true
      if (watchdog !== undefined) clock.clearTimeout(watchdog)
    }
    const fail = (error: Error) => {
      disarm()
      reject(error)
    }
    // A piece only moves the deadline back: the timer stays and, when it fires too early, is set again.
    const watch = () => {
      const left = heardAt + idleMs - clock.now()
      if (left > 0) {
        watchdog = clock.setTimeout(watch, left)
        return
      }
      source.abort()
      fail(new GatewayError('timeout', `The upstream sent nothing for ${idleMs} ms in mid-answer`))
    }
    source.start({
      data(chunk) {
        size += chunk.length
        if (size > limit) {
          source.abort()
          fail(new GatewayError('upstream-broken', `The upstream's answer is longer than ${limit} bytes`))
          return
        }
        pieces.push(chunk)
        heardAt = clock.now()
      },
      end() {
        disarm()
        resolve(pieces.length === 1 ? (pieces[0] as Buffer) : Buffer.concat(pieces))
      },
      error(cause) {
        fail(cause instanceof GatewayError ? cause : brokeOff(cause))
      },
    })
    // A small answer has come with its head: all of it is there by now.
    if (idleMs > 0 && !isOver) watchdog = clock.setTimeout(watch, idleMs)
  })
}

/** The error for an answer whose connection closed in the middle. */
export function brokeOff(cause?: unknown): GatewayError {
  return new GatewayError('upstream-broken', 'The upstream broke off in the middle of its answer', { cause })
}
