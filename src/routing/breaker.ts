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

/** What happened to the breaker of the same target in another process; `opened` carries for how long and how often. */
export type BreakerEvent =
  | { readonly event: 'failed' | 'succeeded' | 'answered' | 'recovered' | 'probing' | 'released' }
  | { readonly event: 'opened'; readonly ms: number; readonly openings: number }

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
  /** Under way here, or in another process. */
  #probe: Pass | 'elsewhere' | undefined

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
    this.#closeUntilNextFailure()
  }

  succeeded(pass: Pass, now: number): void {
    if (this.#openedAt !== undefined && !this.#isEvidence(pass)) return
    this.#recover(now)
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

  /**
   * Takes what happened in another process, so that all of them see one breaker. It is noted and never the reason to open:
   * who saw the failure that was too much tells so itself.
   */
  hear(event: BreakerEvent, now: number): void {
    switch (event.event) {
      case 'failed':
      case 'succeeded':
        // One that opened meanwhile does so on newer evidence.
        if (this.#openedAt === undefined) this.#note({ at: now, failed: event.event === 'failed' })
        return
      case 'recovered':
        return this.#recover(now)
      case 'answered':
        if (this.#openedAt !== undefined) this.#closeUntilNextFailure()
        return
      case 'probing':
        if (this.#openedAt !== undefined) this.#probe ??= 'elsewhere'
        return
      case 'released':
        if (this.#probe === 'elsewhere') this.#probe = undefined
        return
      case 'opened':
        return this.#openFor(event.ms, event.openings, now)
      default:
        event satisfies never
    }
  }

  /** The same, for a process that begins: what it has to hear to know what this one knows. */
  history(now: number): readonly BreakerEvent[] {
    const outcomes = this.#outcomes.map(({ failed }) => ({ event: failed ? 'failed' : 'succeeded' }) as const)
    if (this.#openedAt === undefined) return outcomes
    const ms = Math.max(0, this.#openUntil - now)
    const opened = { event: 'opened', ms, openings: this.#openings } as const
    return this.#probe === undefined ? [opened] : [opened, { event: 'probing' }]
  }

  /** How often it opened since the last success. */
  get openings(): number {
    return this.#openings
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
    this.#openFor(ms, this.#openings + 1, now)
    return ms
  }

  #openFor(ms: number, openings: number, now: number): void {
    this.#openings = Math.max(openings, this.#openings)
    this.#openedAt = now
    this.#openUntil = now + ms
    this.#probe = undefined
    this.#outcomes = []
  }

  #recover(now: number): void {
    this.#close()
    this.#openings = 0
    this.#note({ at: now, failed: false })
  }

  #closeUntilNextFailure(): void {
    this.#close()
    this.#inARow = this.#limits.inARow - 1
  }

  #close(): void {
    this.#openedAt = undefined
    this.#probe = undefined
    this.#inARow = 0
  }
}
