import type { Effort } from './request.ts'

/** Effort levels, weakest first. */
export const EFFORTS: readonly Effort[] = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max']

const BUDGET_OF: Readonly<Record<Effort, number>> = {
  none: 0,
  minimal: 1024,
  low: 2048,
  medium: 8192,
  high: 16_384,
  xhigh: 32_768,
  max: 65_536,
}

/** The thinking budget, in tokens, that an effort level stands for on models that take budgets. */
export function budgetOf(effort: Effort): number {
  return BUDGET_OF[effort]
}

/** The effort level that a thinking budget, in tokens, comes nearest to. */
export function effortOf(budgetTokens: number): Effort {
  if (budgetTokens <= 0) return 'none'
  if (budgetTokens <= 2048) return 'low'
  if (budgetTokens <= 8192) return 'medium'
  if (budgetTokens <= 24_576) return 'high'
  return 'xhigh'
}

/**
 * The level of `levels` (weakest first) nearest to the wish: the strongest that is not above it, else the
 * weakest there is. Undefined when there are none.
 */
export function clampEffort(wish: Effort, levels: readonly Effort[]): Effort | undefined {
  const rank = EFFORTS.indexOf(wish)
  const below = levels.filter((level) => EFFORTS.indexOf(level) <= rank)
  return below.at(-1) ?? levels[0]
}

/** The level when the text names one, else undefined. */
export function asEffort(value: unknown): Effort | undefined {
  return EFFORTS.find((level) => level === value)
}
