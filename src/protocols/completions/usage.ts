import { asNumber, asObject, compact, isObject } from '../../ir/json.ts'
import type { JsonObject } from '../../ir/json.ts'
import { totalInput } from '../../ir/usage.ts'
import type { Usage } from '../../ir/usage.ts'
import type { CompletionUsage } from './wire.ts'

/** Usage in disjoint buckets; an empty completion has no `completion_tokens`. Undefined when nothing is counted. */
export function decodeUsage(wire: unknown): Usage | undefined {
  if (!isObject(wire)) return undefined
  const prompt = asNumber(wire['prompt_tokens'])
  const output = asNumber(wire['completion_tokens'])
  if (prompt === undefined && output === undefined) return undefined
  const cacheRead = asNumber(asObject(wire['prompt_tokens_details'])['cached_tokens'])
  const reasoning = asNumber(asObject(wire['completion_tokens_details'])['reasoning_tokens'])
  return {
    uncached: Math.max(0, (prompt ?? 0) - (cacheRead ?? 0)),
    output: output ?? 0,
    ...compact({ cacheRead, reasoning }),
  }
}

export function encodeUsage(usage: Usage): CompletionUsage {
  const input = totalInput(usage)
  const { cacheRead, reasoning } = usage
  return {
    prompt_tokens: input,
    completion_tokens: usage.output,
    total_tokens: input + usage.output,
    ...(cacheRead !== undefined && { prompt_tokens_details: { cached_tokens: cacheRead } }),
    ...(reasoning !== undefined && { completion_tokens_details: { reasoning_tokens: reasoning } }),
  }
}

/** For the passthrough tap: the usage in a whole answer or in one event of a stream. */
export function usageOf(wire: JsonObject): Usage | undefined {
  return decodeUsage(wire['usage'])
}
