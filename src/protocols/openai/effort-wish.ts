import type { Losses } from '../../ir/dropped.ts'
import { clampEffort, effortOf } from '../../ir/effort.ts'
import type { Effort, ReasoningConfig } from '../../ir/request.ts'

/** One effort level for all that was said; undefined leaves the model its default. */
export function effortWish(config: ReasoningConfig, losses: Losses): Effort | undefined {
  const { mode, budgetTokens, effort } = config
  if (mode === 'disabled') return 'none'
  if (mode === 'between-tools') losses.approximated('reasoning.mode', 'thinks as the model decides')
  if (effort !== undefined) {
    if (budgetTokens !== undefined) losses.approximated('reasoning.budget_tokens', `as effort ${effort}`)
    return effort
  }
  if (budgetTokens === undefined) return undefined
  const nearest = effortOf(budgetTokens)
  losses.approximated('reasoning.budget_tokens', `as effort ${nearest}`)
  return nearest
}

/** The nearest level that the model has. */
export function clampWish(
  wish: Effort | undefined,
  efforts: readonly Effort[],
  losses: Losses,
): Effort | undefined {
  if (wish === undefined) return undefined
  const level = clampEffort(wish, efforts)
  if (level === wish) return level
  // A model without levels does not reason, which is just what `none` asks for.
  if (level !== undefined) losses.approximated('reasoning.effort', `${wish} as ${level}`)
  else if (wish !== 'none') losses.unsupported('reasoning.effort', 'this model does not reason')
  return level
}

/** Reports a wish to think without a word about how much, where a level is the only word there is. */
export function reportBareWish(config: ReasoningConfig, wish: Effort | undefined, losses: Losses): void {
  if (wish === undefined && config.mode === 'enabled')
    losses.approximated('reasoning.mode', 'thinks as the model decides')
}
