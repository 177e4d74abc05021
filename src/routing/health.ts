import type { GatewayError } from '../errors.ts'
import { Breaker, type BreakerEvent, type BreakerLimits, type Pass } from './breaker.ts'
import { targetName, type TargetRef } from './rule.ts'
import { Trial, type Ticket } from './trial.ts'
import { verdictOf } from './verdict.ts'

export type { Trial } from './trial.ts'

const TARGET_LIMITS: BreakerLimits = {
  inARow: 5,
  sample: 20,
  windowMs: 60_000,
  openMs: 5_000,
  longestMs: 60_000,
}
/** A host that cannot be reached costs a connect timeout each time, so it is given up sooner. */
const HOST_LIMITS: BreakerLimits = { ...TARGET_LIMITS, inARow: 3 }

/** Cooldown after a refusal that did not say how long to wait; doubled by each that follows. Milliseconds. */
const COOLDOWN_MS = 1_000
const LONGEST_OWN_COOLDOWN_MS = 60_000
/** However long an upstream asks to wait, after this it is asked again. Milliseconds. */
const LONGEST_COOLDOWN_MS = 600_000
/** Clients can ask for any `provider/model`; the oldest entry goes first. */
const MOST_ENTRIES = 1_000

/** Why a target is not to be asked now. */
export type Ailment = {
  readonly kind: 'limited' | 'failing'
  /** Milliseconds until it may be asked; Infinity while a probe is under way. */
  readonly waitMs: number
  /** What it said last. */
  readonly reason: string
}

/** A change in what is known of a target (`provider/model`) or of a whole provider. */
export type HealthChange =
  | { readonly name: string; readonly now: Ailment['kind']; readonly ms: number; readonly reason: string }
  | { readonly name: string; readonly now: 'well' }

/** What another process has to hear to know the same of a target or provider. Plain data; times from now on. */
export type HealthNews = {
  readonly name: string
  readonly reason?: string
} & (BreakerEvent | { readonly event: 'cooling'; readonly ms: number; readonly strikes: number })

export type HealthDeps = {
  /** Monotonic milliseconds. */
  readonly now: () => number
  /** A number in [0, 1). */
  readonly draw: () => number
  readonly onChange?: (change: HealthChange) => void
  /** Receives what happened here, for other processes that ask the same targets. */
  readonly tell?: (news: HealthNews) => void
  /**
   * By how much later than the process that told of it a target may be probed here. A different one for each process:
   * the first to probe is heard of before the next would. Milliseconds.
   */
  readonly yieldMs?: number
}

type Entry = {
  readonly breaker: Breaker
  coolingUntil: number
  /** Refusals in a row that did not say how long to wait. */
  strikes: number
  reason: string
}

/**
 * What is known of the health of targets: a cooldown after "too many requests" and "overloaded", a circuit breaker after
 * failures, for each `provider/model` and, for hosts that cannot be reached, for the whole provider. Nothing is kept
 * of targets that do well. It belongs to the process, not to a configuration.
 */
export class Health {
  readonly #deps: HealthDeps
  readonly #entries = new Map<string, Entry>()

  constructor(deps: HealthDeps) {
    this.#deps = deps
  }

  /** What keeps a target from being asked now; undefined when nothing does. */
  ailmentOf(target: TargetRef): Ailment | undefined {
    const now = this.#deps.now()
    const ailments = [targetName(target), target.provider].flatMap((name) => {
      const entry = this.#entries.get(name)
      const ailment = entry === undefined ? undefined : ailmentOf(entry, now)
      return ailment === undefined ? [] : [ailment]
    })
    return ailments.toSorted((a, b) => b.waitMs - a.waitMs)[0]
  }

  /**
   * A request to a target begins; its result is to be told to the trial. Where clients bring their own keys, one
   * client's limit says nothing about another's.
   */
  begin(target: TargetRef, limits: 'shared' | 'of-client' = 'shared'): Trial {
    const now = this.#deps.now()
    return new Trial(this, {
      target,
      limits,
      pass: this.#passFor(targetName(target), now),
      hostPass: this.#passFor(target.provider, now),
    })
  }

  /** Takes what happened in another process. Nobody is told: that one has said it. */
  hear(news: HealthNews): void {
    const { name, reason, event } = news
    const isGrave = event === 'failed' || event === 'opened' || event === 'cooling'
    const entry = isGrave ? this.#entry(name) : this.#entries.get(name)
    if (entry === undefined) return
    const now = this.#deps.now()
    if (reason !== undefined) entry.reason = reason
    if (event === 'cooling') {
      entry.coolingUntil = Math.max(entry.coolingUntil, now + news.ms)
      entry.strikes = Math.max(entry.strikes, news.strikes)
      return
    }
    const later = this.#deps.yieldMs ?? 0
    entry.breaker.hear(event === 'opened' ? { ...news, ms: news.ms + later } : news, now)
    if (event === 'succeeded' || event === 'recovered') this.#settle(name, entry)
  }

  /** Everything that is held against targets and providers, as a process that begins has to hear it. */
  news(): readonly HealthNews[] {
    const now = this.#deps.now()
    return [...this.#entries].flatMap(([name, { breaker, coolingUntil, strikes, reason }]) => [
      ...breaker.history(now).map((event) => ({ name, reason, ...event })),
      ...(coolingUntil > now || strikes > 0
        ? [{ name, reason, event: 'cooling' as const, ms: Math.max(0, coolingUntil - now), strikes }]
        : []),
    ])
  }

  /** Everything that is held against targets and providers, by name. */
  snapshot(): ReadonlyMap<string, Ailment> {
    const now = this.#deps.now()
    const ailing = [...this.#entries].flatMap(([name, entry]) => {
      const ailment = ailmentOf(entry, now)
      return ailment === undefined ? [] : [[name, ailment] as const]
    })
    return new Map(ailing)
  }

  /** Forgets the providers that are no more. */
  keep(providers: ReadonlySet<string>): void {
    for (const name of this.#entries.keys()) {
      const [provider = name] = name.split('/', 1)
      if (!providers.has(provider)) this.#entries.delete(name)
    }
  }

  /** @internal for `Trial` */
  answered({ target, pass, hostPass }: Ticket): void {
    this.#inform(targetName(target), 'answered', (breaker) => breaker.answered(pass))
    this.#succeeded(target.provider, hostPass)
  }

  /** @internal for `Trial` */
  ended({ target, limits, pass, hostPass }: Ticket, error: GatewayError | undefined): void {
    const name = targetName(target)
    const verdict = error === undefined ? 'answered' : verdictOf(error)
    // Where the upstream said something, its host is there.
    if (verdict === 'answered' || error?.details.upstream !== undefined)
      this.#succeeded(target.provider, hostPass)
    else if (verdict !== 'unreachable') this.#released(target.provider, hostPass)
    if (error === undefined || verdict === 'answered') return this.#succeeded(name, pass)
    if (verdict === 'failed') return this.#failed(name, pass, error)
    if (verdict === 'limited') {
      this.#inform(name, 'recovered', (breaker, now) => breaker.succeeded(pass, now))
      if (limits === 'shared') this.#cool(name, error)
      return
    }
    this.#released(name, pass)
    if (verdict === 'unreachable') this.#failed(target.provider, hostPass, error)
  }

  #passFor(name: string, now: number): Pass {
    const breaker = this.#entries.get(name)?.breaker
    if (breaker === undefined) return { at: now }
    const before = breaker.state
    const pass = breaker.begin(now)
    if (before !== breaker.state) this.#deps.tell?.({ name, event: 'probing' })
    return pass
  }

  #released(name: string, pass: Pass): void {
    const breaker = this.#entries.get(name)?.breaker
    const before = breaker?.state
    breaker?.released(pass)
    if (before !== breaker?.state) this.#deps.tell?.({ name, event: 'released' })
  }

  #succeeded(name: string, pass: Pass): void {
    const entry = this.#entries.get(name)
    if (entry === undefined) return
    const isNoted = entry.breaker.state === 'closed' && !entry.breaker.isClean
    const isForgiven = entry.strikes > 0 && entry.coolingUntil <= this.#deps.now()
    this.#inform(name, 'recovered', (breaker, now) => breaker.succeeded(pass, now))
    if (isNoted || isForgiven) this.#deps.tell?.({ name, event: 'succeeded' })
    this.#settle(name, entry)
  }

  /** Forgets what a success makes good. */
  #settle(name: string, entry: Entry): void {
    if (entry.coolingUntil > this.#deps.now()) return
    entry.strikes = 0
    if (entry.breaker.isClean) this.#entries.delete(name)
  }

  /** Lets a breaker know of a good sign, and everybody else when that closed it. */
  #inform(
    name: string,
    event: 'answered' | 'recovered',
    what: (breaker: Breaker, now: number) => void,
  ): void {
    const breaker = this.#entries.get(name)?.breaker
    if (breaker === undefined) return
    const before = breaker.state
    what(breaker, this.#deps.now())
    if (before === 'closed' || breaker.state !== 'closed') return
    this.#deps.onChange?.({ name, now: 'well' })
    this.#deps.tell?.({ name, event })
  }

  #cool(name: string, error: GatewayError): void {
    const entry = this.#entry(name)
    const now = this.#deps.now()
    const asked = error.details.retryAfterMs
    // What was sent before the cooldown began comes back refused as well: one strike for all of it.
    if (asked === undefined && entry.coolingUntil <= now) entry.strikes += 1
    const own = Math.min(COOLDOWN_MS * 2 ** (entry.strikes - 1), LONGEST_OWN_COOLDOWN_MS)
    const ms = Math.min(asked ?? own * (1 + this.#deps.draw() / 4), LONGEST_COOLDOWN_MS)
    if (now + ms <= entry.coolingUntil) return
    const reason = error.message
    if (entry.coolingUntil <= now) this.#deps.onChange?.({ name, now: 'limited', ms, reason })
    entry.coolingUntil = now + ms
    entry.reason = reason
    this.#deps.tell?.({ name, reason, event: 'cooling', ms, strikes: entry.strikes })
  }

  #failed(name: string, pass: Pass, error: GatewayError): void {
    const entry = this.#entry(name)
    const reason = error.message
    entry.reason = reason
    const { breaker } = entry
    const ms = breaker.failed(pass, this.#deps.now(), this.#deps.draw())
    if (ms > 0) {
      this.#deps.onChange?.({ name, now: 'failing', ms, reason })
      this.#deps.tell?.({ name, reason, event: 'opened', ms, openings: breaker.openings })
    } else if (breaker.state === 'closed') this.#deps.tell?.({ name, reason, event: 'failed' })
  }

  #entry(name: string): Entry {
    const known = this.#entries.get(name)
    if (known !== undefined) return known
    const limits = name.includes('/') ? TARGET_LIMITS : HOST_LIMITS
    const entry = { breaker: new Breaker(limits), coolingUntil: 0, strikes: 0, reason: '' }
    this.#entries.set(name, entry)
    const oldest = this.#entries.keys().next()
    if (this.#entries.size > MOST_ENTRIES && oldest.done !== true) this.#entries.delete(oldest.value)
    return entry
  }
}

function ailmentOf({ breaker, coolingUntil, reason }: Entry, now: number): Ailment | undefined {
  const cooling = Math.max(0, coolingUntil - now)
  const broken = breaker.waitMs(now)
  if (cooling === 0 && broken === 0) return undefined
  return broken >= cooling
    ? { kind: 'failing', waitMs: broken, reason }
    : { kind: 'limited', waitMs: cooling, reason }
}
