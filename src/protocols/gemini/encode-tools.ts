import type { Losses } from '../../ir/dropped.ts'
import { asObject, compact, isObject } from '../../ir/json.ts'
import type { JsonObject } from '../../ir/json.ts'
import type { CustomTool, FunctionTool, ModelRequest, ToolChoice, WebSearchTool } from '../../ir/request.ts'
import type { GeminiDialect } from './dialect.ts'
import { ownFields, reportForeign } from './extensions.ts'
import { toOpenApi } from './schema.ts'

/** `tools` and `toolConfig`: all functions in one declaration list, then a member for each tool of Google's. */
export function encodeTools(request: ModelRequest, dialect: GeminiDialect, losses: Losses): JsonObject {
  const functions: JsonObject[] = []
  const others: JsonObject[] = []
  const callable = request.tools.some(isFunction)
  for (const [index, tool] of request.tools.entries()) {
    const path = `tools[${index}]`
    switch (tool.kind) {
      case 'function':
        functions.push(encodeFunction(tool, path, dialect, losses))
        break
      case 'custom':
        functions.push(encodeCustom(tool, path, dialect, losses))
        break
      case 'web-search':
        others.push(...encodeWebSearch(tool, path, callable, dialect, losses))
        break
      case 'server':
        if (tool.origin === 'gemini') others.push(tool.value)
        else losses.content(path, `${tool.type} runs at its own provider only`)
        break
      default:
        tool satisfies never
    }
  }
  const tools = [...(functions.length > 0 ? [{ functionDeclarations: functions }] : []), ...others]
  const config = {
    ...encodeChoice(request, callable, dialect, losses),
    // Google wants to be told that its tools and the client's may both run in one answer.
    ...(callable && others.length > 0 && { includeServerSideToolInvocations: true }),
    ...asObject(ownFields(request.ext)['toolConfig']),
  }
  return {
    ...(tools.length > 0 && { tools }),
    ...(Object.keys(config).length > 0 && { toolConfig: config }),
  }
}

const isFunction = ({ kind }: { readonly kind: string }): boolean => kind === 'function' || kind === 'custom'

function encodeFunction(
  tool: FunctionTool,
  path: string,
  dialect: GeminiDialect,
  losses: Losses,
): JsonObject {
  reportForeign(path, tool.ext, losses)
  if (tool.cache !== undefined) losses.unsupported(`${path}.cache_control`, 'the prompt cache needs no marks')
  if (tool.namespace !== undefined) losses.approximated(path, `the namespace ${tool.namespace} is lost`)
  return {
    name: tool.name,
    ...(tool.description !== undefined && tool.description !== '' && { description: tool.description }),
    ...encodeSchema(tool.schema, path, dialect, losses),
    ...ownFields(tool.ext),
  }
}

/** JSON Schema goes as it came. A tool without arguments has no schema where that is to be in Google's subset. */
function encodeSchema(
  given: JsonObject | undefined,
  path: string,
  dialect: GeminiDialect,
  losses: Losses,
): JsonObject {
  if (given === undefined || Object.keys(given).length === 0) return {}
  if (dialect.jsonSchema) return { parametersJsonSchema: given }
  const { schema, loosened } = toOpenApi({ type: 'object', ...given })
  if (loosened) losses.approximated(`${path}.schema`, 'constraints that the API does not know were left out')
  return isObject(schema['properties']) || schema['anyOf'] !== undefined ? { parameters: schema } : {}
}

/** For callers other than the gateway, which has wrapped free-form tools before. */
function encodeCustom(tool: CustomTool, path: string, dialect: GeminiDialect, losses: Losses): JsonObject {
  losses.approximated(path, 'a free-form tool as a function with one string')
  const schema = { type: 'object', properties: { input: { type: 'string' } }, required: ['input'] }
  const { name, description, ext } = tool
  return encodeFunction(
    { kind: 'function', name, schema, ...compact({ description, ext }) },
    path,
    dialect,
    losses,
  )
}

function encodeWebSearch(
  tool: WebSearchTool,
  path: string,
  callable: boolean,
  dialect: GeminiDialect,
  losses: Losses,
): JsonObject[] {
  if (!dialect.webSearch || (callable && !dialect.toolCombinations)) {
    losses.content(
      path,
      dialect.webSearch ? 'this model searches or calls functions, not both' : 'no web search',
    )
    return []
  }
  if (tool.origin === 'gemini') return [tool.value]
  for (const [name, value] of [
    ['allowed_domains', tool.allowedDomains],
    ['blocked_domains', tool.blockedDomains],
    ['max_uses', tool.maxUses],
    ['user_location', tool.userLocation],
    ['search_context_size', tool.contextSize],
  ] as const)
    if (value !== undefined) losses.unsupported(`${path}.${name}`)
  return [{ googleSearch: {} }]
}

type Calling = { readonly mode: string; readonly allowedFunctionNames?: readonly string[] }

/** `functionCallingConfig`, and what becomes of the wishes beside it: one call at a time, schemas kept to. */
function encodeChoice(
  request: ModelRequest,
  callable: boolean,
  dialect: GeminiDialect,
  losses: Losses,
): JsonObject {
  const { toolChoice: choice, parallelToolCalls } = request
  if (!callable) {
    if (choice !== undefined && choice.mode !== 'none' && choice.mode !== 'auto')
      losses.unsupported('tool_choice', 'there are no functions to choose from')
    return {}
  }
  if (parallelToolCalls === false && choice?.mode !== 'none')
    losses.unsupported('parallel_tool_calls', 'this API has no switch for it')
  const calling = validated(request, callingOf(choice, dialect, losses), dialect, losses)
  return calling === undefined ? {} : { functionCallingConfig: calling }
}

function callingOf(
  choice: ToolChoice | undefined,
  { forcedToolChoice, validatedTools }: GeminiDialect,
  losses: Losses,
): Calling | undefined {
  if (choice === undefined) return undefined
  const forced = choice.mode === 'required' || choice.mode === 'tool'
  if (!forcedToolChoice && (forced || (choice.mode === 'allowed' && choice.required))) {
    losses.approximated('tool_choice', 'this model cannot be forced to call a tool: auto')
    return { mode: 'AUTO' }
  }
  switch (choice.mode) {
    case 'auto':
      return { mode: 'AUTO' }
    case 'none':
      return { mode: 'NONE' }
    case 'required':
      return { mode: 'ANY' }
    case 'tool':
      return { mode: 'ANY', allowedFunctionNames: [choice.name] }
    case 'allowed':
      if (choice.required) return { mode: 'ANY', allowedFunctionNames: choice.tools }
      if (validatedTools) return { mode: 'VALIDATED', allowedFunctionNames: choice.tools }
      losses.approximated('tool_choice', 'all tools are allowed')
      return { mode: 'AUTO' }
    default:
      return choice satisfies never
  }
}

/** `VALIDATED` keeps every call to its schema, or none: it stands for `strict` on all functions. */
function validated(
  { tools }: ModelRequest,
  calling: Calling | undefined,
  { validatedTools }: GeminiDialect,
  losses: Losses,
): Calling | undefined {
  const functions = tools.filter((tool) => tool.kind === 'function')
  const all = functions.length === tools.filter(isFunction).length && functions.every(({ strict }) => strict)
  const free = calling === undefined || calling.mode === 'AUTO'
  if (all && free && validatedTools) {
    losses.approximated('tools.strict', 'calls are kept to their schemas by the mode VALIDATED')
    return { mode: 'VALIDATED' }
  }
  if (calling?.mode === 'VALIDATED' && !all)
    losses.approximated('tool_choice', 'calls are kept to their schemas as well')
  if (functions.some(({ strict }) => strict) && !(all && calling?.mode === 'VALIDATED'))
    losses.approximated('tools.strict', 'schemas guide the model; it is not held to them')
  return calling
}
