import { claudeModels } from './claude.ts'
import { deepseekModels } from './deepseek.ts'
import { geminiModels } from './gemini.ts'
import { openWeightModels } from './open-weights.ts'
import { openaiModels } from './openai.ts'
import { priceOf } from './prices.ts'
import type { ModelProfile } from './profile.ts'
import { bestMatch, type ModelTable } from './table.ts'

export type { ModelProfile } from './profile.ts'
export { priceOf, type Price } from './prices.ts'

const table: ModelTable = {
  ...claudeModels,
  ...openaiModels,
  ...geminiModels,
  ...deepseekModels,
  ...openWeightModels,
}

/** A name that tells nothing: no wish about effort is sent, everything else is left to the protocol's default. */
const unknown: ModelProfile = { family: 'unknown', efforts: [] }

/**
 * What is known about a model. The name may be a deployment's (`my-gpt-5-deployment`), carry a vendor's prefix
 * (`anthropic/claude-sonnet-4-5`), a date or a region; the most specific known name inside it counts.
 *
 * `overrides` are the config's facts for this name and win field by field. Their `family` may name a model too: a
 * deployment `prod` with `family: gpt-5.4` has the facts of gpt-5.4.
 */
export function profileOf(model: string, overrides: Partial<ModelProfile> = {}): ModelProfile {
  const { family, ...facts } = overrides
  const known = family === undefined ? undefined : bestMatch(table, family)
  const base = known ?? bestMatch(table, model) ?? unknown
  const price = priceOf(known === undefined ? model : (family ?? model))
  return {
    ...base,
    ...(price !== undefined && { price }),
    ...(family !== undefined && known === undefined && { family }),
    ...facts,
  }
}
