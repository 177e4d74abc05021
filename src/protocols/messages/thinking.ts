import type { Losses } from '../../ir/dropped.ts'
import { budgetOf, clampEffort, effortOf } from '../../ir/effort.ts'
import type { JsonObject } from '../../ir/json.ts'
import type { Effort, ReasoningConfig } from '../../ir/request.ts'
import type { MessagesDialect } from './dialect.ts'
import { ownFields, reportForeign } from './extensions.ts'

/** The smallest thinking budget, and the room that an answer is left beside it. Tokens. */
const LEAST_BUDGET = 1024
const ROOM_FOR_ANSWER = 1024

type Mode = NonNullable<ReasoningConfig['mode']>

export type Thinking = {
  /** The `thinking` field; absent: the model's default. */
  readonly thinking?: JsonObject
  readonly effort?: Effort
}

/** What of the rest of the request bears on thinking. */
export type ThinkingContext = {
  readonly dialect: MessagesDialect
  readonly losses: Losses
  readonly maxTokens: number
  /** The request came from this protocol: its effort says nothing about thinking. */
  readonly ownRequest: boolean
  /** A tool is forced, which `enabled` thinking refuses (`adaptive` does not, where forcing is allowed at all). */
  readonly forcedTool: boolean
  /** The last assistant turn called tools without thinking first, which `enabled` thinking refuses. */
  readonly unthinkingCalls: boolean
}

const WORD_OF: Readonly<Record<Mode, string>> = {
  adaptive: 'adaptive',
  enabled: 'enabled',
  disabled: 'disabled',
  'between-tools': 'between_tools',
}

/** What to try, in order, for a mode that the model does not take. */
const INSTEAD: Readonly<Record<Mode, readonly Mode[]>> = {
  adaptive: ['enabled', 'between-tools'],
  enabled: ['adaptive', 'between-tools'],
  'between-tools': ['adaptive', 'enabled'],
  disabled: ['between-tools', 'adaptive'],
}

/** The thinking that the client wished for, as far as the model and the rest of the request allow. */
export function encodeThinking(config: ReasoningConfig | undefined, context: ThinkingContext): Thinking {
  if (config === undefined) return {}
  const { dialect, losses } = context
  reportForeign('thinking', config.ext, losses)
  const wish = wishedMode(config, context)
  const mode = wish === undefined ? undefined : allowedMode(wish, context)
  const effort = encodeEffort(config, wish, mode, context)
  const level = effort === undefined ? {} : { effort }
  const own = ownFields(config.ext)
  if (mode === undefined) {
    if (wish === 'disabled') return level
    return Object.keys(own).length > 0 ? { thinking: own, ...level } : level
  }
  if (mode === 'disabled') return { thinking: { type: 'disabled', ...own }, ...level }
  const display = encodeDisplay(config, mode)
  if (mode !== 'enabled') return { thinking: { type: WORD_OF[mode], ...display, ...own }, ...level }
  const budget = encodeBudget(config, context)
  if (budget !== undefined)
    return { thinking: { type: 'enabled', budget_tokens: budget, ...display, ...own }, ...level }
  losses.approximated('thinking', 'max_tokens leaves no room for thinking')
  return dialect.thinking.includes('disabled') ? { thinking: { type: 'disabled' }, ...level } : level
}

/** What the client wants in this protocol's terms; undefined when it said nothing about thinking itself. */
function wishedMode(
  { mode, effort, budgetTokens, display }: ReasoningConfig,
  context: ThinkingContext,
): Mode | undefined {
  if (mode !== undefined) return mode
  const { dialect, losses, ownRequest } = context
  if (ownRequest) return undefined
  if (effort === 'none' || (effort === undefined && budgetTokens === 0)) return 'disabled'
  if (effort !== undefined) {
    if (dialect.thinking.length > 0) losses.approximated('reasoning.effort', 'as thinking at that effort')
    return 'adaptive'
  }
  if (budgetTokens !== undefined) return 'enabled'
  // A wish to read along is a wish for thinking where that is the model's to decide.
  return display !== undefined && display !== 'omitted' && dialect.thinking.includes('adaptive')
    ? 'adaptive'
    : undefined
}

/** The wish, or what comes nearest among what the model and the request allow; undefined: say nothing. */
function allowedMode(
  wish: Mode,
  { dialect, losses, forcedTool, unthinkingCalls }: ThinkingContext,
): Mode | undefined {
  const refused = forcedTool || unthinkingCalls
  const modes = new Set(dialect.thinking.filter((mode) => mode !== 'enabled' || !refused))
  if (modes.has(wish)) return wish
  const instead = INSTEAD[wish].find((mode) => modes.has(mode))
  if (instead !== undefined)
    losses.approximated('thinking', `${WORD_OF[instead]} instead of ${WORD_OF[wish]}`)
  else if (dialect.thinking.includes('enabled') && wish !== 'disabled' && modes.has('disabled')) {
    const reason = forcedTool ? 'a tool is forced' : 'the last tool calls came without thinking'
    losses.approximated('thinking', `off, because ${reason}`)
    return 'disabled'
  } else if (wish !== 'disabled') losses.unsupported('thinking', 'this model has no such thinking')
  return instead
}

function encodeEffort(
  { effort, budgetTokens, mode: asked }: ReasoningConfig,
  wish: Mode | undefined,
  mode: Mode | undefined,
  { dialect, losses }: ThinkingContext,
): Effort | undefined {
  const weakest = dialect.efforts[0]
  // A model that cannot stop thinking thinks little instead.
  if (wish === 'disabled' && mode !== 'disabled' && mode !== undefined) return weakest
  if (effort === 'none') return undefined
  if (effort === undefined) {
    const fromBudget =
      wish === 'enabled' && mode !== undefined && mode !== 'enabled' && budgetTokens !== undefined
    return fromBudget ? clampEffort(effortOf(budgetTokens), dialect.efforts) : undefined
  }
  const level = clampEffort(effort, dialect.efforts)
  if (level === undefined) {
    // As a budget it is not lost.
    if (mode !== 'enabled' || asked !== undefined) losses.unsupported('output_config.effort')
  } else if (level !== effort) losses.approximated('output_config.effort', `${level} instead of ${effort}`)
  return level
}

/** Undefined when `max_tokens` leaves no room. */
function encodeBudget(
  { budgetTokens, effort }: ReasoningConfig,
  { maxTokens, losses }: ThinkingContext,
): number | undefined {
  const wish = budgetTokens ?? budgetOf(effort ?? 'high')
  if (wish < maxTokens && wish >= LEAST_BUDGET) return wish
  const room = maxTokens - ROOM_FOR_ANSWER
  if (room < LEAST_BUDGET) return undefined
  const budget = Math.max(LEAST_BUDGET, Math.min(wish, room))
  if (budgetTokens !== undefined)
    losses.approximated('thinking.budget_tokens', `${budget} instead of ${wish}`)
  return budget
}

/** OpenAI's kinds of summary are one here. Older models, which take budgets, always show their thinking. */
function encodeDisplay({ display, mode: asked }: ReasoningConfig, mode: Mode): JsonObject {
  switch (display) {
    case undefined:
      return {}
    case 'omitted':
    case 'summarized':
    case 'updates':
      return asked === undefined && mode === 'enabled' ? {} : { display }
    case 'auto':
    case 'concise':
    case 'detailed':
      return mode === 'enabled' ? {} : { display: 'summarized' }
    default:
      return display satisfies never
  }
}
