import type { Losses } from '../../ir/dropped.ts'
import { clampEffort, effortOf } from '../../ir/effort.ts'
import { compact } from '../../ir/json.ts'
import type { JsonObject } from '../../ir/json.ts'
import type { Effort, ReasoningConfig } from '../../ir/request.ts'
import type { ResponsesDialect } from './dialect.ts'
import { ownFields, reportForeign } from './extensions.ts'

/** The wish for reasoning as `reasoning`; undefined leaves the model its defaults. */
export function encodeReasoningConfig(
  config: ReasoningConfig | undefined,
  dialect: ResponsesDialect,
  losses: Losses,
): JsonObject | undefined {
  if (config === undefined) return undefined
  reportForeign('reasoning', config.ext, losses)
  const fields = {
    ...ownFields(config.ext),
    ...compact({
      effort: clamped(wishOf(config, losses), dialect, losses),
      summary: encodeDisplay(config, dialect, losses),
    }),
  }
  return Object.keys(fields).length === 0 ? undefined : fields
}

/** One effort level for all that was said; undefined leaves the model its default. */
function wishOf(config: ReasoningConfig, losses: Losses): Effort | undefined {
  const { mode, budgetTokens, effort } = config
  if (mode === 'disabled') return 'none'
  if (mode === 'between-tools') losses.approximated('reasoning.mode', 'thinks as the model decides')
  if (effort !== undefined) {
    if (budgetTokens !== undefined) losses.approximated('reasoning.budget_tokens', `as effort ${effort}`)
    return effort
  }
  if (budgetTokens === undefined) {
    if (mode === 'enabled') losses.approximated('reasoning.mode', 'thinks as the model decides')
    return undefined
  }
  const nearest = effortOf(budgetTokens)
  losses.approximated('reasoning.budget_tokens', `as effort ${nearest}`)
  return nearest
}

function clamped(wish: Effort | undefined, dialect: ResponsesDialect, losses: Losses): Effort | undefined {
  if (wish === undefined) return undefined
  const level = clampEffort(wish, dialect.efforts)
  if (level === wish) return level
  // A model without levels does not reason, which is just what `none` asks for.
  if (level !== undefined) losses.approximated('reasoning.effort', `${wish} as ${level}`)
  else if (wish !== 'none') losses.unsupported('reasoning.effort', 'this model does not reason')
  return level
}

/** Who wants to read the thoughts gets a summary: OpenAI shows nothing else. */
function encodeDisplay(
  config: ReasoningConfig,
  dialect: ResponsesDialect,
  losses: Losses,
): string | undefined {
  const { display, mode } = config
  if (dialect.efforts.length === 0 || mode === 'disabled') return undefined
  const wish = wishedSummary(display, mode)
  if (wish === undefined) return undefined
  if (!dialect.reasoningSummary) {
    losses.unsupported('reasoning.summary', 'this model does not show its reasoning')
    return undefined
  }
  if (display === 'summarized' || display === 'updates')
    losses.approximated('reasoning.display', `${display} as summary ${wish}`)
  return wish
}

function wishedSummary(
  display: ReasoningConfig['display'],
  mode: ReasoningConfig['mode'],
): 'auto' | 'concise' | 'detailed' | undefined {
  switch (display) {
    case 'auto':
    case 'concise':
    case 'detailed':
      return display
    case 'summarized':
    case 'updates':
      return 'auto'
    case 'omitted':
      return undefined
    case undefined:
      // A Messages client that turns thinking on without a word about it reads it.
      return mode === 'enabled' || mode === 'adaptive' || mode === 'between-tools' ? 'auto' : undefined
    default:
      return display satisfies never
  }
}
