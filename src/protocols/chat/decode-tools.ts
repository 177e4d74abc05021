import { invalidRequest } from '../../errors.ts'
import { asArray, asObject, asString, compact, isObject } from '../../ir/json.ts'
import type { JsonObject } from '../../ir/json.ts'
import type { FunctionTool, Tool, ToolChoice, WebSearchTool } from '../../ir/request.ts'
import { withoutNulls } from '../extensions.ts'
import { decodeCacheHint } from '../openai/cache-hint.ts'
import { keepUnknown } from './extensions.ts'

/** The tools of a request: `tools`, and the `functions` of older clients. */
export function decodeTools(tools: readonly unknown[], functions: readonly unknown[]): Tool[] {
  return [
    ...tools.map((tool, index) => decodeTool(tool, `tools[${index}]`)),
    ...functions.map((called, index) => decodeFunction(called, `functions[${index}]`, {})),
  ]
}

function decodeTool(wire: unknown, path: string): Tool {
  if (!isObject(wire)) throw invalidRequest(`${path} must be an object`, path)
  const { type, function: called, custom, ...rest } = wire
  if (type === 'function' || (type === undefined && isObject(called)))
    return decodeFunction(called, `${path}.function`, rest)
  if (type === 'custom') {
    const { name, description, format, ...unknown } = asObject(custom)
    return {
      kind: 'custom',
      name: toolName(name, `${path}.custom`),
      ...compact({ description: asString(description), format: flatFormat(format) }),
      ...keepUnknown({ ...rest, ...(Object.keys(unknown).length > 0 && { custom: unknown }) }),
    }
  }
  if (typeof type !== 'string') throw invalidRequest(`${path}.type must be a string`, `${path}.type`)
  return { kind: 'server', type, name: asString(wire['name']) ?? type, origin: 'chat', value: wire }
}

function decodeFunction(called: unknown, path: string, outer: JsonObject): FunctionTool {
  const { name, description, parameters, strict, ...inner } = asObject(called)
  const { cache_control, ...rest } = outer
  const unknown = withoutNulls(inner)
  return {
    kind: 'function',
    name: toolName(name, path),
    ...compact({
      description: asString(description),
      schema: isObject(parameters) ? parameters : undefined,
      strict: typeof strict === 'boolean' ? strict : undefined,
    }),
    ...decodeCacheHint(cache_control),
    ...keepUnknown({ ...rest, ...(Object.keys(unknown).length > 0 && { function: unknown }) }),
  }
}

function toolName(name: unknown, path: string): string {
  if (typeof name === 'string' && name !== '') return name
  throw invalidRequest(`${path}.name must be a string`, `${path}.name`)
}

/** Chat nests the grammar, the IR keeps it flat as Responses does. */
function flatFormat(format: unknown): JsonObject | undefined {
  if (!isObject(format)) return undefined
  const { grammar, ...rest } = format
  return isObject(grammar) ? { ...rest, ...grammar } : format
}

/** `tool_choice`, or the `function_call` of older clients. */
export function decodeToolChoice(choice: unknown, legacy: unknown): ToolChoice | undefined {
  const wire = choice ?? legacy
  if (wire === undefined || wire === null) return undefined
  if (wire === 'auto' || wire === 'required' || wire === 'none') return { mode: wire }
  // Mistral's word for `required`.
  if (wire === 'any') return { mode: 'required' }
  if (isObject(wire)) {
    if (wire['type'] === 'allowed_tools') return decodeAllowed(asObject(wire['allowed_tools']))
    const { name } = asObject(wire['function'] ?? wire['custom'] ?? wire)
    if (typeof name === 'string') return { mode: 'tool', name }
  }
  const field = choice === undefined || choice === null ? 'function_call' : 'tool_choice'
  throw invalidRequest(`${field} must be none, auto, required or name a tool`, field)
}

function decodeAllowed(allowed: JsonObject): ToolChoice {
  const tools = asArray(allowed['tools']).flatMap((entry) => {
    const tool = asObject(entry)
    const name = asObject(tool['function'] ?? tool['custom'] ?? tool)['name'] ?? tool['type']
    return typeof name === 'string' ? [name] : []
  })
  return { mode: 'allowed', tools, required: allowed['mode'] === 'required' }
}

/** `web_search_options` turns on the search of OpenAI's search models; the IR calls it a tool. */
export function decodeWebSearch(options: JsonObject): WebSearchTool {
  const { search_context_size, user_location } = options
  const { approximate, ...rest } = asObject(user_location)
  const location = isObject(approximate) ? { ...rest, ...approximate } : rest
  return {
    kind: 'web-search',
    name: 'web_search',
    ...compact({
      contextSize: asString(search_context_size),
      userLocation: Object.keys(location).length > 0 ? location : undefined,
    }),
    origin: 'chat',
    value: options,
  }
}
