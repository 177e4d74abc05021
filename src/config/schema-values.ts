import { z } from 'zod'
import { DURATION, SIZE } from './units.ts'

/** A non-empty text. */
export function text(description: string) {
  return z.string().trim().min(1, 'must not be empty').meta({ description })
}

/** A whole number from `least` to `most`. */
export function integer(least: number, most: number, description: string) {
  const range = least === most ? `must be ${least}` : `must be a whole number from ${least} to ${most}`
  return z.int(range).min(least, range).max(most, range).meta({ description })
}

/** true or false. */
export function flag(description: string) {
  return z.boolean('must be true or false').meta({ description })
}

/** `10s`; kept as written, so that it can be shown as written. */
export function duration(description: string) {
  const problem = 'must be a duration with its unit, such as `500ms`, `10s` or `5m`'
  return z.string(problem).regex(DURATION, problem).meta({ description })
}

/** `64mb`; kept as written. */
export function size(description: string) {
  const problem = 'must be a size such as `512kb` or `64mb`'
  return z.string(problem).regex(SIZE, problem).meta({ description })
}
