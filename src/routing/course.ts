import { GatewayError, type ErrorCode } from '../errors.ts'
import type { Ailment, Health } from './health.ts'
import { LONGEST_WAIT_MS, mayTryNext, retryDelay } from './retry.ts'
import { targetName, type TargetRef } from './rule.ts'
import { verdictOf } from './verdict.ts'

/** So long a request waits for a target to recover before any has been tried; beyond it the client is told. */
const PATIENCE_MS = 2_000
/** No target is tried a second time once a request is as old as this. */
const BUDGET_MS = 60_000
/** What to tell a client to wait while a probe is under way. */
const PROBE_MS = 1_000

/** Failures that a client's own retries would only repeat, after the gateway's have come to nothing. */
const FUTILE: ReadonlySet<ErrorCode> = new Set(['upstream-failed', 'upstream-broken', 'timeout'])

export type CourseDeps = {
  readonly health: Health
  /** Monotonic milliseconds. */
  readonly now: () => number
  /** A number in [0, 1). */
  readonly draw: () => number
  /** Attempts after a failed one at a target. */
  readonly retries: (target: TargetRef) => number
}

/** What to do next: wait and ask again, or try a target now. */
export type Move = { readonly waitMs: number } | { readonly target: TargetRef }

type Leg = {
  readonly target: TargetRef
  tries: number
  /** Not to be tried again for this request before then. */
  notBefore: number
  error: GatewayError | undefined
  /** Milliseconds for which it was waited for since it was last tried. */
  waited: number
  over: boolean
}

/**
 * One request's way through its candidates. Healthy ones go first, in their order; one that is rate limited or overloaded
 * gives way to the next at once, one that failed in passing is tried again where it stands. Targets that cool
 * down are asked last. Where all do, the request waits for the first that recovers, if that is soon; otherwise the client
 * is told how long to wait. A request with a single candidate is never held back: nobody else could answer it.
 */
export class Course {
  readonly #deps: CourseDeps
  readonly #legs: readonly Leg[]
  readonly #startedAt: number
  #last: Leg | undefined
  #waited = 0
  #attempts = 0
  #final = false

  constructor(candidates: readonly TargetRef[], deps: CourseDeps) {
    this.#deps = deps
    this.#startedAt = deps.now()
    this.#legs = candidates.map((target) => ({
      target,
      tries: 0,
      notBefore: 0,
      error: undefined,
      waited: 0,
      over: false,
    }))
  }

  /** The next move; undefined when there is none left, and `outcome` says why. */
  next(): Move | undefined {
    if (this.#final) return undefined
    const [only] = this.#legs
    // Nearly every request: one candidate, which is never held back.
    if (only !== undefined && this.#legs.length === 1 && only.tries === 0) return { target: only.target }
    const now = this.#deps.now()
    const old = now - this.#startedAt >= BUDGET_MS
    const legs = this.#legs.filter((leg) => !leg.over && !(old && leg.tries > 0))
    const stay = legs.find((leg) => leg === this.#last && this.#staysAt(leg))
    if (stay !== undefined) return this.#moveTo(stay, stay.notBefore - now)

    const waits = legs.map((leg) => ({ leg, wait: this.#waitFor(leg, now) }))
    const ready = waits.find(({ wait }) => wait <= 0)
    if (ready !== undefined) return this.#moveTo(ready.leg, 0)
    const [soonest] = waits.toSorted((a, b) => a.wait - b.wait)
    if (soonest === undefined) return undefined
    // Other requests may put a target aside again and again: this one's waits are counted together.
    const patience =
      soonest.leg.tries === 0 ? PATIENCE_MS - this.#waited : LONGEST_WAIT_MS - soonest.leg.waited
    if (soonest.wait <= patience) return this.#moveTo(soonest.leg, soonest.wait)
    // After a failure elsewhere even a target that asked for a pause is better than none.
    const cooling = waits.filter(({ leg }) => leg.tries === 0 && this.#ailment(leg)?.kind === 'limited')
    const hope = cooling.toSorted((a, b) => a.wait - b.wait)[0]
    const failed = this.#last?.error !== undefined && !isLimited(this.#last.error)
    return failed && hope !== undefined ? { target: hope.leg.target } : undefined
  }

  /** A try has failed, and nothing has reached the client. */
  failed(target: TargetRef, error: GatewayError): void {
    const leg = this.#legs.find((each) => each.target === target)
    if (leg === undefined) return
    const delay = retryDelay(error, leg.tries, this.#deps.retries(target), this.#deps.draw)
    leg.tries += 1
    leg.waited = 0
    leg.error = error
    leg.over = delay === undefined
    leg.notBefore = this.#deps.now() + (delay ?? 0)
    this.#last = leg
    this.#attempts += 1
    this.#final = !mayTryNext(error)
  }

  /**
   * The error for the client, when nothing is left to try. "Too many requests" of any target, with the shortest wait, beats
   * other failures: the client can come back. A failure that outlived the gateway's retries ends the client's, too.
   */
  outcome(): GatewayError {
    const last = this.#last?.error
    if (last === undefined) return this.#refusal()
    if (this.#final) return last
    const limited = this.#legs.map(({ error }) => error).find((error) => error && isLimited(error))
    if (limited !== undefined) return this.#withShortestWait(limited)
    if (this.#attempts < 2 || !FUTILE.has(last.code)) return last
    const { code, message, status, details, cause } = last
    return new GatewayError(code, message, { status, details, cause, retry: 'never' })
  }

  /** True when a passing failure is best tried again at the same place. */
  #staysAt(leg: Leg): boolean {
    const isPassing = leg.error !== undefined && !isLimited(leg.error)
    return this.#legs.length === 1 || (isPassing && this.#ailment(leg) === undefined)
  }

  #waitFor(leg: Leg, now: number): number {
    return Math.max(leg.notBefore - now, this.#ailment(leg)?.waitMs ?? 0)
  }

  #ailment(leg: Leg): Ailment | undefined {
    return this.#legs.length === 1 ? undefined : this.#deps.health.ailmentOf(leg.target)
  }

  #moveTo(leg: Leg, wait: number): Move {
    if (wait <= 0) return { target: leg.target }
    leg.waited += wait
    if (leg.tries === 0) this.#waited += wait
    return { waitMs: wait }
  }

  #withShortestWait(error: GatewayError): GatewayError {
    const waits = this.#legs.flatMap(
      (leg) => this.#ailment(leg)?.waitMs ?? leg.error?.details.retryAfterMs ?? [],
    )
    const retryAfterMs = Math.ceil(Math.min(...waits))
    if (!Number.isFinite(retryAfterMs)) return error
    const { code, message, status, details, cause } = error
    return new GatewayError(code, message, { status, cause, details: { ...details, retryAfterMs } })
  }

  /** Every candidate is known to be unwell: says so without asking any of them. */
  #refusal(): GatewayError {
    const ailing = this.#legs.flatMap((leg) => {
      const ailment = this.#ailment(leg)
      return ailment === undefined ? [] : [{ name: targetName(leg.target), ...ailment }]
    })
    const soonest = Math.min(...ailing.map(({ waitMs }) => waitMs))
    const retryAfterMs = Number.isFinite(soonest) ? Math.ceil(soonest) : PROBE_MS
    const words = ailing.map(({ name, kind, reason }) => `${name} is ${kind} (${reason})`)
    const message = `No target can take this request now: ${words.join('; ')}`
    return ailing.some(({ kind }) => kind === 'limited')
      ? new GatewayError('rate-limited', message, { details: { retryAfterMs } })
      : new GatewayError('upstream-failed', message, { status: 503, details: { retryAfterMs } })
  }
}

const isLimited = (error: GatewayError): boolean => verdictOf(error) === 'limited'
