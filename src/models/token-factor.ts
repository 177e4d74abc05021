/** How fast a new observation moves the factor. */
const WEIGHT = 0.2
/** Beyond these an observation says something else than how a tokenizer counts: hidden prompts, lost usage. */
const LEAST = 0.5
const MOST = 3
/** Small prompts are mostly overhead. Tokens. */
const SMALLEST_PROMPT = 200
/** Models that are remembered; the least recently learned goes first. */
const MOST_MODELS = 500
/** A lesson takes an estimate, so no model gives more of them than this. Milliseconds. */
const BETWEEN_LESSONS = 10_000

/** How a model counts against the estimate, as other processes hear it. Plain data. */
export type LearntFactor = { readonly model: string; readonly factor: number }

/**
 * Learns, for each upstream model, how its tokenizer compares with the estimate: an average of returned usage over
 * estimated prompts in which newer observations count more.
 */
export class TokenFactors {
  readonly #factors = new Map<string, number>()
  readonly #learnedAt = new Map<string, number>()
  readonly #tell: (learnt: LearntFactor) => void

  /** @param tell receives what is learnt here, for other processes */
  constructor(tell: (learnt: LearntFactor) => void = () => {}) {
    this.#tell = tell
  }

  /** True when it is time to learn from this model again; the answer counts as having done so. `now` in milliseconds. */
  isDue(model: string, now: number): boolean {
    const last = this.#learnedAt.get(model)
    if (last !== undefined && now - last < BETWEEN_LESSONS) return false
    this.#learnedAt.delete(model)
    this.#learnedAt.set(model, now)
    trim(this.#learnedAt)
    return true
  }

  /** Takes one prompt's estimate and what the upstream counted. Tokens. */
  learn(model: string, estimated: number, counted: number): void {
    if (estimated < SMALLEST_PROMPT || counted < SMALLEST_PROMPT) return
    const observed = Math.min(MOST, Math.max(LEAST, counted / estimated))
    const known = this.#factors.get(model)
    const learnt = { model, factor: known === undefined ? observed : known + WEIGHT * (observed - known) }
    this.hear(learnt)
    this.#tell(learnt)
  }

  /** Takes what another process learnt: clients hear the same estimate from all of them. */
  hear({ model, factor }: LearntFactor): void {
    this.#factors.delete(model)
    this.#factors.set(model, factor)
    trim(this.#factors)
  }

  /** Every factor, the oldest first, as a process that begins has to hear it. */
  news(): readonly LearntFactor[] {
    return [...this.#factors].map(([model, factor]) => ({ model, factor }))
  }

  /** The estimate as this model would count it, rounded up. Tokens. */
  correct(model: string, estimated: number): number {
    return Math.ceil(estimated * (this.#factors.get(model) ?? 1))
  }
}

function trim(models: Map<string, number>): void {
  const [oldest] = models.keys()
  if (models.size > MOST_MODELS && oldest !== undefined) models.delete(oldest)
}
