/** When a breaker opens, and for how long. Times in milliseconds. */
export type BreakerLimits = {
  /** Failures one after the other that open it. */
  readonly inARow: number
  /** It also opens when so many of the last results, within `windowMs`, are failures for at least half. */
  readonly sample: number
  readonly windowMs: number
  /** How long it stays open; doubled after every probe that failed, up to `longestMs`. */
  readonly openMs: number
  readonly longestMs: number
}

/** One request let through; when it began decides what its result is evidence of. */
export type Pass = { readonly at: number }

type Outcome = { readonly at: number; readonly failed: boolean }

/**
 * A circuit breaker: closed while things go well, open after failures, then half-open: one request, the probe, is let
 * through, and what becomes of it closes the breaker or opens it for longer. Times are monotonic milliseconds.
 */
export class Breaker {
  readonly #limits: BreakerLimits
  #outcomes: readonly Outcome[] = []
  #inARow = 0
  #openings = 0
  #openedAt: number | undefined
  #openUntil = 0
  #probe: Pass | undefined

  constructor(limits: BreakerLimits) {
    this.#limits = limits
  }

  get state(): 'closed' | 'open' | 'half-open' {
    if (this.#openedAt === undefined) return 'closed'
    return this.#probe === undefined ? 'open' : 'half-open'
  }

  /** How long until a request may pass: 0 is now, Infinity while a probe is under way. */
  waitMs(now: number): number {
    if (this.#openedAt === undefined) return 0
    return this.#probe === undefined ? Math.max(0, this.#openUntil - now) : Infinity
  }

  /** Lets a request through. It is the probe when one is due; the caller has asked `waitMs` before. */
  begin(now: number): Pass {
    const pass = { at: now }
    if (this.#openedAt !== undefined && this.waitMs(now) === 0) this.#probe = pass
    return pass
  }

  /** The answer began: enough to let others through, while one more failure opens it again. */
  answered(pass: Pass): void {
    if (!this.#isEvidence(pass)) return
    this.#close()
    this.#inARow = this.#limits.inARow - 1
  }

  succeeded(pass: Pass, now: number): void {
    if (this.#openedAt !== undefined && !this.#isEvidence(pass)) return
    this.#close()
    this.#openings = 0
    this.#note({ at: now, failed: false })
  }

  /** `draw`, in [0, 1), spreads the reopening of many gateways. Returns how long it opens, 0 when it stays as it is. */
  failed(pass: Pass, now: number, draw: number): number {
    if (this.#openedAt !== undefined) {
      // Requests from before say nothing new; only the probe does.
      return this.#probe === pass ? this.#open(now, draw) : 0
    }
    this.#note({ at: now, failed: true })
    return this.#isTooMuch() ? this.#open(now, draw) : 0
  }

  /** The request ended without telling anything: another one may be the probe. */
  released(pass: Pass): void {
    if (this.#probe === pass) this.#probe = undefined
  }

  /** True when nothing is held against it. */
  get isClean(): boolean {
    return this.#openedAt === undefined && this.#outcomes.every((outcome) => !outcome.failed)
  }

  #isEvidence(pass: Pass): boolean {
    return this.#openedAt !== undefined && (this.#probe === pass || pass.at > this.#openedAt)
  }

  #note(outcome: Outcome): void {
    const { sample, windowMs } = this.#limits
    this.#inARow = outcome.failed ? this.#inARow + 1 : 0
    this.#outcomes = [...this.#outcomes, outcome]
      .filter(({ at }) => at > outcome.at - windowMs)
      .slice(-sample)
  }

  #isTooMuch(): boolean {
    const { inARow, sample } = this.#limits
    if (this.#inARow >= inARow) return true
    const failures = this.#outcomes.filter((outcome) => outcome.failed).length
    return this.#outcomes.length >= sample && failures >= sample / 2
  }

  #open(now: number, draw: number): number {
    const { openMs, longestMs } = this.#limits
    const ms = Math.min(openMs * 2 ** this.#openings, longestMs) * (1 + draw / 4)
    this.#openings += 1
    this.#openedAt = now
    this.#openUntil = now + ms
    this.#probe = undefined
    this.#outcomes = []
    return ms
  }

  #close(): void {
    this.#openedAt = undefined
    this.#probe = undefined
    this.#inARow = 0
  }
}
