import { Readable } from 'node:stream'
import type { ByteSource } from '../stream/pump.ts'
import type { UpstreamRequest } from './upstream.ts'

/** Bytes on their way to the connection before the source is asked to wait. */
const HIGH_WATER = 64 * 1024

/** True for a body that is still coming in. */
export function isSource(body: UpstreamRequest['body']): body is ByteSource {
  return typeof body === 'object' && 'start' in body
}

/**
 * A source as the stream that undici takes. It starts when the connection first wants bytes, so that a source whose
 * connection never came to be is untouched and may be sent elsewhere.
 */
export class SourceStream extends Readable {
  readonly #source: ByteSource
  #started = false
  #over = false

  constructor(source: ByteSource) {
    super({ highWaterMark: HIGH_WATER })
    this.#source = source
    // Whoever sends the stream hears of its errors; after that nobody does, and Node would end the process.
    this.on('error', () => {})
  }

  override _read(): void {
    if (this.#started) return this.#source.resume()
    this.#started = true
    this.#source.start({
      data: (chunk) => {
        if (!this.push(chunk)) this.#source.pause()
      },
      end: () => {
        this.#over = true
        this.push(null)
      },
      error: (cause) => {
        this.#over = true
        this.destroy(cause)
      },
    })
  }

  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    if (this.#started && !this.#over) {
      this.#over = true
      this.#source.abort()
    }
    callback(error)
  }
}
