import type { Exchange } from './exchange.ts'
import { startStream } from './reply.ts'

/**
 * Keeps a streaming client patient while the upstream has not answered at all: clients and proxies between hang
 * up on silence. The first ping commits the status 200, so an error after it is told in the stream. Once bytes
 * flow the pump pings by itself, and numbers on from here.
 */
export class Pinger {
  readonly #exchange: Exchange
  #timer: unknown
  #sequence = 0
  #answering = false

  constructor(exchange: Exchange) {
    this.#exchange = exchange
    if (exchange.stream) this.#arm()
  }

  /** One more keep-alive in the client's protocol. */
  readonly next = (): string => {
    const { client, context } = this.#exchange
    const phase = this.#answering ? 'answering' : 'opening'
    return client.ping(this.#sequence++, {
      phase,
      ...(context.profile !== undefined && { profile: context.profile }),
    })
  }

  /** The answer's first bytes are about to go out. */
  answering(): void {
    this.#answering = true
  }

  stop(): void {
    if (this.#timer !== undefined) this.#exchange.deps.clock.clearTimeout(this.#timer)
    this.#timer = undefined
  }

  #arm(): void {
    const { deps } = this.#exchange
    this.#timer = deps.clock.setTimeout(() => {
      const { reply, call } = this.#exchange
      if (call.signal.aborted) return
      if (!reply.started) startStream(this.#exchange)
      reply.write(this.next())
      this.#arm()
    }, deps.settings.pingAfterMs)
  }
}
