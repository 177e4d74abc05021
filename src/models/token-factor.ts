/** How fast a new observation moves the factor. */
const WEIGHT = 0.2
/** Beyond these an observation says something else than how a tokenizer counts: hidden prompts, lost usage. */
const LEAST = 0.5
const MOST = 3
/** Small prompts are mostly overhead. Tokens. */
const SMALLEST_PROMPT = 200
/** Models that are remembered; the least recently learned goes first. */
const MOST_MODELS = 500

/**
 * Learns, for each upstream model, how its tokenizer compares with the estimate: an average of returned usage over
 * estimated prompts in which newer observations count more.
 */
export class TokenFactors {
  readonly #factors = new Map<string, number>()

  /** Takes one prompt's estimate and what the upstream counted. Tokens. */
  learn(model: string, estimated: number, counted: number): void {
    if (estimated < SMALLEST_PROMPT || counted < SMALLEST_PROMPT) return
    const observed = Math.min(MOST, Math.max(LEAST, counted / estimated))
    const known = this.#factors.get(model)
    this.#factors.delete(model)
    this.#factors.set(model, known === undefined ? observed : known + WEIGHT * (observed - known))
    if (this.#factors.size > MOST_MODELS) this.#factors.delete(this.#factors.keys().next().value as string)
  }

  /** The estimate as this model would count it, rounded up. Tokens. */
  correct(model: string, estimated: number): number {
    return Math.ceil(estimated * (this.#factors.get(model) ?? 1))
  }
}
