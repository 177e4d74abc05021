import { clientGone, type GatewayError } from '../../errors.ts'
import { brokenOff, unanswered } from '../failure.ts'
import { openResponse } from '../open-response.ts'
import { ResponseBody, type Valve } from '../response-body.ts'
import type { UpstreamRequest, UpstreamResponse } from '../upstream.ts'
import type { Carried, Connection, Wire } from './connection.ts'
import type { Pool } from './pool.ts'
import type { ResponseHead } from './response-head.ts'

/** What an exchange needs of its request. */
export type ExchangeRequest = Pick<UpstreamRequest, 'timeouts' | 'signal'>

/** One request and its answer: a connection on one side, the answer's promise and body on the other. */
export class Exchange implements Carried, Valve {
  readonly response: Promise<UpstreamResponse>
  readonly #request: ExchangeRequest
  readonly #pool: Pool
  /** Whom errors name. */
  readonly #name: string
  readonly #resolve: (response: UpstreamResponse) => void
  readonly #reject: (error: GatewayError) => void
  /** Kept until the answer begins: a stale connection means to send it again. */
  #wire: Wire | undefined
  #connection: Connection | undefined
  #body: ResponseBody | undefined

  constructor(pool: Pool, wire: Wire, request: ExchangeRequest, name: string) {
    const { promise, resolve, reject } = Promise.withResolvers<UpstreamResponse>()
    this.response = promise
    this.#resolve = resolve
    this.#reject = reject
    // Not the whole request: the exchange lives as long as the answer, the request's body need not.
    this.#request = { timeouts: request.timeouts, signal: request.signal }
    this.#pool = pool
    this.#name = name
    this.#wire = wire
    request.signal.addEventListener('abort', this.#clientGone)
    this.#send('any')
  }

  head({ status, headers }: ResponseHead): void {
    this.#wire = undefined
    this.#body = new ResponseBody(this)
    this.#resolve(openResponse(status, headers, this.#body))
  }

  data(piece: Buffer): void {
    this.#body?.push(piece)
  }

  ended(): void {
    this.#release()
    this.#body?.finish()
  }

  failed(error: Error, stale: boolean): void {
    const { signal, timeouts } = this.#request
    if (stale && !signal.aborted) {
      // Another connection from the pool might be as stale as the first.
      this.#send('fresh')
      return
    }
    this.#release()
    if (this.#body === undefined) this.#reject(unanswered(error, this.#name, timeouts))
    else this.#body.fail(brokenOff(error, this.#name))
  }

  pause(): void {
    this.#connection?.pause()
  }

  resume(): void {
    this.#connection?.resume()
  }

  abort(reason: Error): void {
    this.#connection?.destroy(reason)
  }

  #send(choice: 'any' | 'fresh'): void {
    if (this.#wire === undefined) return
    try {
      this.#connection = this.#pool.send(this.#wire, this, choice, this.#request.timeouts.connect)
    } catch (thrown) {
      this.failed(thrown as Error, false)
    }
  }

  readonly #clientGone = (): void => {
    this.abort(clientGone())
  }

  /** From here on the connection is someone else's. */
  #release(): void {
    this.#connection = undefined
    this.#wire = undefined
    this.#request.signal.removeEventListener('abort', this.#clientGone)
  }
}
