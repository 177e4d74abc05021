import { GatewayError } from '../errors.ts'
import type { Sink, Stage } from './sink.ts'

/** One server-sent event: its `event:` name, if it had one, and its `data:` lines joined by newlines. */
export type SseEvent = { readonly event?: string; readonly data: string }

export type SseOptions = {
  /** The longest event accepted, in bytes of UTF-8 or characters, whichever is reached first. */
  readonly maxEventSize?: number
}

const LF = 0x0a
const CR = 0x0d
const DEFAULT_MAX_EVENT_SIZE = 64 * 1024 * 1024

/**
 * Reads server-sent events from bytes that may be split anywhere. What is not UTF-8 becomes U+FFFD; comments,
 * `id` and `retry` are ignored; an event whose closing blank line is missing comes out at the end.
 * Source: WHATWG HTML, "Server-sent events", §9.2.6.
 *
 * Throws `upstream-broken` from `write` for an event larger than `maxEventSize` (64 MiB).
 */
export function parseSse(options: SseOptions = {}): Stage<Uint8Array, SseEvent> {
  return (out) => new SseParser(out, options.maxEventSize ?? DEFAULT_MAX_EVENT_SIZE)
}

/** The event as it goes over the wire, with its closing blank line. */
export function formatSse(event: SseEvent): string {
  const { data } = event
  const lines = data.includes('\n') || data.includes('\r') ? data.split(/\r\n?|\n/).join('\ndata: ') : data
  return event.event === undefined ? `data: ${lines}\n\n` : `event: ${event.event}\ndata: ${lines}\n\n`
}

/**
 * Line ends are single bytes in UTF-8, so bytes can be cut at them before anything is decoded: whatever lies
 * before the last line end of a chunk is decoded in one go and scanned as a string (one native call for
 * many lines instead of two for each), and the unfinished line after it waits as bytes, unjoined.
 */
class SseParser implements Sink<Uint8Array> {
  readonly #out: Sink<SseEvent>
  readonly #maxEventSize: number
  /** Pieces of the unfinished line. */
  #rest: Buffer[] = []
  #restSize = 0
  #afterCr = false
  #atStart = true
  #event = ''
  #data: string | undefined

  constructor(out: Sink<SseEvent>, maxEventSize: number) {
    this.#out = out
    this.#maxEventSize = maxEventSize
  }

  write(bytes: Uint8Array): void {
    let chunk = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    if (chunk.length === 0) return
    if (this.#afterCr) {
      this.#afterCr = false
      if (chunk[0] === LF) chunk = chunk.subarray(1)
    }
    const last = lastLineEnd(chunk)
    if (last === -1) {
      this.#keep(chunk)
      return
    }
    const lines = this.#take(last + 1 === chunk.length ? chunk : chunk.subarray(0, last + 1))
    if (last + 1 < chunk.length) this.#keep(chunk.subarray(last + 1))
    else this.#afterCr = chunk[last] === CR
    this.#scan(lines.includes('\r') ? lines.replace(/\r\n?/g, '\n') : lines)
  }

  end(): void {
    if (this.#restSize > 0) this.#scan(`${this.#take(Buffer.alloc(0))}\n`)
    this.#dispatch()
    this.#out.end()
  }

  #keep(bytes: Buffer): void {
    this.#restSize += bytes.length
    if (this.#restSize > this.#maxEventSize) throw this.#tooLarge()
    if (bytes.length > 0) this.#rest.push(bytes)
  }

  /** The text of the waiting bytes and these, which end a line. */
  #take(bytes: Buffer): string {
    let text: string
    if (this.#rest.length === 0) text = bytes.toString('utf8')
    else {
      this.#rest.push(bytes)
      text = Buffer.concat(this.#rest).toString('utf8')
      this.#rest = []
      this.#restSize = 0
    }
    if (this.#atStart) {
      this.#atStart = false
      if (text.charCodeAt(0) === 0xfeff) return text.slice(1)
    }
    return text
  }

  /** Reads whole lines, each closed by a newline. */
  #scan(text: string): void {
    let start = 0
    while (start < text.length) {
      const end = text.indexOf('\n', start)
      if (end === start) this.#dispatch()
      else if (text.startsWith('data:', start)) this.#append(text.slice(afterColon(text, start + 4), end))
      else this.#field(text, start, end)
      start = end + 1
    }
  }

  /** A line that is not the common `data:…`. */
  #field(text: string, start: number, end: number): void {
    if (text.startsWith('event:', start)) this.#event = text.slice(afterColon(text, start + 5), end)
    else if (text.slice(start, end) === 'event') this.#event = ''
    else if (text.slice(start, end) === 'data') this.#append('')
  }

  #append(line: string): void {
    this.#data = this.#data === undefined ? line : `${this.#data}\n${line}`
    if (this.#data.length > this.#maxEventSize) throw this.#tooLarge()
  }

  #dispatch(): void {
    const data = this.#data
    const event = this.#event
    this.#data = undefined
    this.#event = ''
    if (data !== undefined) this.#out.write(event === '' ? { data } : { event, data })
  }

  #tooLarge(): GatewayError {
    return new GatewayError(
      'upstream-broken',
      `The upstream sent a stream event of more than ${this.#maxEventSize} bytes`,
    )
  }
}

function lastLineEnd(chunk: Buffer): number {
  // Most chunks end with whole events: one look instead of a search.
  if (chunk[chunk.length - 1] === LF) return chunk.length - 1
  return Math.max(chunk.lastIndexOf(LF), chunk.lastIndexOf(CR))
}

/** Where a field's value begins: one space after the colon belongs to the syntax. */
function afterColon(text: string, colon: number): number {
  return text.charCodeAt(colon + 1) === 0x20 ? colon + 2 : colon + 1
}
