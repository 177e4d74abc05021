import type { Losses } from '../../ir/dropped.ts'
import { compact } from '../../ir/json.ts'
import type { JsonObject } from '../../ir/json.ts'
import type { ReasoningConfig } from '../../ir/request.ts'
import { clampWish, effortWish, reportBareWish } from '../openai/effort-wish.ts'
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
  const wish = effortWish(config, losses)
  reportBareWish(config, wish, losses)
  const fields = {
    ...ownFields(config.ext),
    ...compact({
      effort: clampWish(wish, dialect.efforts, losses),
      summary: encodeDisplay(config, dialect, losses),
    }),
  }
  return Object.keys(fields).length === 0 ? undefined : fields
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
