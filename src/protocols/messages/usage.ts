import { asNumber, asObject, asString, compact, isObject } from '../../ir/json.ts'
import type { JsonObject } from '../../ir/json.ts'
import type { Usage } from '../../ir/usage.ts'
import type { WireUsage } from './wire.ts'

/** The counts that a usage object names; a stream tells them in instalments. */
export function decodeUsage(wire: unknown): Partial<Usage> | undefined {
  if (!isObject(wire)) return undefined
  return compact({
    uncached: asNumber(wire['input_tokens']),
    cacheRead: asNumber(wire['cache_read_input_tokens']),
    cacheWrite: asNumber(wire['cache_creation_input_tokens']),
    cacheWrite1h: asNumber(asObject(wire['cache_creation'])['ephemeral_1h_input_tokens']),
    output: asNumber(wire['output_tokens']),
    reasoning: asNumber(asObject(wire['output_tokens_details'])['thinking_tokens']),
    webSearches: asNumber(asObject(wire['server_tool_use'])['web_search_requests']),
    serviceTier: asString(wire['service_tier']),
  })
}

/** The usage as clients read it: all four counts, zero where nobody knows. */
export function encodeUsage(usage: Usage | undefined): WireUsage {
  const write = usage?.cacheWrite ?? 0
  return {
    input_tokens: usage?.uncached ?? 0,
    cache_creation_input_tokens: write,
    cache_read_input_tokens: usage?.cacheRead ?? 0,
    output_tokens: usage?.output ?? 0,
    ...(usage?.cacheWrite1h !== undefined && {
      cache_creation: {
        ephemeral_5m_input_tokens: Math.max(0, write - usage.cacheWrite1h),
        ephemeral_1h_input_tokens: usage.cacheWrite1h,
      },
    }),
    ...(usage?.reasoning !== undefined && { output_tokens_details: { thinking_tokens: usage.reasoning } }),
    ...(usage?.webSearches !== undefined && { server_tool_use: { web_search_requests: usage.webSearches } }),
    ...(usage?.serviceTier !== undefined && { service_tier: usage.serviceTier }),
  }
}

/** For the passthrough tap: the usage in a whole answer or in one event of a stream. */
export function usageOf(wire: JsonObject): Partial<Usage> | undefined {
  return decodeUsage(wire['usage'] ?? asObject(wire['message'])['usage'])
}
