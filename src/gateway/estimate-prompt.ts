import { estimateTokens } from '../models/estimate.ts'
import { tokenRatesOf } from '../models/token-rates.ts'
import type { Exchange } from './exchange.ts'
import type { Target } from './target.ts'

/** The prompt's size as this target's model would probably count it. Tokens. */
export function estimatePrompt(exchange: Exchange, { name, model, profile }: Target): number {
  const { deps, outline, outlinedRequest } = exchange
  const estimated = estimateTokens(outlinedRequest, tokenRatesOf(model, profile.family), (text) =>
    outline === undefined ? text : outline.whole(text),
  )
  return deps.tokenFactors.correct(name, estimated)
}
