import type { IncomingMessage } from 'node:http'
import type { ByteConsumer, ByteSource } from '../stream/pump.ts'
import { clientClosed, Refusal } from './refusal.ts'

export type UploadRules = {
  /** Bytes. */
  readonly limit: number
  /** Milliseconds without a byte, while bytes are wanted, after which the upload is given up. */
  readonly idleMs: number
  /** Aborted with the reason (a GatewayError) for which no more of the body will come. */
  readonly signal: AbortSignal
  /** Called when the body is wanted, so that a client which waits for `100 Continue` sends it. */
  readonly onReady: () => void
}

/**
 * A request's body as it arrives, no faster than it is taken. Breaks with a GatewayError: 413, 408, or the signal's
 * reason.
 */
export class UploadSource implements ByteSource {
  readonly #request: IncomingMessage
  readonly #rules: UploadRules
  #consumer: ByteConsumer | undefined
  #size = 0
  #idle: NodeJS.Timeout | undefined
  #over = false

  constructor(request: IncomingMessage, rules: UploadRules) {
    this.#request = request
    this.#rules = rules
  }

  start(consumer: ByteConsumer): void {
    const { signal, onReady } = this.#rules
    this.#consumer = consumer
    if (signal.aborted) return this.#onGone()
    signal.addEventListener('abort', this.#onGone)
    onReady()
    this.#watch()
    this.#request.on('data', this.#onData).on('end', this.#onEnd).on('close', this.#onGone)
  }

  pause(): void {
    if (this.#over) return
    clearTimeout(this.#idle)
    this.#request.pause()
  }

  resume(): void {
    if (this.#over || !this.#request.isPaused()) return
    this.#watch()
    this.#request.resume()
  }

  abort(): void {
    this.#stop()
  }

  readonly #onData = (chunk: Buffer): void => {
    const { limit } = this.#rules
    this.#size += chunk.length
    if (this.#size > limit) {
      const message = `The upload exceeds the limit of ${limit} bytes (server.uploadLimit)`
      return this.#break(new Refusal('too-large', message))
    }
    this.#idle?.refresh()
    this.#consumer?.data(chunk)
  }

  readonly #onEnd = (): void => {
    this.#stop()
    this.#consumer?.end()
  }

  readonly #onGone = (): void => {
    const { signal } = this.#rules
    this.#break(signal.aborted ? (signal.reason as Error) : clientClosed())
  }

  readonly #onIdle = (): void => {
    const seconds = Math.round(this.#rules.idleMs / 1000)
    this.#break(new Refusal('timeout', `The upload stalled: no byte came for ${seconds} s`, { status: 408 }))
  }

  #watch(): void {
    clearTimeout(this.#idle)
    this.#idle = setTimeout(this.#onIdle, this.#rules.idleMs)
  }

  #break(error: Error): void {
    if (this.#over) return
    this.#stop()
    this.#consumer?.error(error)
  }

  /** The rest of the body, if there is one, is left unread: whoever ends the exchange sees to it. */
  #stop(): void {
    if (this.#over) return
    this.#over = true
    clearTimeout(this.#idle)
    this.#rules.signal.removeEventListener('abort', this.#onGone)
    this.#request.off('data', this.#onData).off('end', this.#onEnd).off('close', this.#onGone)
    if (!this.#request.readableEnded) this.#request.pause()
  }
}
