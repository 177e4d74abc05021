import type { Losses } from '../../ir/dropped.ts'
import { asObject, asString, compact, isObject } from '../../ir/json.ts'
import type { JsonObject } from '../../ir/json.ts'
import type {
  CustomTool,
  FunctionTool,
  ModelRequest,
  ServerTool,
  Tool,
  WebSearchTool,
} from '../../ir/request.ts'
import { described, encodeParallel, encodeParametersOf, isForced } from '../openai/encode-tools.ts'
import type { ResponsesDialect } from './dialect.ts'
import { ownFields, reportForeign } from './extensions.ts'
import { encodeSearchTool, TOOL_SEARCH } from './tool-search.ts'

/** `tools`, `tool_choice` and `parallel_tool_calls`, as far as the upstream has them. */
export function encodeTools(request: ModelRequest, dialect: ResponsesDialect, losses: Losses): JsonObject {
  const namespaces = new Namespaces()
  for (const [index, tool] of request.tools.entries()) {
    const path = `tools[${index}]`
    reportForeign(path, tool.ext, losses)
    // An item of the input brings it already.
    if (ownFields(tool.ext)['in_input'] === true) continue
    const wire = encodeTool(tool, path, request, dialect, losses)
    if (wire === undefined) continue
    const namespace = tool.kind === 'function' || tool.kind === 'custom' ? tool.namespace : undefined
    if (namespace === undefined) namespaces.plain(wire)
    else if (dialect.toolNamespaces) namespaces.put(namespace, wire, ownFields(tool.ext)['namespace'])
    else {
      losses.approximated(path, `the namespace ${namespace} is lost`)
      namespaces.plain(wire)
    }
  }
  const { tools } = namespaces
  if (request.tools.length === 0) {
    // OpenAI refuses a choice where there is nothing to choose from.
    if (isForced(request.toolChoice)) losses.unsupported('tool_choice', 'there are no tools to choose from')
    return {}
  }
  return {
    ...(tools.length > 0 && { tools }),
    ...compact({
      tool_choice: encodeChoice(request, dialect, losses),
      parallel_tool_calls: encodeParallel(request, dialect, losses),
    }),
  }
}

/** True when a search of another vendor is asked for: then its sources are wanted too. */
export function searchesTheWeb(request: ModelRequest, dialect: ResponsesDialect): boolean {
  return (
    dialect.webSearch &&
    request.tools.some((tool) => tool.kind === 'web-search' && tool.origin !== 'responses')
  )
}

/** Tools in their order, those of one namespace together as the client wrote them. */
class Namespaces {
  readonly tools: JsonObject[] = []
  #open: { readonly name: string; readonly tools: JsonObject[] } | undefined

  plain(tool: JsonObject): void {
    this.#open = undefined
    this.tools.push(tool)
  }

  put(name: string, tool: JsonObject, about: unknown): void {
    if (this.#open === undefined || this.#open.name !== name || about !== undefined) {
      this.#open = { name, tools: [] }
      const { description, ...rest } = asObject(about)
      // The one description that is required, and that Azure wants to say something.
      const told = asString(description) || `Tools of ${name}.`
      this.tools.push({ ...rest, type: 'namespace', name, description: told, tools: this.#open.tools })
    }
    this.#open.tools.push(tool)
  }
}

function encodeTool(
  tool: Tool,
  path: string,
  request: ModelRequest,
  dialect: ResponsesDialect,
  losses: Losses,
): JsonObject | undefined {
  switch (tool.kind) {
    case 'function':
      if (tool.search) return encodeSearchTool(tool)
      return encodeFunction(tool, path, deferral(tool, path, request, dialect, losses), dialect, losses)
    case 'custom':
      return encodeCustom(tool, deferral(tool, path, request, dialect, losses))
    case 'web-search':
      return encodeWebSearch(tool, path, dialect, losses)
    case 'server':
      if (tool.origin === 'responses') return tool.value
      losses.content(path, `${tool.type} runs at its own provider only`)
      return undefined
    default:
      return tool satisfies never
  }
}

type Deferral = { readonly defer_loading?: true }

/** A deferred tool without a search for it could never be loaded. */
function deferral(
  tool: FunctionTool | CustomTool,
  path: string,
  request: ModelRequest,
  dialect: ResponsesDialect,
  losses: Losses,
): Deferral {
  if (tool.deferred !== true) return {}
  const searched = request.tools.some(
    (other) =>
      (other.kind === 'function' && other.search) || (other.kind === 'server' && other.type === TOOL_SEARCH),
  )
  if (dialect.deferredTools && searched) return { defer_loading: true }
  losses.approximated(`${path}.defer_loading`, 'declared at once')
  return {}
}

function encodeFunction(
  tool: FunctionTool,
  path: string,
  deferred: Deferral,
  dialect: ResponsesDialect,
  losses: Losses,
): JsonObject {
  const { parameters, strict } = encodeParametersOf(tool, path, dialect, losses)
  return {
    ...toolFields(tool),
    type: 'function',
    name: tool.name,
    ...described(tool),
    parameters,
    // Left out it would mean true here, and OpenAI would rewrite schemas that do not fit.
    ...(dialect.strictTools && { strict }),
    ...deferred,
  }
}

function encodeCustom(tool: CustomTool, deferred: Deferral): JsonObject {
  return {
    ...toolFields(tool),
    type: 'custom',
    name: tool.name,
    ...described(tool),
    ...compact({ format: flatFormat(tool.format) }),
    ...deferred,
  }
}

function toolFields(tool: Tool): JsonObject {
  const { namespace: _, in_input: __, ...fields } = ownFields(tool.ext)
  return fields
}

/** Chat nests the grammar, this protocol keeps it flat. */
function flatFormat(format: JsonObject | undefined): JsonObject | undefined {
  if (format === undefined || !isObject(format['grammar'])) return format
  const { grammar, ...rest } = format
  return { ...rest, ...asObject(grammar) }
}

function encodeWebSearch(
  tool: WebSearchTool,
  path: string,
  dialect: ResponsesDialect,
  losses: Losses,
): JsonObject | undefined {
  if (!dialect.webSearch) {
    losses.content(path, 'this upstream cannot search the web')
    return undefined
  }
  if (tool.origin === 'responses') return tool.value
  for (const [name, value] of [
    ['blocked_domains', tool.blockedDomains],
    ['max_uses', tool.maxUses],
  ] as const)
    if (value !== undefined) losses.unsupported(`${path}.${name}`)
  return {
    type: 'web_search',
    ...(tool.allowedDomains !== undefined && { filters: { allowed_domains: tool.allowedDomains } }),
    ...(tool.userLocation !== undefined && { user_location: { type: 'approximate', ...tool.userLocation } }),
    ...compact({ search_context_size: tool.contextSize }),
  }
}

function encodeChoice(request: ModelRequest, dialect: ResponsesDialect, losses: Losses): unknown {
  const choice = request.toolChoice
  if (choice === undefined) return undefined
  const own = ownFields(request.ext)['tool_choice']
  if (!dialect.forcedToolChoice && isForced(choice)) {
    losses.approximated('tool_choice', 'this model cannot be forced to call a tool: auto')
    return 'auto'
  }
  if (own !== undefined) return own
  switch (choice.mode) {
    case 'auto':
    case 'required':
    case 'none':
      return choice.mode
    case 'tool': {
      const named = nameTool(choice.name, choice.namespace, request.tools)
      if (named === undefined) losses.unsupported('tool_choice', `the tool ${choice.name} is not sent`)
      return named
    }
    case 'allowed': {
      const tools = choice.tools.flatMap((name) => nameTool(name, undefined, request.tools) ?? [])
      return { type: 'allowed_tools', mode: choice.required ? 'required' : 'auto', tools }
    }
    default:
      return choice satisfies never
  }
}

function nameTool(
  name: string,
  namespace: string | undefined,
  tools: readonly Tool[],
): JsonObject | undefined {
  const tool = tools.find((candidate) => candidate.name === name)
  switch (tool?.kind) {
    // A name that nobody declared is the client's mistake, which the upstream explains best.
    case undefined:
      return { type: 'function', name, ...compact({ namespace }) }
    case 'function':
      if (tool.search) return { type: TOOL_SEARCH }
      return { type: 'function', name, ...compact({ namespace }) }
    case 'custom':
      return { type: 'custom', name, ...compact({ namespace }) }
    case 'web-search':
      return { type: tool.origin === 'responses' ? (tool.value['type'] ?? 'web_search') : 'web_search' }
    case 'server':
      return tool.origin === 'responses' ? nameServerTool(tool) : undefined
    default:
      return tool satisfies never
  }
}

function nameServerTool({ type, value }: ServerTool): JsonObject {
  return type === 'mcp' ? { type, server_label: value['server_label'] } : { type }
}
