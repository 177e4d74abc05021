import { isObject, parseJson, type JsonObject } from '../ir/json.ts'
import type { Usage } from '../ir/usage.ts'
import { fromByteText } from './byte-text.ts'
import { parseSse, type SseEvent } from './sse.ts'

/** What a tap asks the stream's protocol. */
export type TapReader = {
  usageOf(wire: JsonObject): Partial<Usage> | undefined
  isTerminal(event: SseEvent): boolean
}

/** Listens to a stream that is relayed untouched. Never throws: it may miss something, but breaks nothing. */
export interface StreamTap {
  write(bytes: Uint8Array): void
  end(): void
  /** What the stream has said so far; later counts replace earlier ones, field by field. */
  readonly usage: Usage | undefined
  /** True once the event came after which the stream is whole, or has told its failure. */
  readonly complete: boolean
  /** The first and the last event so far. */
  readonly first: SseEvent | undefined
  readonly last: SseEvent | undefined
}

/** A usage object as a member, not inside a string, where its quotes would be escaped; `null` is none. */
const USAGE_MEMBER = /"usage\w*"\s*:\s*\{/

/** A tap for one stream. Only events that hold a usage object are parsed as JSON. */
export function tapStream(reader: TapReader): StreamTap {
  return new Tap(reader)
}

class Tap implements StreamTap {
  readonly #reader: TapReader
  readonly #parser = parseSse({ as: 'bytes' })({ write: (event) => this.#read(event), end() {} })
  #usage: Partial<Usage> | undefined
  #complete = false
  #first: SseEvent | undefined
  #last: SseEvent | undefined
  #deaf = false

  constructor(reader: TapReader) {
    this.#reader = reader
  }

  write(bytes: Uint8Array): void {
    if (this.#deaf) return
    try {
      this.#parser.write(bytes)
    } catch {
      // An event beyond every limit: nothing after it can be told apart.
      this.#deaf = true
    }
  }

  end(): void {
    if (!this.#deaf) this.#parser.end()
    this.#deaf = true
  }

  get usage(): Usage | undefined {
    return this.#usage === undefined ? undefined : { uncached: 0, output: 0, ...this.#usage }
  }

  get complete(): boolean {
    return this.#complete
  }

  get first(): SseEvent | undefined {
    return asText(this.#first)
  }

  get last(): SseEvent | undefined {
    return asText(this.#last)
  }

  /** What is asked of an event is said in ASCII, so that most text is never decoded. */
  #read(event: SseEvent): void {
    this.#first ??= event
    this.#last = event
    try {
      if (!this.#complete) this.#complete = this.#reader.isTerminal(event)
      if (USAGE_MEMBER.test(event.data)) this.#readUsage(event.data)
    } catch {
      // An event that its protocol cannot read says nothing.
    }
  }

  #readUsage(data: string): void {
    const wire = parseJson(fromByteText(data))
    const found = isObject(wire) ? this.#reader.usageOf(wire) : undefined
    if (found === undefined) return
    const given = Object.entries(found).filter(([, count]) => count !== undefined)
    this.#usage = { ...this.#usage, ...Object.fromEntries(given) }
  }
}

function asText(event: SseEvent | undefined): SseEvent | undefined {
  return event && { ...event, data: fromByteText(event.data) }
}
