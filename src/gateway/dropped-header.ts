import type { Dropped } from '../ir/dropped.ts'

/** Node refuses header sets beyond 16 KB at many receivers; this leaves room for the others. */
const LONGEST = 4_000

/**
 * The value of `x-dragoman-dropped`: `path;reason` pairs separated by commas, each once, in order. Cut with a count of
 * the rest when it grows too long; the log has all. Undefined when nothing was lost.
 */
export function formatDropped(dropped: readonly Dropped[]): string | undefined {
  if (dropped.length === 0) return undefined
  const entries = [...new Set(dropped.map(({ path, reason }) => `${ascii(path)};${reason}`))]
  let value = ''
  for (const [index, entry] of entries.entries()) {
    const next = value === '' ? entry : `${value}, ${entry}`
    if (next.length > LONGEST) return `${value}, and ${entries.length - index} more`
    value = next
  }
  return value
}

const ascii = (path: string): string => path.replace(/[^\x21-\x7e]|[,;]/g, '?')
