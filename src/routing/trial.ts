import { GatewayError } from '../errors.ts'
import type { Pass } from './breaker.ts'
import type { TargetRef } from './rule.ts'

/** Who draws conclusions: `Health`. */
type Judge = {
  answered(ticket: Ticket): void
  ended(ticket: Ticket, error: GatewayError | undefined): void
}

/** What is known of a request when it begins. */
export type Ticket = {
  readonly target: TargetRef
  readonly limits: 'shared' | 'of-client'
  readonly pass: Pass
  /** The provider's. */
  readonly hostPass: Pass
}

/** One request at one target. */
export class Trial {
  readonly #health: Judge
  readonly #ticket: Ticket
  #over = false

  constructor(health: Judge, ticket: Ticket) {
    this.#health = health
    this.#ticket = ticket
  }

  /** The upstream took the request and begins to answer, which may take minutes. */
  answered(): void {
    if (!this.#over) this.#health.answered(this.#ticket)
  }

  /** How it ended: with an error, or well. Only the first word counts. */
  end(error?: GatewayError): void {
    if (this.#over) return
    this.#over = true
    this.#health.ended(this.#ticket, error)
  }

  /** It will not be known how it ended: the client left, or it was never sent. Nothing after `end`. */
  abandon(): void {
    // Called after every request: an error, with its stack, is only made where one is missing.
    if (!this.#over) this.end(new GatewayError('client-closed', 'abandoned'))
  }
}
