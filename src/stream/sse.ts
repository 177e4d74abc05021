import { GatewayError } from '../errors.ts'
import { fromByteText } from './byte-text.ts'
import type { Sink } from './sink.ts'

/** One server-sent event: its `event:` name, if it had one, and its `data:` lines joined by newlines. */
export type SseEvent = { readonly event?: string; readonly data: string }

export type SseOptions = {
  /** The longest event accepted, in bytes of UTF-8 or characters, whichever is reached first. */
  readonly maxEventSize?: number
  /** `bytes`: events come as `byteText` has it, one character a byte, which costs less. Default: as text. */
  readonly as?: 'text' | 'bytes'
  /** `off`: every event is read in full, though who takes them would skim. */
  readonly fastPaths?: 'off'
}

/** Takes events, and may take some of them unread: those that it knows by their text. */
export interface SkimmingSink extends Sink<SseEvent> {
  /**
   * Takes the frames that begin at `start` of the text, one after another, as far as it knows them, and returns where
   * the first other one begins. The text has whole lines, one character a byte, and `start` is the begin of a frame.
   */
  skim?(text: string, start: number): number
}

/** Takes events, and may take them as they go over the wire. */
export interface FrameSink extends Sink<SseEvent> {
  /** An event in its final form, with its closing blank line, as `byteText` makes it. May be called unbound. */
  readonly frame?: (bytes: string) => void
}

const LF = 0x0a
const CR = 0x0d
/** As bytes. */
const BYTE_ORDER_MARK = '\u00ef\u00bb\u00bf'
const DEFAULT_MAX_EVENT_SIZE = 64 * 1024 * 1024

/**
 * Reads server-sent events from bytes that may be split anywhere. What is not UTF-8 becomes U+FFFD; comments,
 * `id` and `retry` are ignored; an event whose closing blank line is missing comes out at the end.
 * Source: WHATWG HTML, "Server-sent events", §9.2.6.
 *
 * Throws `upstream-broken` from `write` for an event larger than `maxEventSize` (64 MiB).
 */
export function parseSse(options: SseOptions = {}): (out: SkimmingSink) => Sink<Uint8Array> {
  return (out) => new SseParser(out, options)
}

/** The event as it goes over the wire, with its closing blank line. */
export function formatSse(event: SseEvent): string {
  const { data } = event
  const lines = data.includes('\n') || data.includes('\r') ? data.split(/\r\n?|\n/).join('\ndata: ') : data
  return event.event === undefined ? `data: ${lines}\n\n` : `event: ${event.event}\ndata: ${lines}\n\n`
}

/**
 * Line ends are single bytes in UTF-8, so bytes can be cut at them before anything is decoded: whatever lies
 * before the last line end of a chunk is scanned as one string (one native call for many lines instead of two for
 * each), and the unfinished line after it waits as bytes, unjoined. That string has one character a byte; only what
 * goes on is decoded, for one letter beyond Latin would make all of a chunk costly.
 */
class SseParser implements Sink<Uint8Array> {
  readonly #out: SkimmingSink
  readonly #maxEventSize: number
  readonly #skims: boolean
  readonly #as: 'text' | 'bytes'
  /** Pieces of the unfinished line. */
  #rest: Buffer[] = []
  #restSize = 0
  #afterCr = false
  #atStart = true
  #event = ''
  #data: string | undefined

  constructor(out: SkimmingSink, options: SseOptions) {
    const { maxEventSize = DEFAULT_MAX_EVENT_SIZE, fastPaths, as = 'text' } = options
    this.#out = out
    this.#maxEventSize = maxEventSize
    this.#as = as
    this.#skims = out.skim !== undefined && fastPaths !== 'off'
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
    // Nothing that is skimmed has another line end than a newline.
    const start = this.#skim(lines, 0)
    if (start === lines.length) return
    if (lines.includes('\r')) this.#scan(lines.slice(start).replace(/\r\n?/g, '\n'), 0)
    else this.#scan(lines, start)
  }

  end(): void {
    if (this.#restSize > 0) this.#scan(`${this.#take(Buffer.alloc(0))}\n`, 0)
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
    if (this.#rest.length === 0) text = bytes.toString('latin1')
    else {
      this.#rest.push(bytes)
      text = Buffer.concat(this.#rest).toString('latin1')
      this.#rest = []
      this.#restSize = 0
    }
    if (this.#atStart) {
      this.#atStart = false
      if (text.startsWith(BYTE_ORDER_MARK)) return text.slice(BYTE_ORDER_MARK.length)
    }
    return text
  }

  /** Lets the sink take what it knows. An event within a text of permitted size has a permitted size. */
  #skim(text: string, start: number): number {
    const isBetweenEvents = this.#data === undefined && this.#event === ''
    if (!this.#skims || !isBetweenEvents || text.length > this.#maxEventSize) return start
    return this.#out.skim?.(text, start) ?? start
  }

  /** Reads whole lines, each closed by a newline. */
  #scan(text: string, from: number): void {
    let start = from
    while (start < text.length) {
      const end = text.indexOf('\n', start)
      if (end === start) {
        this.#dispatch()
        start = this.#skim(text, end + 1)
        continue
      }
      if (text.startsWith('data:', start)) this.#append(text.slice(afterColon(text, start + 4), end))
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
    if (data === undefined) return
    const said = this.#as === 'bytes' ? data : fromByteText(data)
    this.#out.write(event === '' ? { data: said } : { event: fromByteText(event), data: said })
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
