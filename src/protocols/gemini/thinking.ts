import type { Losses } from '../../ir/dropped.ts'
import { asEffort, clampEffort, effortOf } from '../../ir/effort.ts'
import { asNumber, asString, compact } from '../../ir/json.ts'
import type { JsonObject } from '../../ir/json.ts'
import type { Effort, ReasoningConfig } from '../../ir/request.ts'
import type { GeminiDialect } from './dialect.ts'
import { keepUnknown, ownFields, reportForeign } from './extensions.ts'
import { optionalFields } from './fields.ts'

/** `thinkingBudget` by which a 2.5 model lets itself think as it sees fit. */
const DYNAMIC = -1

/** Budgets that stand for levels on models that know budgets only. Tokens; above `high` it is the model's most. */
const BUDGET_OF: Readonly<Partial<Record<Effort, number>>> = {
  none: 0,
  minimal: 512,
  low: 1024,
  medium: 8192,
  high: 24_576,
}

/** `generationConfig.thinkingConfig` as a wish. */
export function decodeThinking(wire: unknown): ReasoningConfig | undefined {
  const { includeThoughts, thinkingBudget, thinkingLevel, ...rest } = optionalFields(
    wire,
    'generationConfig.thinkingConfig',
  )
  const effort = asEffort(asString(thinkingLevel)?.toLowerCase())
  const budget = asNumber(thinkingBudget)
  const config: ReasoningConfig = {
    ...(budget === 0 && { mode: 'disabled' }),
    ...(budget === DYNAMIC && { mode: 'adaptive' }),
    ...compact({ effort, budgetTokens: budget !== undefined && budget > 0 ? budget : undefined }),
    ...(typeof includeThoughts === 'boolean' && { display: includeThoughts ? 'auto' : 'omitted' }),
    ...keepUnknown({ ...rest, ...(effort === undefined && { thinkingLevel }) }),
  }
  return Object.keys(config).length === 0 ? undefined : config
}

/** The wish in this model's words; nothing leaves the model its default. */
export function encodeThinking(
  config: ReasoningConfig | undefined,
  dialect: GeminiDialect,
  losses: Losses,
): JsonObject {
  if (config === undefined) return {}
  reportForeign('reasoning', config.ext, losses)
  if (dialect.thinking === 'none') {
    const wished =
      config.mode !== undefined || config.effort !== undefined || config.budgetTokens !== undefined
    if (wished && !isOff(config)) losses.unsupported('reasoning', 'this model does not think')
    return {}
  }
  if (config.mode === 'between-tools')
    losses.approximated('reasoning.mode', 'thinks where the model decides to')
  if (config.effort !== undefined && config.budgetTokens !== undefined)
    losses.approximated('reasoning.budget_tokens', `as effort ${config.effort}`)
  const thinkingConfig = {
    ...compact({ includeThoughts: wantsThoughts(config, losses) }),
    ...(dialect.thinking === 'level' ? encodeLevel : encodeBudget)(config, dialect, losses),
    ...ownFields(config.ext),
  }
  return Object.keys(thinkingConfig).length === 0 ? {} : { thinkingConfig }
}

const isOff = ({ mode, effort }: ReasoningConfig): boolean => mode === 'disabled' || effort === 'none'

/** Thoughts come as summaries, all or nothing. Who switches thinking on without a word on showing it sees it. */
function wantsThoughts(config: ReasoningConfig, losses: Losses): boolean | undefined {
  const { display, mode } = config
  if (isOff(config)) return undefined
  if (display === undefined) return mode === 'enabled' ? true : undefined
  if (display === 'omitted') return false
  if (display !== 'auto' && display !== 'summarized')
    losses.approximated('reasoning.display', 'thoughts come as summaries of one kind')
  return true
}

function encodeLevel(config: ReasoningConfig, { efforts }: GeminiDialect, losses: Losses): JsonObject {
  const wish = wishedEffort(config, losses)
  if (wish === undefined) return {}
  const level = clampEffort(wish, efforts)
  if (level === undefined) {
    losses.unsupported('reasoning.effort', 'this model has no levels')
    return {}
  }
  if (level !== wish) losses.approximated('reasoning.effort', `${wish} as ${level}`)
  return { thinkingLevel: level.toUpperCase() }
}

function wishedEffort(config: ReasoningConfig, losses: Losses): Effort | undefined {
  if (isOff(config)) return 'none'
  if (config.effort !== undefined || config.budgetTokens === undefined) return config.effort
  const nearest = effortOf(config.budgetTokens)
  losses.approximated('reasoning.budget_tokens', `as effort ${nearest}`)
  return nearest
}

function encodeBudget(config: ReasoningConfig, dialect: GeminiDialect, losses: Losses): JsonObject {
  const { least, most } = dialect.thinkingBudget
  const { mode, budgetTokens } = config
  const effort = isOff(config) ? 'none' : config.effort
  if (effort === undefined && budgetTokens === undefined)
    return mode === 'enabled' || mode === 'adaptive' ? { thinkingBudget: DYNAMIC } : {}
  const wish = effort === undefined ? (budgetTokens ?? 0) : (BUDGET_OF[effort] ?? most)
  const budget = Math.min(most, Math.max(least, wish))
  if (mode === 'disabled') {
    if (budget > 0) losses.approximated('reasoning.mode', `thinks with at least ${budget} tokens`)
  } else if (effort !== undefined) {
    losses.approximated('reasoning.effort', `${effort} as a budget of ${budget} tokens`)
  } else if (budget !== wish) losses.approximated('reasoning.budget_tokens', `${budget} instead of ${wish}`)
  return { thinkingBudget: budget }
}
