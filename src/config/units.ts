/** `500ms`, `10s`, `5m`, `1h`, or `0` for no limit. */
export const DURATION = /^(?:0|(\d+(?:\.\d+)?)\s*(ms|s|m|h))$/
/** `65536`, `512kb`, `64mb`, `1gb`. */
export const SIZE = /^(\d+(?:\.\d+)?)\s*(b|kb|mb|gb)?$/i

const MILLISECONDS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }
const BYTES: Readonly<Record<string, number>> = { b: 1, kb: 1024, mb: 1024 ** 2, gb: 1024 ** 3 }

/** Milliseconds; undefined when the text is no duration. */
export function parseDuration(text: string): number | undefined {
  const found = DURATION.exec(text.trim())
  if (found === null) return undefined
  return found[1] === undefined ? 0 : Math.round(Number(found[1]) * (MILLISECONDS[found[2] ?? ''] ?? 1))
}

/** Bytes, with units of 1024; undefined when the text is no size. */
export function parseSize(text: string): number | undefined {
  const found = SIZE.exec(text.trim())
  if (found === null) return undefined
  return Math.round(Number(found[1]) * (BYTES[(found[2] ?? 'b').toLowerCase()] ?? 1))
}
