import type { Losses } from '../../ir/dropped.ts'
import { asObject, compact } from '../../ir/json.ts'
import type { JsonObject } from '../../ir/json.ts'
import type { CustomTool, FunctionTool, ModelRequest, Tool, WebSearchTool } from '../../ir/request.ts'
import { described, encodeParallel, encodeParametersOf, isForced } from '../openai/encode-tools.ts'
import type { ChatDialect } from './dialect.ts'
import { reportForeign } from './extensions.ts'

/** `tools`, `tool_choice`, `parallel_tool_calls` and `web_search_options`, as far as the upstream has them. */
export function encodeTools(request: ModelRequest, dialect: ChatDialect, losses: Losses): JsonObject {
  const tools: JsonObject[] = []
  const fields: Record<string, unknown> = {}
  for (const [index, tool] of request.tools.entries()) {
    const path = `tools[${index}]`
    switch (tool.kind) {
      case 'function':
        tools.push(encodeFunction(tool, path, dialect, losses))
        break
      case 'custom':
        tools.push(encodeCustom(tool, path, losses))
        break
      case 'web-search':
        Object.assign(fields, encodeWebSearch(tool, path, dialect, losses))
        break
      case 'server':
        if (tool.origin === 'chat') tools.push(tool.value)
        else losses.content(path, `${tool.type} runs at its own provider only`)
        break
      default:
        tool satisfies never
    }
  }
  if (tools.length === 0) {
    // OpenAI refuses a choice where there is nothing to choose from.
    if (
      request.toolChoice !== undefined &&
      request.toolChoice.mode !== 'none' &&
      request.toolChoice.mode !== 'auto'
    )
      losses.unsupported('tool_choice', 'there are no tools to choose from')
    return fields
  }
  return {
    tools,
    ...compact({
      tool_choice: encodeChoice(request, dialect, losses),
      parallel_tool_calls: encodeParallel(request, dialect, losses),
    }),
    ...fields,
  }
}

function encodeFunction(tool: FunctionTool, path: string, dialect: ChatDialect, losses: Losses): JsonObject {
  const { function: inner, ...outer } = tool.ext?.chat ?? {}
  reportForeign(path, tool.ext, losses)
  if (tool.namespace !== undefined) losses.approximated(path, `the namespace ${tool.namespace} is lost`)
  const { parameters, strict } = encodeParametersOf(tool, path, dialect, losses)
  return {
    ...outer,
    type: 'function',
    function: {
      ...asObject(inner),
      name: tool.name,
      ...described(tool),
      parameters,
      ...(strict && { strict: true }),
      ...(tool.strict === false && dialect.strictTools && { strict: false }),
    },
  }
}

function encodeCustom(tool: CustomTool, path: string, losses: Losses): JsonObject {
  const { custom: inner, ...outer } = tool.ext?.chat ?? {}
  reportForeign(path, tool.ext, losses)
  return {
    ...outer,
    type: 'custom',
    custom: {
      ...asObject(inner),
      name: tool.name,
      ...described(tool),
      ...compact({ format: nestedFormat(tool.format) }),
    },
  }
}

/** The IR keeps a grammar flat, as Responses does; Chat nests it. */
function nestedFormat(format: JsonObject | undefined): JsonObject | undefined {
  if (format === undefined || format['type'] !== 'grammar' || 'grammar' in format) return format
  const { type, ...grammar } = format
  return { type, grammar }
}

function encodeWebSearch(
  tool: WebSearchTool,
  path: string,
  dialect: ChatDialect,
  losses: Losses,
): JsonObject {
  // A client that asks in this protocol's own words knows its model.
  if (tool.origin === 'chat') return { web_search_options: tool.value }
  if (!dialect.webSearch) {
    losses.content(path, 'this model cannot search the web over Chat Completions')
    return {}
  }
  for (const [name, value] of [
    ['allowed_domains', tool.allowedDomains],
    ['blocked_domains', tool.blockedDomains],
    ['max_uses', tool.maxUses],
  ] as const)
    if (value !== undefined) losses.unsupported(`${path}.${name}`)
  const { type: _, ...approximate } = tool.userLocation ?? {}
  return {
    web_search_options: {
      ...compact({ search_context_size: tool.contextSize }),
      ...(tool.userLocation !== undefined && { user_location: { type: 'approximate', approximate } }),
    },
  }
}

function encodeChoice(request: ModelRequest, dialect: ChatDialect, losses: Losses): unknown {
  const choice = request.toolChoice
  if (choice === undefined) return undefined
  if (!dialect.forcedToolChoice && isForced(choice)) {
    losses.approximated('tool_choice', 'this model cannot be forced to call a tool: auto')
    return 'auto'
  }
  switch (choice.mode) {
    case 'auto':
    case 'required':
    case 'none':
      return choice.mode
    case 'tool': {
      const named = nameTool(choice.name, request.tools)
      if (named === undefined) losses.unsupported('tool_choice', `the tool ${choice.name} is not sent`)
      return named
    }
    case 'allowed': {
      const tools = choice.tools.flatMap((name) => nameTool(name, request.tools) ?? [])
      return { type: 'allowed_tools', allowed_tools: { mode: choice.required ? 'required' : 'auto', tools } }
    }
    default:
      return choice satisfies never
  }
}

function nameTool(name: string, tools: readonly Tool[]): JsonObject | undefined {
  const tool = tools.find((candidate) => candidate.name === name)
  // A name that nobody declared is the client's mistake, which the upstream explains best.
  if (tool === undefined || tool.kind === 'function') return { type: 'function', function: { name } }
  if (tool.kind === 'custom') return { type: 'custom', custom: { name } }
  return tool.kind === 'server' && tool.origin === 'chat' ? { type: tool.type } : undefined
}
