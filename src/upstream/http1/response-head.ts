import { HttpSyntaxError, readFields, type Fields } from './syntax.ts'

/** Where an answer's body ends. */
export type Framing =
  | { readonly by: 'length'; readonly length: number }
  | { readonly by: 'chunks' }
  | { readonly by: 'close' }

/** The head of an answer: status line and headers. */
export type ResponseHead = {
  readonly status: number
  readonly headers: Fields
  readonly framing: Framing
  /** Whether the upstream keeps the connection. */
  readonly persistent: boolean
  /** Milliseconds for which it says to keep it idle. */
  readonly keepAliveMs?: number
}

const STATUS_LINE = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: [\t\x20-\x7e\x80-\xff]*)?$/
const NO_BODY: Framing = { by: 'length', length: 0 }
const CHUNKS: Framing = { by: 'chunks' }
const UNTIL_CLOSE: Framing = { by: 'close' }

/**
 * Reads a head (RFC 9112, sections 4 to 6). What leaves open where the answer ends is refused rather than guessed:
 * more than one length, a length beside a transfer coding, a coding other than chunked.
 *
 * @param text one byte a character, without the empty line
 * @throws HttpSyntaxError
 */
export function readHead(text: string, method: string): ResponseHead {
  const lineEnd = text.indexOf('\r\n')
  const line = STATUS_LINE.exec(lineEnd === -1 ? text : text.slice(0, lineEnd))
  if (line === null) throw new HttpSyntaxError('The status line is not one of HTTP/1.1')
  const status = Number(line[2])
  // HTTP/1.0 has no informational answers.
  if (status < 200 && line[1] === '0') throw new HttpSyntaxError('The status is not one of HTTP/1.0')
  const headers = readFields(text, lineEnd === -1 ? text.length : lineEnd + 2)
  const framing = framingOf(headers)
  const bare = status < 200 || status === 204 || status === 304 || method === 'HEAD'
  const keepAliveMs = readKeepAlive(headers['keep-alive'])
  return {
    status,
    headers,
    framing: bare ? NO_BODY : framing,
    persistent: isPersistent(headers, line[1] === '1'),
    ...(keepAliveMs !== undefined && { keepAliveMs }),
  }
}

function framingOf(headers: Fields): Framing {
  const length = headers['content-length']
  const coding = headers['transfer-encoding']
  if (coding !== undefined) {
    if (length !== undefined) throw new HttpSyntaxError('The answer has both a length and a transfer coding')
    if (coding.toLowerCase() !== 'chunked') throw new HttpSyntaxError('The transfer coding is not chunked')
    return CHUNKS
  }
  if (length === undefined) return UNTIL_CLOSE
  // Two lengths have been joined by a comma. 15 digits are all below 2 ** 53.
  if (!/^\d{1,15}$/.test(length)) throw new HttpSyntaxError('The length of the answer is no number')
  return { by: 'length', length: Number(length) }
}

function isPersistent(headers: Fields, isNew: boolean): boolean {
  const connection = headers['connection']
  // What speaks HTTP/1.0 and sends chunks is not to be trusted with a second request: RFC 9112, section 6.1.
  if (!isNew && headers['transfer-encoding'] !== undefined) return false
  if (connection === undefined) return isNew
  if (connection === 'keep-alive') return true
  const options = new Set(connection.split(',').map((option) => option.trim().toLowerCase()))
  return !options.has('close') && (isNew || options.has('keep-alive'))
}

function readKeepAlive(value: string | undefined): number | undefined {
  const seconds = value === undefined ? undefined : /(?:^|[,;\s])timeout\s*=\s*"?(\d{1,6})/i.exec(value)?.[1]
  return seconds === undefined ? undefined : Number(seconds) * 1_000
}
