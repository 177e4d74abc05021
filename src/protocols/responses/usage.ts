import { asNumber, asObject, asString, compact, isObject } from '../../ir/json.ts'
import type { JsonObject } from '../../ir/json.ts'
import { totalInput } from '../../ir/usage.ts'
import type { Usage } from '../../ir/usage.ts'
import type { ResponsesUsage } from './wire.ts'

/** Usage in disjoint buckets: OpenAI counts cached tokens inside `input_tokens`. Undefined when nothing was counted. */
export function decodeUsage(wire: unknown): Usage | undefined {
  if (!isObject(wire)) return undefined
  const input = asNumber(wire['input_tokens'])
  const output = asNumber(wire['output_tokens'])
  if (input === undefined && output === undefined) return undefined
  const details = asObject(wire['input_tokens_details'])
  const cacheRead = asNumber(details['cached_tokens'])
  const cacheWrite = asNumber(details['cache_write_tokens'])
  return {
    uncached: Math.max(0, (input ?? 0) - (cacheRead ?? 0) - (cacheWrite ?? 0)),
    output: output ?? 0,
    ...compact({
      cacheRead,
      cacheWrite,
      reasoning: asNumber(asObject(wire['output_tokens_details'])['reasoning_tokens']),
    }),
  }
}

/** The usage of a whole answer, or of the one event of a stream that has it. */
export function usageIn(wire: JsonObject): Usage | undefined {
  const response = isObject(wire['response']) ? wire['response'] : wire
  const usage = decodeUsage(response['usage'])
  const serviceTier = asString(response['service_tier'])
  return usage === undefined || serviceTier === undefined ? usage : { ...usage, serviceTier }
}

/** Codex reads the nested counts without looking whether they are there. */
export function encodeUsage(usage: Usage): ResponsesUsage {
  const input = totalInput(usage)
  return {
    input_tokens: input,
    input_tokens_details: {
      cached_tokens: usage.cacheRead ?? 0,
      ...compact({ cache_write_tokens: usage.cacheWrite }),
    },
    output_tokens: usage.output,
    output_tokens_details: { reasoning_tokens: usage.reasoning ?? 0 },
    total_tokens: input + usage.output,
  }
}
