import type { Losses } from '../../ir/dropped.ts'
import { clampEffort, effortOf } from '../../ir/effort.ts'
import { asObject, compact } from '../../ir/json.ts'
import type { JsonObject } from '../../ir/json.ts'
import type { Effort, ReasoningConfig } from '../../ir/request.ts'
import type { ChatDialect } from './dialect.ts'
import { reportForeign } from './extensions.ts'

/** The wish for reasoning in this upstream's words: `reasoning_effort`, DeepSeek's `thinking`, or nothing. */
export function encodeReasoningConfig(
  config: ReasoningConfig | undefined,
  dialect: ChatDialect,
  losses: Losses,
): JsonObject {
  if (config === undefined) return {}
  reportForeign('reasoning', config.ext, losses)
  if (config.display !== undefined)
    losses.unsupported('reasoning.display', 'Chat Completions always shows what it has')
  const wish = wishOf(config, dialect, losses)
  const { thinking, ...own } = config.ext?.chat ?? {}
  if (thinking !== undefined && dialect.reasoningRequest !== 'thinking') losses.unsupported('thinking')
  switch (dialect.reasoningRequest) {
    case 'none':
      if (wish !== undefined || config.mode !== undefined)
        losses.unsupported('reasoning', 'this model has no such switch')
      return own
    case 'effort':
      return { ...own, ...compact({ reasoning_effort: clamped(wish, dialect, losses) }) }
    case 'thinking':
      return { ...own, ...encodeThinking(wish, config.mode, asObject(thinking), dialect, losses) }
    default:
      return dialect.reasoningRequest satisfies never
  }
}

/** One effort level for all that was said; undefined leaves the model its default. */
function wishOf(config: ReasoningConfig, dialect: ChatDialect, losses: Losses): Effort | undefined {
  const { mode, budgetTokens, effort } = config
  if (mode === 'disabled') return 'none'
  if (mode === 'between-tools') losses.approximated('reasoning.mode', 'thinks as the model decides')
  if (effort !== undefined) {
    if (budgetTokens !== undefined) losses.approximated('reasoning.budget_tokens', `as effort ${effort}`)
    return effort
  }
  if (budgetTokens === undefined) {
    if (mode === 'enabled' && dialect.reasoningRequest === 'effort')
      losses.approximated('reasoning.mode', 'thinks as the model decides')
    return undefined
  }
  const nearest = effortOf(budgetTokens)
  losses.approximated('reasoning.budget_tokens', `as effort ${nearest}`)
  return nearest
}

function clamped(wish: Effort | undefined, dialect: ChatDialect, losses: Losses): Effort | undefined {
  if (wish === undefined) return undefined
  const level = clampEffort(wish, dialect.efforts)
  if (level === wish) return level
  // A model without levels does not reason, which is just what `none` asks for.
  if (level !== undefined) losses.approximated('reasoning.effort', `${wish} as ${level}`)
  else if (wish !== 'none') losses.unsupported('reasoning.effort', 'this model does not reason')
  return level
}

function encodeThinking(
  wish: Effort | undefined,
  mode: ReasoningConfig['mode'],
  rest: JsonObject,
  dialect: ChatDialect,
  losses: Losses,
): JsonObject {
  if (wish === 'none') return { thinking: { ...rest, type: 'disabled' } }
  if (wish === undefined && mode !== 'enabled') return {}
  const level = dialect.efforts.length > 0 ? clamped(wish, dialect, losses) : undefined
  if (wish !== undefined && dialect.efforts.length === 0)
    losses.approximated('reasoning.effort', 'switched on; this model has no levels')
  return {
    thinking: { ...rest, type: 'enabled' },
    ...compact({ reasoning_effort: level }),
  }
}
