import { estimateTokens } from '../models/estimate.ts'
import { tokenRatesOf } from '../models/token-rates.ts'
import type { Exchange } from './exchange.ts'
import type { Target } from './target.ts'

/** The prompt's size as this target's model would probably count it. Tokens. */
export function estimatePrompt({ request, deps }: Exchange, { name, model, profile }: Target): number {
  const estimated = estimateTokens(request, tokenRatesOf(model, profile.family))
  return deps.tokenFactors.correct(name, estimated)
}
