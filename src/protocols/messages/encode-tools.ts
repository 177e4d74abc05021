import type { Losses } from '../../ir/dropped.ts'
import { asObject, compact, isObject } from '../../ir/json.ts'
import type { JsonObject } from '../../ir/json.ts'
import type { FunctionTool, ModelRequest, Tool, WebSearchTool } from '../../ir/request.ts'
import { encodeCache } from './cache.ts'
import type { MessagesDialect } from './dialect.ts'
import { ownFields, reportForeign } from './extensions.ts'
import { inputSchema, NO_ARGUMENTS } from './input-schema.ts'
import { conformsToStrict } from './strict-output.ts'

export type EncodedTools = {
  readonly tools: readonly JsonObject[]
  /** Undefined: say nothing. */
  readonly choice?: JsonObject
  /** A call is forced, which excludes thinking by budget. */
  readonly forced: boolean
}

/** The tools and the choice among them. Tools that the history used are declared even when the client stopped doing so. */
export function encodeTools(request: ModelRequest, dialect: MessagesDialect, losses: Losses): EncodedTools {
  const declared = request.tools.flatMap((tool, index) =>
    encodeTool(tool, `tools[${index}]`, dialect, losses),
  )
  if (declared.length === 0) {
    const tools = fromHistory(request, losses)
    return { tools, forced: false, ...(tools.length > 0 && { choice: { type: 'none' } }) }
  }
  const tools = filterAllowed(declared, request, losses)
  const choice = encodeChoice(request, tools, dialect, losses)
  const forced = choice?.['type'] === 'any' || choice?.['type'] === 'tool'
  return { tools, forced, ...(choice !== undefined && { choice }) }
}

function encodeTool(
  tool: Tool,
  path: string,
  dialect: MessagesDialect,
  losses: Losses,
): readonly JsonObject[] {
  switch (tool.kind) {
    case 'function':
      return [encodeFunction(tool, path, dialect, losses)]
    case 'custom':
      losses.approximated(path, 'a free-form tool as a function with one string')
      return [
        {
          name: tool.name,
          ...compact({ description: tool.description }),
          input_schema: { type: 'object', properties: { input: { type: 'string' } }, required: ['input'] },
        },
      ]
    case 'web-search':
      return [tool.origin === 'messages' ? tool.value : encodeWebSearch(tool, path, losses)]
    case 'server':
      if (tool.origin === 'messages') return [tool.value]
      losses.content(path, `${tool.type}: a tool that only ${tool.origin} runs`)
      return []
    default:
      return tool satisfies never
  }
}

function encodeFunction(
  tool: FunctionTool,
  path: string,
  dialect: MessagesDialect,
  losses: Losses,
): JsonObject {
  reportForeign(path, tool.ext, losses)
  const { schema, loosened } = inputSchema(tool.schema)
  if (loosened)
    losses.approximated(`${path}.input_schema`, 'a choice between schemas at its top was left out')
  const strict = tool.strict === true && conformsToStrict(schema)
  if (tool.strict === true && !strict)
    losses.approximated(`${path}.strict`, 'not strict: the schema is outside the strict subset')
  if (tool.deferred && !dialect.deferredTools)
    losses.approximated(`${path}.defer_loading`, 'declared plainly')
  return {
    name: tool.name,
    ...compact({ description: tool.description }),
    input_schema: schema,
    ...(strict && { strict }),
    ...(tool.deferred && dialect.deferredTools && { defer_loading: true }),
    ...ownFields(tool.ext),
    ...encodeCache(tool.cache),
  }
}

/** Another vendor's web search. The API takes allowed or blocked domains, not both. */
function encodeWebSearch(tool: WebSearchTool, path: string, losses: Losses): JsonObject {
  const allowed = tool.allowedDomains ?? []
  const blocked = tool.blockedDomains ?? []
  if (allowed.length > 0 && blocked.length > 0) losses.unsupported(`${path}.blocked_domains`)
  if (tool.contextSize !== undefined) losses.unsupported(`${path}.search_context_size`)
  const { approximate, ...place } = asObject(tool.userLocation)
  const location = isObject(approximate) ? approximate : place
  return {
    type: 'web_search_20250305',
    name: 'web_search',
    ...(allowed.length > 0 && { allowed_domains: allowed }),
    ...(allowed.length === 0 && blocked.length > 0 && { blocked_domains: blocked }),
    ...compact({ max_uses: tool.maxUses }),
    ...(tool.userLocation !== undefined && { user_location: { ...location, type: 'approximate' } }),
  }
}

function fromHistory({ turns, ext }: ModelRequest, losses: Losses): readonly JsonObject[] {
  // A client of this protocol knows what it leaves out.
  if (ext?.messages !== undefined) return []
  const calls = turns.flatMap((turn) => turn.parts.filter((part) => part.kind === 'tool-call'))
  const names = [...new Set(calls.map((call) => call.name))]
  if (names.length > 0)
    losses.approximated('tools', 'tools of the history were declared, because the API wants that')
  return names.map((name) => ({ name, input_schema: NO_ARGUMENTS }))
}

function filterAllowed(
  tools: readonly JsonObject[],
  { toolChoice }: ModelRequest,
  losses: Losses,
): readonly JsonObject[] {
  if (toolChoice?.mode !== 'allowed') return tools
  const allowed = tools.filter((tool) => toolChoice.tools.includes(String(tool['name'])))
  losses.approximated('tool_choice', 'only the allowed tools were declared')
  return allowed.length > 0 ? allowed : tools
}

function encodeChoice(
  { toolChoice, parallelToolCalls, tools: given }: ModelRequest,
  tools: readonly JsonObject[],
  dialect: MessagesDialect,
  losses: Losses,
): JsonObject | undefined {
  const parallel = parallelToolCalls === false ? { disable_parallel_tool_use: true } : {}
  const auto = { type: 'auto', ...parallel }
  if (toolChoice === undefined) return parallelToolCalls === false ? auto : undefined
  if (toolChoice.mode === 'none') {
    if (parallelToolCalls === false) losses.unsupported('parallel_tool_calls', 'no tool may be called at all')
    return { type: 'none' }
  }
  if (toolChoice.mode === 'auto' || (toolChoice.mode === 'allowed' && !toolChoice.required)) return auto
  if (!dialect.forcedToolChoice) {
    losses.approximated('tool_choice', 'auto: this model takes no forced choice')
    return auto
  }
  if (toolChoice.mode !== 'tool') return { type: 'any', ...parallel }
  const isSearch = given.some((tool) => tool.kind === 'web-search' && tool.name === toolChoice.name)
  const name = isSearch ? 'web_search' : toolChoice.name
  if (tools.some((tool) => tool['name'] === name)) return { type: 'tool', name, ...parallel }
  losses.approximated('tool_choice', `auto: there is no tool ${toolChoice.name}`)
  return auto
}
