import { invalidRequest } from '../../errors.ts'
import { asArray, asNumber, asString, compact, isObject } from '../../ir/json.ts'
import type { JsonObject } from '../../ir/json.ts'
import type { Tool, ToolChoice } from '../../ir/request.ts'
import { decodeCache } from './cache.ts'
import { keepUnknown } from './extensions.ts'

/**
 * The tools of a request.
 * @throws `invalid-request` for what is no list of tools.
 */
export function decodeTools(wire: unknown): readonly Tool[] {
  if (wire === undefined || wire === null) return []
  if (!Array.isArray(wire)) throw invalidRequest('tools must be an array', 'tools')
  return wire.map((tool, index) => {
    if (!isObject(tool)) throw invalidRequest(`tools[${index}] must be an object`, `tools[${index}]`)
    return decodeTool(tool, `tools[${index}]`)
  })
}

function decodeTool(wire: JsonObject, path: string): Tool {
  const type = asString(wire['type']) ?? 'custom'
  if (type !== 'custom') return decodeServerTool(wire, type)
  const { type: _, name, description, input_schema, strict, defer_loading, cache_control, ...rest } = wire
  if (typeof name !== 'string' || name === '')
    throw invalidRequest(`${path}.name must be a string`, `${path}.name`)
  return {
    kind: 'function',
    name,
    ...compact({
      description: asString(description),
      schema: isObject(input_schema) ? input_schema : undefined,
      strict: typeof strict === 'boolean' ? strict : undefined,
    }),
    ...(defer_loading === true && { deferred: true }),
    ...decodeCache(cache_control),
    ...keepUnknown(rest),
  }
}

/** Typed tools: those that run at the provider, and those whose schema the vendor defines. */
function decodeServerTool(wire: JsonObject, type: string): Tool {
  const name = asString(wire['name']) ?? asString(wire['mcp_server_name']) ?? type
  const own = { name, origin: 'messages' as const, value: wire }
  if (!type.startsWith('web_search_')) return { kind: 'server', type, ...own }
  return {
    kind: 'web-search',
    ...own,
    ...compact({
      allowedDomains: strings(wire['allowed_domains']),
      blockedDomains: strings(wire['blocked_domains']),
      maxUses: asNumber(wire['max_uses']),
      userLocation: isObject(wire['user_location']) ? wire['user_location'] : undefined,
    }),
  }
}

function strings(value: unknown): readonly string[] | undefined {
  return Array.isArray(value) ? asArray(value).filter((item) => typeof item === 'string') : undefined
}

export type DecodedChoice = { readonly toolChoice?: ToolChoice; readonly parallelToolCalls?: boolean }

/** `tool_choice` and the switch for parallel calls that rides on it. Novel choices are read as `auto`. */
export function decodeToolChoice(wire: unknown): DecodedChoice {
  if (!isObject(wire)) return {}
  const disabled = wire['disable_parallel_tool_use']
  const parallel = typeof disabled === 'boolean' ? { parallelToolCalls: !disabled } : {}
  const name = asString(wire['name'])
  switch (wire['type']) {
    case 'any':
      return { toolChoice: { mode: 'required' }, ...parallel }
    case 'none':
      return { toolChoice: { mode: 'none' }, ...parallel }
    case 'tool':
      if (name === undefined) throw invalidRequest('tool_choice.name must be a string', 'tool_choice.name')
      return { toolChoice: { mode: 'tool', name }, ...parallel }
    default:
      return { toolChoice: { mode: 'auto' }, ...parallel }
  }
}
