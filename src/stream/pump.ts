import { GatewayError, toGatewayError } from '../errors.ts'
import { byteText } from './byte-text.ts'
import type { Clock } from './clock.ts'
import { Output } from './output.ts'
import type { Sink } from './sink.ts'

/** Where bytes go, with backpressure. */
export interface ByteWriter {
  /** False when the writer is full: write no more until `onDrain` calls back. Strings are UTF-8. */
  write(chunk: Uint8Array | string): boolean
  /** The same for text of one character a byte, for writers that have a use for it as text. */
  writeBytes?(text: string): boolean
  /** Calls back once, when the writer has room again or is gone. */
  onDrain(callback: () => void): void
  end(): void
}

/** Where bytes come from. Flows only after `start`; exactly one of `end` and `error` follows. */
export interface ByteSource {
  start(consumer: ByteConsumer): void
  pause(): void
  resume(): void
  /** Stops the source at once and closes its connection; the consumer hears nothing more. */
  abort(): void
}

export interface ByteConsumer {
  data(chunk: Buffer): void
  end(): void
  /** The source broke off. */
  error(cause: Error): void
}

/** The synchronous chain of a stream. `fail` writes the error into the stream, in the client's protocol, and ends it. */
export type Transform = Sink<Buffer> & { fail(error: GatewayError): void }

/** Takes what goes to the client. Strings are UTF-8. */
export interface PumpOut extends Sink<string | Uint8Array> {
  /** Text that `byteText` has made: one character a byte. */
  bytes(text: string): void
}

/**
 * Builds the chain. `out` takes what goes to the client; ended before the source is, it ends the stream at once.
 * `finish` says that the client's answer is complete although the upstream goes on: when the current chunk is
 * through, the source is aborted and the chain ended.
 */
export type PumpTransform = (out: PumpOut, finish: () => void) => Transform

export type PumpOptions = {
  readonly source: ByteSource
  readonly writer: ByteWriter
  readonly transform: PumpTransform
  /**
   * How the chain gets what comes in: `each` chunk as it comes, the default, or all of a tick `gathered` into one. For
   * a chain that only looks at the bytes: it pays by the chunk, and many servers send each event as one.
   */
  readonly delivery?: 'each' | 'gathered'
  /** Aborted when the client has gone away. */
  readonly signal: AbortSignal
  readonly clock: Clock
  /** Milliseconds without a byte from the upstream after which it is given up; 0 means never. */
  readonly idleMs: number
  /** Milliseconds of silence towards the client after which `ping` is written, again and again; 0 means never. */
  readonly pingAfterMs: number
  /** A keep-alive in the client's protocol. Empty where none fits now, e.g. in the middle of a relayed event. */
  readonly ping: () => string
  /** Milliseconds for which the client may take nothing before it counts as gone; 0, the default, means for ever. */
  readonly writeStallMs?: number
  /** Called once, before the first bytes of the answer are written: time to send the head. */
  readonly onFirstOutput?: () => void
  /** Called once when a ping comes before any output: time to send the head, as what follows is in-stream. */
  readonly onCommit?: () => void
}

/**
 * How a stream went.
 *
 * - `done`: complete, as far as bytes tell; the protocol knows whether its terminal event was among them
 * - `aborted`: the client went away or stalled; the source is closed and the writer left alone
 * - `idle`: the upstream fell silent
 * - `broken`: the upstream broke off or lied, or a stage failed; `error` has the cause
 *
 * `started` is false when nothing was written to the client, not even a ping. Then the writer has not been ended
 * either, and an `idle` or `broken` pump has discarded what was ready and not called `fail`: the caller may
 * still answer with a real status, or try elsewhere.
 */
export type PumpResult =
  | { readonly outcome: 'done'; readonly started: boolean }
  | { readonly outcome: 'aborted'; readonly reason: 'client-gone' | 'stalled'; readonly started: boolean }
  | { readonly outcome: 'idle' | 'broken'; readonly error: GatewayError; readonly started: boolean }

/**
 * Moves an answer from its source through a synchronous chain to the client: the one place of a stream that
 * waits. Output is gathered and written once per tick, so that a burst costs one write and a single event none
 * of its time. Never rejects.
 */
export function pump(options: PumpOptions): Promise<PumpResult> {
  return new Promise((resolve) => new Pump(options, resolve).run())
}

/** Timers of Node with a longer wait fire at once. */
const LONGEST_TIMER = 2 ** 31 - 1

/** Flowing: the source is open. Ending: its result is known, the last output waits for room. Over: resolved. */
type Phase = 'flowing' | 'ending' | 'over'

/** Writes output, of which text has one character a byte, in the way that the writer has for it. */
function put(writer: ByteWriter, output: string | Uint8Array): boolean {
  if (typeof output !== 'string') return writer.write(output)
  return writer.writeBytes?.(output) ?? writer.write(Buffer.from(output, 'latin1'))
}

class Pump implements ByteConsumer {
  readonly #options: PumpOptions
  readonly #resolve: (result: PumpResult) => void
  readonly #transform: Transform
  readonly #output = new Output()
  #phase: Phase = 'flowing'
  #result: PumpResult | undefined
  #finishing = false
  #outEnded = false
  #started = false
  #announced = false
  #scheduled = false
  /** What came in this tick, where it is gathered. */
  #incoming: Buffer[] = []
  #blockedSince: number | undefined
  /** When a byte last came from the upstream, and when one last went to the client. */
  #heardAt: number
  #saidAt: number
  #timer: unknown

  constructor(options: PumpOptions, resolve: (result: PumpResult) => void) {
    this.#options = options
    this.#resolve = resolve
    this.#heardAt = this.#saidAt = options.clock.now()
    const out: PumpOut = {
      write: (chunk) => {
        this.#output.append(chunk)
        this.#schedule()
      },
      bytes: (text) => {
        this.#output.appendBytes(text)
        this.#schedule()
      },
      end: () => void (this.#outEnded = true),
    }
    this.#transform = options.transform(out, () => void (this.#finishing = true))
  }

  run(): void {
    const { signal, source } = this.#options
    if (signal.aborted) {
      this.#clientGone()
      return
    }
    signal.addEventListener('abort', this.#clientGone)
    this.#watch()
    source.start(this)
  }

  data(chunk: Buffer): void {
    if (this.#phase !== 'flowing') return
    // Once a tick: asking costs a tenth of what a whole event does.
    if (!this.#scheduled) this.#heardAt = this.#options.clock.now()
    if (this.#options.delivery === 'gathered') {
      this.#incoming.push(chunk)
      this.#schedule()
    } else this.#feed(chunk)
  }

  #feed(chunk: Buffer): void {
    try {
      this.#transform.write(chunk)
    } catch (thrown) {
      this.#fail('broken', toGatewayError(thrown))
      return
    }
    if (!this.#finishing && !this.#outEnded) return
    this.#options.source.abort()
    if (this.#outEnded) this.#conclude('done')
    else this.end()
  }

  /** Hands on what was gathered. Before anything else that ends the stream, or writes. */
  #feedGathered(): void {
    const chunks = this.#incoming
    if (chunks.length === 0 || this.#phase !== 'flowing') return
    this.#incoming = []
    this.#feed(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks))
  }

  end(): void {
    this.#feedGathered()
    if (this.#phase !== 'flowing') return
    try {
      this.#transform.end()
    } catch (thrown) {
      this.#fail('broken', toGatewayError(thrown))
      return
    }
    this.#conclude('done')
  }

  error(cause: Error): void {
    this.#feedGathered()
    if (this.#phase !== 'flowing') return
    if (this.#options.signal.aborted) this.#clientGone()
    else if (cause instanceof GatewayError) this.#fail('broken', cause)
    else
      this.#fail('broken', new GatewayError('upstream-broken', "The upstream's answer broke off", { cause }))
  }

  #fail(outcome: 'idle' | 'broken', error: GatewayError): void {
    this.#options.source.abort()
    if (!this.#started) {
      this.#settle({ outcome, error, started: false })
      return
    }
    try {
      this.#transform.fail(error)
    } catch {
      // The stream cannot even say why it ends; the result does.
    }
    this.#conclude(outcome, error)
  }

  /** Nothing more comes in: write what is left as soon as there is room, then end. */
  #conclude(outcome: 'done' | 'idle' | 'broken', error?: GatewayError): void {
    this.#phase = 'ending'
    this.#result =
      error === undefined || outcome === 'done'
        ? { outcome: 'done', started: true }
        : { outcome, error, started: true }
    this.#flush()
  }

  readonly #clientGone = (): void => {
    this.#abort('client-gone')
  }

  #abort(reason: 'client-gone' | 'stalled'): void {
    if (this.#phase === 'over') return
    this.#options.source.abort()
    this.#settle({ outcome: 'aborted', reason, started: this.#started })
  }

  #settle(result: PumpResult): void {
    const { signal, clock } = this.#options
    this.#phase = 'over'
    this.#output.take()
    signal.removeEventListener('abort', this.#clientGone)
    if (this.#timer !== undefined) clock.clearTimeout(this.#timer)
    this.#timer = undefined
    this.#resolve(result)
  }

  #schedule(): void {
    if (this.#scheduled || this.#phase !== 'flowing') return
    this.#scheduled = true
    process.nextTick(this.#onTick)
  }

  readonly #onTick = (): void => {
    this.#feedGathered()
    this.#scheduled = false
    this.#flush()
  }

  /** Writes what was gathered, in one piece, unless the writer is full; then its drain comes back here. */
  #flush(): void {
    if (this.#phase === 'over' || this.#blockedSince !== undefined) return
    const output = this.#output.take()
    if (output !== undefined) {
      if (!this.#announce()) return
      this.#write(output)
    }
    if (this.#phase !== 'ending' || this.#result === undefined || this.#blockedSince !== undefined) return
    if (this.#started) this.#options.writer.end()
    this.#settle({ ...this.#result, started: this.#started })
  }

  /** Tells the caller that the first output is about to be written; false when it cannot go on. */
  #announce(): boolean {
    if (this.#announced) return true
    this.#announced = true
    try {
      this.#options.onFirstOutput?.()
      return true
    } catch (thrown) {
      this.#options.source.abort()
      this.#settle({ outcome: 'broken', error: toGatewayError(thrown), started: this.#started })
      return false
    }
  }

  /** @param output text has one character a byte */
  #write(output: string | Uint8Array): void {
    const { writer, source, clock } = this.#options
    this.#started = true
    this.#saidAt = clock.now()
    if (put(writer, output)) return
    this.#blockedSince = clock.now()
    if (this.#phase === 'flowing') source.pause()
    this.#watch()
    writer.onDrain(this.#onDrain)
  }

  readonly #onDrain = (): void => {
    if (this.#phase === 'over') return
    this.#blockedSince = undefined
    // It was we who kept the upstream waiting.
    this.#heardAt = this.#saidAt = this.#options.clock.now()
    this.#watch()
    this.#flush()
    if (this.#isFlowing() && this.#blockedSince === undefined) this.#options.source.resume()
  }

  /** Asked anew where a call in between may have changed it. */
  #isFlowing(): boolean {
    return this.#phase === 'flowing'
  }

  /**
   * Sets the one timer to the next deadline. Activity only moves deadlines back, so that it need not touch
   * the timer: when it fires too early, it is set again. Only a change of what is watched sets it anew.
   */
  #watch(): void {
    const { clock } = this.#options
    if (this.#timer !== undefined) clock.clearTimeout(this.#timer)
    const due = this.#dueAt()
    if (due === Infinity) this.#timer = undefined
    else {
      const wait = Math.min(Math.max(1, due - clock.now()), LONGEST_TIMER)
      this.#timer = clock.setTimeout(this.#onTimer, wait)
    }
  }

  #dueAt(): number {
    if (this.#blockedSince !== undefined) return after(this.#blockedSince, this.#options.writeStallMs ?? 0)
    if (this.#phase !== 'flowing') return Infinity
    return Math.min(this.#idleAt(), this.#pingAt())
  }

  #idleAt(): number {
    return after(this.#heardAt, this.#options.idleMs)
  }

  #pingAt(): number {
    return after(this.#saidAt, this.#options.pingAfterMs)
  }

  readonly #onTimer = (): void => {
    this.#timer = undefined
    const now = this.#options.clock.now()
    if (this.#blockedSince !== undefined) {
      if (now >= this.#dueAt()) {
        this.#abort('stalled')
        return
      }
    } else if (now >= this.#idleAt()) {
      const silence = `The upstream sent nothing for ${this.#options.idleMs} ms`
      this.#fail('idle', new GatewayError('timeout', silence))
      return
    } else if (now >= this.#pingAt()) this.#ping(now)
    if (this.#phase !== 'over' && this.#timer === undefined) this.#watch()
  }

  #ping(now: number): void {
    const ping = this.#options.ping()
    if (ping === '') {
      this.#saidAt = now
      return
    }
    if (!this.#started) this.#options.onCommit?.()
    this.#write(byteText(ping))
  }
}

const after = (moment: number, milliseconds: number): number =>
  milliseconds > 0 ? moment + milliseconds : Infinity
