import type { Losses } from '../../ir/dropped.ts'
import { asObject, compact } from '../../ir/json.ts'
import type { JsonObject } from '../../ir/json.ts'
import type { Effort, ReasoningConfig } from '../../ir/request.ts'
import { clampWish, effortWish, reportBareWish } from '../openai/effort-wish.ts'
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
  const wish = effortWish(config, losses)
  if (dialect.reasoningRequest === 'effort') reportBareWish(config, wish, losses)
  const { thinking, ...own } = config.ext?.chat ?? {}
  if (thinking !== undefined && dialect.reasoningRequest !== 'thinking') losses.unsupported('thinking')
  switch (dialect.reasoningRequest) {
    case 'none':
      if (wish !== undefined || config.mode !== undefined)
        losses.unsupported('reasoning', 'this model has no such switch')
      return own
    case 'effort':
      return { ...own, ...compact({ reasoning_effort: clampWish(wish, dialect.efforts, losses) }) }
    case 'thinking':
      return { ...own, ...encodeThinking(wish, config.mode, asObject(thinking), dialect, losses) }
    default:
      return dialect.reasoningRequest satisfies never
  }
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
  const level = dialect.efforts.length > 0 ? clampWish(wish, dialect.efforts, losses) : undefined
  if (wish !== undefined && dialect.efforts.length === 0)
    losses.approximated('reasoning.effort', 'switched on; this model has no levels')
  return {
    thinking: { ...rest, type: 'enabled' },
    ...compact({ reasoning_effort: level }),
  }
}
