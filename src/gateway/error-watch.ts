import type { GatewayError } from '../errors.ts'
import { FrameGate } from '../stream/frame-gate.ts'
import { run } from '../stream/sink.ts'
import { parseSse, type SseEvent } from '../stream/sse.ts'
import type { UpstreamCodec } from './codecs.ts'
import { masked, withoutSecrets } from './own-secrets.ts'

/**
 * What every error event holds, whatever its protocol; inside a text the quotes would be escaped. One search of
 * the bytes as Latin-1 costs a third of three searches of the buffer.
 */
const HOLDS_ERROR = /"error"|event: ?error/
/** A member that says that there is none, as in every response of OpenAI. */
const SAYS_ERROR = /"error"(?!\s*:\s*null)/

export type ErrorWatchOptions = {
  readonly codec: Pick<UpstreamCodec, 'decodeStream'>
  /** What the request was authenticated with. */
  readonly secrets: readonly string[]
  /** Takes what may go on. */
  readonly open: (bytes: Buffer) => void
  /** Called with the first error that the stream tells of. */
  readonly onError: (error: GatewayError) => void
}

/**
 * Lets a relayed stream through in whole frames, and looks for an error among them by its bytes: only frames that look
 * like one are read. A credential that such a frame repeats is masked; every other byte goes on as it came.
 */
export class ErrorWatch {
  readonly #options: ErrorWatchOptions
  readonly #gate = new FrameGate((bytes) => void this.#frames.push(bytes))
  #frames: Buffer[] = []
  #told = false

  constructor(options: ErrorWatchOptions) {
    this.#options = options
  }

  push(chunk: Buffer): void {
    this.#gate.push(chunk)
    this.#release()
  }

  /** Lets through what is held: the stream ended well without its last blank line. */
  flush(): void {
    this.#gate.flush()
    this.#release()
  }

  #release(): void {
    const [first, ...others] = this.#frames
    if (first === undefined) return
    this.#frames = []
    const frames = others.length === 0 ? first : Buffer.concat([first, ...others])
    this.#options.open(mayHoldError(frames) ? this.#inspect(frames) : frames)
  }

  #inspect(frames: Buffer): Buffer {
    const { secrets, onError } = this.#options
    const events = run(parseSse({ maxEventSize: Infinity }), [frames]).filter(saysError)
    if (events.length === 0) return frames
    const error = this.#told ? undefined : this.#errorIn(events)
    if (error !== undefined) {
      this.#told = true
      onError(withoutSecrets(error, secrets))
    }
    if (!secrets.some((secret) => frames.includes(secret))) return frames
    return Buffer.from(masked(frames.toString('utf8'), secrets), 'utf8')
  }

  /** Never ended, for a decoder takes a few events without an ending for an answer that broke off. */
  #errorIn(events: readonly SseEvent[]): GatewayError | undefined {
    let found: GatewayError | undefined
    for (const event of events) {
      const decoder = this.#options.codec.decodeStream()({
        write: (said) => {
          if (said.type === 'error') found ??= said.error
        },
        end() {},
      })
      decoder.write(event)
    }
    return found
  }
}

const mayHoldError = (frames: Buffer): boolean => HOLDS_ERROR.test(frames.toString('latin1'))

const saysError = ({ event, data }: SseEvent): boolean => event === 'error' || SAYS_ERROR.test(data)
