import { asNumber, asString, compact } from '../../ir/json.ts'
import type { JsonObject } from '../../ir/json.ts'
import { totalInput } from '../../ir/usage.ts'
import type { Usage } from '../../ir/usage.ts'
import { camelFields } from './fields.ts'
import type { WireUsage } from './wire.ts'

/**
 * Usage in disjoint buckets. Cached tokens are inside `promptTokenCount`; what server tools fed to the model is beside
 * it, as thoughts are beside the candidates. Undefined when the object counts nothing: Vertex begins with a mere tier.
 */
export function decodeUsage(wire: unknown): Usage | undefined {
  const fields = camelFields(wire)
  const prompt = asNumber(fields['promptTokenCount'])
  const said = asNumber(fields['candidatesTokenCount'])
  const thoughts = asNumber(fields['thoughtsTokenCount'])
  if (prompt === undefined && said === undefined && thoughts === undefined) return undefined
  const cacheRead = asNumber(fields['cachedContentTokenCount'])
  const input = (prompt ?? 0) + (asNumber(fields['toolUsePromptTokenCount']) ?? 0)
  return {
    uncached: Math.max(0, input - (cacheRead ?? 0)),
    output: (said ?? 0) + (thoughts ?? 0),
    ...compact({ cacheRead, reasoning: thoughts, serviceTier: asString(fields['serviceTier']) }),
  }
}

export function encodeUsage(usage: Usage): WireUsage {
  const input = totalInput(usage)
  return {
    promptTokenCount: input,
    ...(usage.cacheRead !== undefined && { cachedContentTokenCount: usage.cacheRead }),
    candidatesTokenCount: Math.max(0, usage.output - (usage.reasoning ?? 0)),
    ...(usage.reasoning !== undefined && { thoughtsTokenCount: usage.reasoning }),
    totalTokenCount: input + usage.output,
    ...compact({ serviceTier: usage.serviceTier }),
  }
}

/** For the passthrough tap: the usage in a whole answer or in one event of a stream. */
export function usageOf(wire: JsonObject): Usage | undefined {
  return decodeUsage(wire['usageMetadata'])
}
