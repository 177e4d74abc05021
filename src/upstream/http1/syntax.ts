/** What is said about bytes that are no HTTP, or more of it than anybody means well with. */
export class HttpSyntaxError extends Error {
  readonly code: 'ERR_HTTP_SYNTAX' | 'ERR_HTTP_HEAD_TOO_LARGE'

  constructor(message: string, code: HttpSyntaxError['code'] = 'ERR_HTTP_SYNTAX') {
    super(message)
    this.name = 'HttpSyntaxError'
    this.code = code
  }
}

/** Bytes of a head, or of all trailers; four times what Node's own parser takes. */
export const MAX_HEAD_BYTES = 64 * 1024

/** Lines of a head, or of all trailers. */
export const MAX_FIELDS = 1_000

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
const NOT_IN_VALUE = /[^\t\x20-\x7e\x80-\xff]/

/** True for the name of a header: RFC 9110, section 5.1. */
export function isFieldName(text: string): boolean {
  return TOKEN.test(text)
}

/** True for what a header may hold, one byte a character: no CR, LF, NUL or other control characters. */
export function isFieldValue(text: string): boolean {
  return !NOT_IN_VALUE.test(text)
}

/** Header fields by lower-cased name, repeated ones joined by commas. */
export type Fields = Record<string, string>

/**
 * Reads header or trailer lines. Strict, because what two readers understand differently is what attacks are made
 * of: lines end in CRLF and nothing else, a name is followed by its colon at once, and no line continues another.
 *
 * @param text one byte a character, without the line end of the last line
 * @throws HttpSyntaxError
 */
export function readFields(text: string, from: number): Fields {
  // Without a prototype, so that a header called `constructor` is one like any other.
  const fields = Object.create(null) as Fields
  let count = 0
  for (let at = from; at < text.length;) {
    const lineEnd = text.indexOf('\r\n', at)
    const end = lineEnd === -1 ? text.length : lineEnd
    const colon = text.indexOf(':', at)
    if (colon === -1 || colon >= end) throw new HttpSyntaxError('A header line has no colon')
    const name = text.slice(at, colon)
    if (!isFieldName(name)) throw new HttpSyntaxError('A header has an invalid name')
    const value = trimmed(text, colon + 1, end)
    if (!isFieldValue(value)) throw new HttpSyntaxError('A header holds control characters')
    if (++count > MAX_FIELDS)
      throw new HttpSyntaxError('There are too many headers', 'ERR_HTTP_HEAD_TOO_LARGE')
    const key = name.toLowerCase()
    const before = fields[key]
    fields[key] = before === undefined ? value : `${before}, ${value}`
    at = end + 2
  }
  return fields
}

/** Without the spaces and tabs around it. */
function trimmed(text: string, from: number, to: number): string {
  let start = from
  let end = to
  while (start < end && isBlank(text.charCodeAt(start))) start++
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--
  return text.slice(start, end)
}

const isBlank = (code: number): boolean => code === 0x20 || code === 0x09
