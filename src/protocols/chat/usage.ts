import { asNumber, asObject, asString, compact, isObject } from '../../ir/json.ts'
import type { JsonObject } from '../../ir/json.ts'
import { totalInput } from '../../ir/usage.ts'
import type { Usage } from '../../ir/usage.ts'
import type { ChatUsage } from './wire.ts'

/**
 * Usage in disjoint buckets. OpenAI counts cached tokens inside `prompt_tokens`; DeepSeek names them
 * `prompt_cache_hit_tokens`. Undefined when the object counts nothing.
 */
export function decodeUsage(wire: unknown): Usage | undefined {
  if (!isObject(wire)) return undefined
  const prompt = asNumber(wire['prompt_tokens'])
  const output = asNumber(wire['completion_tokens'])
  if (prompt === undefined && output === undefined) return undefined
  const details = asObject(wire['prompt_tokens_details'])
  const outputDetails = asObject(wire['completion_tokens_details'])
  const cacheRead = asNumber(details['cached_tokens']) ?? asNumber(wire['prompt_cache_hit_tokens'])
  const cacheWrite = asNumber(details['cache_write_tokens']) ?? asNumber(details['cache_creation_tokens'])
  return {
    uncached: Math.max(0, (prompt ?? 0) - (cacheRead ?? 0) - (cacheWrite ?? 0)),
    output: output ?? 0,
    ...compact({
      cacheRead,
      cacheWrite,
      reasoning: asNumber(outputDetails['reasoning_tokens']) ?? asNumber(wire['reasoning_tokens']),
      webSearches: asNumber(asObject(wire['server_tool_use_details'])['web_search_requests']),
    }),
  }
}

/** The usage of a whole answer or of one chunk, wherever the server put it; Groq nests it in `x_groq`. */
export function usageIn(wire: JsonObject): Usage | undefined {
  const usage = decodeUsage(wire['usage']) ?? decodeUsage(asObject(wire['x_groq'])['usage'])
  const serviceTier = asString(wire['service_tier'])
  return usage === undefined || serviceTier === undefined ? usage : { ...usage, serviceTier }
}

export function encodeUsage(usage: Usage): ChatUsage {
  const input = totalInput(usage)
  return {
    prompt_tokens: input,
    completion_tokens: usage.output,
    total_tokens: input + usage.output,
    prompt_tokens_details: {
      cached_tokens: usage.cacheRead ?? 0,
      ...compact({ cache_write_tokens: usage.cacheWrite }),
    },
    completion_tokens_details: { reasoning_tokens: usage.reasoning ?? 0 },
  }
}
