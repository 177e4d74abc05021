/** One member of the outermost object of a JSON text: byte offsets of its key and its value. */
export type Member = {
  readonly key: string
  readonly keyStart: number
  readonly valueStart: number
  /** One past the value's last byte. */
  readonly valueEnd: number
}

const QUOTE = 0x22
const BACKSLASH = 0x5c
const COLON = 0x3a
const COMMA = 0x2c

/**
 * The members of the outermost object, found without parsing their values. The text must be valid JSON with an object
 * at its root.
 */
export function topLevelMembers(json: Buffer): readonly Member[] {
  const members: Member[] = []
  let at = skipSpace(json, json.indexOf('{') + 1)
  while (at < json.length && json[at] === QUOTE) {
    const keyEnd = stringEnd(json, at)
    const written = json.toString('utf8', at + 1, keyEnd - 1)
    const key = written.includes('\\') ? (JSON.parse(`"${written}"`) as string) : written
    const colon = skipSpace(json, keyEnd)
    if (json[colon] !== COLON) break
    const valueStart = skipSpace(json, colon + 1)
    const valueEnd = endOfValue(json, valueStart)
    members.push({ key, keyStart: at, valueStart, valueEnd })
    at = skipSpace(json, valueEnd)
    if (json[at] === COMMA) at = skipSpace(json, at + 1)
  }
  return members
}

/**
 * Replaces values of the outermost object by other JSON texts and leaves every other byte as it is: parsing and
 * writing the whole again would reorder integer-like keys and round large numbers. A key that is not there is
 * left alone; of a key that stands twice each is replaced.
 */
export function spliceMembers(json: Buffer, values: Readonly<Record<string, string>>): Buffer {
  const pieces: Buffer[] = []
  let from = 0
  for (const { key, valueStart, valueEnd } of topLevelMembers(json)) {
    const value = Object.hasOwn(values, key) ? values[key] : undefined
    if (value === undefined) continue
    pieces.push(json.subarray(from, valueStart), Buffer.from(value, 'utf8'))
    from = valueEnd
  }
  return pieces.length === 0 ? json : Buffer.concat([...pieces, json.subarray(from)])
}

/** The first byte from `at` on that is no white space. */
export function skipSpace(json: Buffer, at: number): number {
  let i = at
  while (json[i] === 0x20 || json[i] === 0x0a || json[i] === 0x0d || json[i] === 0x09) i++
  return i
}

/** Most strings are keys and words: up to here a look at each byte is quicker than a search. Bytes. */
const SHORT = 48

/** One past the closing quote of the string that opens at `at`. */
export function stringEnd(json: Buffer, at: number): number {
  let i = at + 1
  for (const near = i + SHORT; i < near && i < json.length; i++) {
    if (json[i] === QUOTE) return i + 1
    if (json[i] === BACKSLASH) i++
  }
  const from = i
  for (;;) {
    const quote = json.indexOf(QUOTE, i)
    if (quote < 0) return json.length
    let backslashes = 0
    while (quote - backslashes > from && json[quote - 1 - backslashes] === BACKSLASH) backslashes++
    if (backslashes % 2 === 0) return quote + 1
    i = quote + 1
  }
}

/** One past the last byte of the value that begins at `start`. */
export function endOfValue(json: Buffer, start: number): number {
  if (json[start] === QUOTE) return stringEnd(json, start)
  let depth = 0
  for (let i = start; i < json.length; i++) {
    const byte = json[i]
    if (byte === QUOTE) i = stringEnd(json, i) - 1
    else if (byte === 0x7b || byte === 0x5b) depth++
    else if (byte === 0x7d || byte === 0x5d) {
      if (depth === 0) return trimEnd(json, start, i)
      if (--depth === 0) return i + 1
    } else if (byte === COMMA && depth === 0) return trimEnd(json, start, i)
  }
  return json.length
}

function trimEnd(json: Buffer, start: number, end: number): number {
  let i = end
  while (i > start && (json[i - 1] ?? 0) <= 0x20) i--
  return i
}
