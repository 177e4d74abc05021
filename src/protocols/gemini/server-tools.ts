import { asArray, asObject, asString, compact, isObject } from '../../ir/json.ts'
import type { JsonObject } from '../../ir/json.ts'
import type { ServerToolPart } from '../../ir/part.ts'
import { camelFields } from './fields.ts'

/** Google's names of tools that run at its side (`toolType`) in neutral words. */
const TOOL_OF: Readonly<Record<string, string>> = {
  GOOGLE_SEARCH_WEB: 'web-search',
  GOOGLE_SEARCH_IMAGE: 'image-search',
  GOOGLE_MAPS: 'maps',
  URL_CONTEXT: 'web-fetch',
  FILE_SEARCH: 'file-search',
}

/** What ran at Google: code, or a tool of `toolType`; undefined for any other part. `id` stands in for one not given. */
export function decodeServerTool(part: JsonObject, id: string): ServerToolPart | undefined {
  const { executableCode, codeExecutionResult, toolCall, toolResponse } = part
  const base = { kind: 'server-tool', origin: 'gemini', value: part } as const
  if (isObject(executableCode)) {
    const { id: own, ...input } = executableCode
    return {
      ...base,
      phase: 'call',
      tool: 'code-execution',
      id: asString(own) ?? id,
      name: 'code_execution',
      input: JSON.stringify(input),
    }
  }
  if (isObject(codeExecutionResult)) {
    const { id: own, outcome, output } = codeExecutionResult
    const failed = outcome !== 'OUTCOME_OK' && outcome !== undefined
    return {
      ...base,
      phase: 'result',
      tool: 'code-execution',
      id: asString(own) ?? id,
      name: 'code_execution',
      ...(failed && { error: asString(output) ?? String(outcome) }),
    }
  }
  const wire = toolCall ?? toolResponse
  if (!isObject(wire)) return undefined
  const { toolType, id: own, args } = camelFields(wire)
  const tool = TOOL_OF[String(toolType)] ?? String(toolType).toLowerCase().replaceAll('_', '-')
  return {
    ...base,
    phase: isObject(toolCall) ? 'call' : 'result',
    tool,
    id: asString(own) ?? id,
    name: tool.replaceAll('-', '_'),
    ...(isObject(toolCall) && { input: inputOf(tool, asObject(args)) }),
  }
}

/** Other protocols' searches have one query each. */
function inputOf(tool: string, args: JsonObject): string {
  const queries = asArray(args['queries']).filter((query) => typeof query === 'string')
  return JSON.stringify(tool === 'web-search' && queries.length > 0 ? { query: queries.join('; ') } : args)
}

/** The metadata of a search that came beside the answer's parts, not among them. */
export function groundingOf(part: ServerToolPart): JsonObject | undefined {
  const { groundingMetadata } = part.value
  return part.origin === 'gemini' && isObject(groundingMetadata) ? groundingMetadata : undefined
}

/** The wire part that a tool run goes back as; undefined for what did not come as one. */
export function ownToolPart(part: ServerToolPart): JsonObject | undefined {
  return part.origin === 'gemini' && groundingOf(part) === undefined ? compact(part.value) : undefined
}
