import { invalidRequest } from '../../errors.ts'
import { asArray, asObject, asString, compact, isObject } from '../../ir/json.ts'
import type { JsonObject } from '../../ir/json.ts'
import type {
  CustomTool,
  FunctionTool,
  ServerTool,
  Tool,
  ToolChoice,
  WebSearchTool,
} from '../../ir/request.ts'
import { requiredString } from '../request-fields.ts'
import { keepUnknown } from './extensions.ts'
import { decodeSearchTool, isOfClient, TOOL_SEARCH } from './tool-search.ts'

/** The tools of a request, or of an item that brings some. Namespaces are flattened: each tool knows its own. */
export function decodeTools(tools: readonly unknown[], path: string): Tool[] {
  return tools.flatMap((tool, index) => decodeTool(tool, `${path}[${index}]`))
}

function decodeTool(wire: unknown, path: string): Tool[] {
  if (!isObject(wire)) throw invalidRequest(`${path} must be an object`, path)
  const { type } = wire
  if (typeof type !== 'string') throw invalidRequest(`${path}.type must be a string`, `${path}.type`)
  switch (type) {
    case 'function':
      return [decodeFunction(wire, path)]
    case 'custom':
      return [decodeCustom(wire, path)]
    case 'namespace':
      return decodeNamespace(wire, path)
    case TOOL_SEARCH:
      return [isOfClient(wire) ? decodeSearchTool(wire) : decodeServerTool(wire, type)]
    default:
      return [type.startsWith('web_search') ? decodeWebSearch(wire) : decodeServerTool(wire, type)]
  }
}

function decodeFunction(wire: JsonObject, path: string): FunctionTool {
  // Chat's nesting is a common slip.
  const { type: _, function: nested, ...flat } = wire
  const { name, description, parameters, strict, defer_loading, ...rest } = isObject(nested)
    ? { ...flat, ...nested }
    : flat
  return {
    kind: 'function',
    name: requiredString(name, `${path}.name`),
    ...compact({
      description: asString(description),
      schema: isObject(parameters) ? parameters : undefined,
      strict: typeof strict === 'boolean' ? strict : undefined,
    }),
    ...(defer_loading === true && { deferred: true }),
    ...keepUnknown(rest),
  }
}

function decodeCustom(wire: JsonObject, path: string): CustomTool {
  const { type: _, name, description, format, defer_loading, ...rest } = wire
  return {
    kind: 'custom',
    name: requiredString(name, `${path}.name`),
    ...compact({ description: asString(description), format: isObject(format) ? format : undefined }),
    ...(defer_loading === true && { deferred: true }),
    ...keepUnknown(rest),
  }
}

function decodeNamespace(wire: JsonObject, path: string): Tool[] {
  const { type: _, name, description, tools, ...rest } = wire
  const namespace = requiredString(name, `${path}.name`)
  const about = { ...rest, ...compact({ description: asString(description) }) }
  return decodeTools(asArray(tools), `${path}.tools`).map((tool, index) => {
    if (tool.kind !== 'function' && tool.kind !== 'custom') return tool
    // What is said of the namespace stands with its first tool.
    const own = index === 0 && Object.keys(about).length > 0 ? { namespace: about } : {}
    return { ...tool, namespace, ...keepUnknown({ ...tool.ext?.responses, ...own }) }
  })
}

function decodeWebSearch(wire: JsonObject): WebSearchTool {
  const { allowed_domains, blocked_domains } = asObject(wire['filters'])
  return {
    kind: 'web-search',
    name: 'web_search',
    ...compact({
      allowedDomains: stringsOf(allowed_domains),
      blockedDomains: stringsOf(blocked_domains),
      userLocation: isObject(wire['user_location']) ? wire['user_location'] : undefined,
      contextSize: asString(wire['search_context_size']),
    }),
    origin: 'responses',
    value: wire,
  }
}

function stringsOf(list: unknown): readonly string[] | undefined {
  return Array.isArray(list) ? list.filter((each) => typeof each === 'string') : undefined
}

function decodeServerTool(wire: JsonObject, type: string): ServerTool {
  const name = asString(wire['server_label']) ?? asString(wire['name']) ?? type
  return { kind: 'server', type, name, origin: 'responses', value: wire }
}

/** @throws `invalid-request` for a choice of no known form. */
export function decodeToolChoice(choice: unknown): ToolChoice | undefined {
  if (choice === undefined || choice === null) return undefined
  if (choice === 'auto' || choice === 'required' || choice === 'none') return { mode: choice }
  if (isObject(choice)) {
    if (choice['type'] === 'allowed_tools') {
      const tools = asArray(choice['tools']).flatMap((entry) => nameOf(asObject(entry)) ?? [])
      return { mode: 'allowed', tools, required: choice['mode'] === 'required' }
    }
    const name = nameOf(choice)
    if (name !== undefined)
      return { mode: 'tool', name, ...compact({ namespace: asString(choice['namespace']) }) }
  }
  throw invalidRequest('tool_choice must be none, auto, required or name a tool', 'tool_choice')
}

/** Hosted tools are named by their type, MCP servers by their label. */
function nameOf(choice: JsonObject): string | undefined {
  const { type, server_label, name, function: nested } = choice
  if (type === 'mcp') return asString(server_label)
  if (typeof type === 'string' && type.startsWith('web_search')) return 'web_search'
  return (
    asString(name) ?? asString(asObject(nested)['name']) ?? (type === 'function' ? undefined : asString(type))
  )
}
