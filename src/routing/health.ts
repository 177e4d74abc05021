import { GatewayError } from '../errors.ts'
import { Breaker, type BreakerLimits, type Pass } from './breaker.ts'
import { targetName, type TargetRef } from './rule.ts'
import { verdictOf } from './verdict.ts'

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

export type HealthDeps = {
  /** Monotonic milliseconds. */
  readonly now: () => number
  /** A number in [0, 1). */
  readonly draw: () => number
  readonly onChange?: (change: HealthChange) => void
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
    const passFor = (name: string) => this.#entries.get(name)?.breaker.begin(now) ?? { at: now }
    return new Trial(this, {
      target,
      limits,
      pass: passFor(targetName(target)),
      hostPass: passFor(target.provider),
    })
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

  /** @internal for {@link Trial} */
  answered({ target, pass, hostPass }: Ticket): void {
    this.#tell(targetName(target), (breaker) => breaker.answered(pass))
    this.#succeeded(target.provider, hostPass)
  }

  /** @internal for {@link Trial} */
  ended({ target, limits, pass, hostPass }: Ticket, error: GatewayError | undefined): void {
    const name = targetName(target)
    const verdict = error === undefined ? 'answered' : verdictOf(error)
    // Where the upstream said something, its host is there.
    if (verdict === 'answered' || error?.details.upstream !== undefined)
      this.#succeeded(target.provider, hostPass)
    else if (verdict !== 'unreachable') this.#tell(target.provider, (breaker) => breaker.released(hostPass))
    if (error === undefined || verdict === 'answered') return this.#succeeded(name, pass)
    if (verdict === 'failed') return this.#failed(name, pass, TARGET_LIMITS, error)
    if (verdict === 'limited') {
      this.#tell(name, (breaker, now) => breaker.succeeded(pass, now))
      if (limits === 'shared') this.#cool(name, error)
      return
    }
    this.#tell(name, (breaker) => breaker.released(pass))
    if (verdict === 'unreachable') this.#failed(target.provider, hostPass, HOST_LIMITS, error)
  }

  #succeeded(name: string, pass: Pass): void {
    const entry = this.#tell(name, (breaker, now) => breaker.succeeded(pass, now))
    if (entry === undefined || entry.coolingUntil > this.#deps.now()) return
    entry.strikes = 0
    if (entry.breaker.isClean) this.#entries.delete(name)
  }

  /** Tells a breaker something, and the operator when that closed it. */
  #tell(name: string, what: (breaker: Breaker, now: number) => void): Entry | undefined {
    const entry = this.#entries.get(name)
    if (entry === undefined) return undefined
    const before = entry.breaker.state
    what(entry.breaker, this.#deps.now())
    if (before !== 'closed' && entry.breaker.state === 'closed') this.#deps.onChange?.({ name, now: 'well' })
    return entry
  }

  #cool(name: string, error: GatewayError): void {
    const entry = this.#entry(name, TARGET_LIMITS)
    const now = this.#deps.now()
    const asked = error.details.retryAfterMs
    // What was sent before the cooldown began comes back refused as well: one strike for all of it.
    if (asked === undefined && entry.coolingUntil <= now) entry.strikes += 1
    const own = Math.min(COOLDOWN_MS * 2 ** (entry.strikes - 1), LONGEST_OWN_COOLDOWN_MS)
    const ms = Math.min(asked ?? own * (1 + this.#deps.draw() / 4), LONGEST_COOLDOWN_MS)
    if (now + ms <= entry.coolingUntil) return
    if (entry.coolingUntil <= now) this.#deps.onChange?.({ name, now: 'limited', ms, reason: error.message })
    entry.coolingUntil = now + ms
    entry.reason = error.message
  }

  #failed(name: string, pass: Pass, limits: BreakerLimits, error: GatewayError): void {
    const entry = this.#entry(name, limits)
    entry.reason = error.message
    const ms = entry.breaker.failed(pass, this.#deps.now(), this.#deps.draw())
    if (ms > 0) this.#deps.onChange?.({ name, now: 'failing', ms, reason: error.message })
  }

  #entry(name: string, limits: BreakerLimits): Entry {
    const known = this.#entries.get(name)
    if (known !== undefined) return known
    const entry = { breaker: new Breaker(limits), coolingUntil: 0, strikes: 0, reason: '' }
    this.#entries.set(name, entry)
    const oldest = this.#entries.keys().next()
    if (this.#entries.size > MOST_ENTRIES && oldest.done !== true) this.#entries.delete(oldest.value)
    return entry
  }
}

type Ticket = {
  readonly target: TargetRef
  readonly limits: 'shared' | 'of-client'
  readonly pass: Pass
  /** The provider's. */
  readonly hostPass: Pass
}

/** One request at one target. */
export class Trial {
  readonly #health: Health
  readonly #ticket: Ticket
  #over = false

  constructor(health: Health, ticket: Ticket) {
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

function ailmentOf({ breaker, coolingUntil, reason }: Entry, now: number): Ailment | undefined {
  const cooling = Math.max(0, coolingUntil - now)
  const broken = breaker.waitMs(now)
  if (cooling === 0 && broken === 0) return undefined
  return broken >= cooling
    ? { kind: 'failing', waitMs: broken, reason }
    : { kind: 'limited', waitMs: cooling, reason }
}
