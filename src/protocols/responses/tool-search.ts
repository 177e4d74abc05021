import { asString, compact, isObject, parseJson } from '../../ir/json.ts'
import type { JsonObject } from '../../ir/json.ts'
import type { ToolCallPart, ToolReferencePart, ToolResultPart } from '../../ir/part.ts'
import type { FunctionTool, Tool } from '../../ir/request.ts'
import { keepUnknown, ownFields } from './extensions.ts'
import type { ResponsesItem } from './wire.ts'

/**
 * A search for tools that the client executes by itself (guide "Tool search", `execution: "client"`; Codex finds the tools
 * of MCP servers and its subagents with it). To any model it is a function; only this protocol has a tool and items of
 * its own for it. The declaration has no name: its type is what it is called by.
 */
export const TOOL_SEARCH = 'tool_search'

/** True for a declaration or an item of a search that the client executes. */
export function isOfClient({ execution }: JsonObject): boolean {
  return execution === 'client'
}

/** True for the call of such a search, or its result. Without an id they cannot be matched. */
export function isClientSearch(item: JsonObject): boolean {
  const { type, call_id } = item
  const isSearch = type === 'tool_search_call' || type === 'tool_search_output'
  return isSearch && isOfClient(item) && typeof call_id === 'string' && call_id !== ''
}

export function decodeSearchTool(wire: JsonObject): FunctionTool {
  const { type: _, execution: __, description, parameters, ...rest } = wire
  return {
    kind: 'function',
    search: true,
    name: TOOL_SEARCH,
    ...compact({
      description: asString(description),
      schema: isObject(parameters) ? parameters : undefined,
    }),
    ...keepUnknown(rest),
  }
}

export function encodeSearchTool({ description, schema, ext }: FunctionTool): JsonObject {
  return {
    ...ownFields(ext),
    type: TOOL_SEARCH,
    execution: 'client',
    ...compact({ description, parameters: schema }),
  }
}

/** A call of the history. `identity` are the fields that tell it from others, as far as they are kept. */
export function decodeSearchCall(item: JsonObject, identity: JsonObject): ToolCallPart {
  const { type: _, id: __, status: ___, call_id, execution: ____, arguments: input, ...rest } = item
  return {
    kind: 'tool-call',
    search: true,
    id: String(call_id),
    name: TOOL_SEARCH,
    input: typeof input === 'string' ? input : JSON.stringify(input ?? {}),
    ...keepUnknown({ ...rest, ...identity }),
  }
}

/** What a call's item says, but for its arguments. */
export const SEARCH_CALL = { type: 'tool_search_call', execution: 'client', status: 'completed' } as const

export function encodeSearchCall(part: ToolCallPart, own: JsonObject): ResponsesItem {
  return { ...SEARCH_CALL, ...own, call_id: part.id, arguments: searchArguments(part.input) }
}

/** Arguments as this item has them: no text but the value itself. What cannot be read is for the client to refuse. */
export function searchArguments(input: string): unknown {
  if (input.trim() === '') return {}
  const value = parseJson(input)
  return isObject(value) ? value : input
}

/** A result of the history: references to the tools that it brings, which `found` are. */
export function decodeFound(item: JsonObject, found: readonly Tool[], identity: JsonObject): ToolResultPart {
  const { type: _, id: __, status: ___, call_id, execution: ____, ...rest } = item
  return {
    kind: 'tool-result',
    search: true,
    callId: String(call_id),
    content: found.map(referenceTo),
    ...keepUnknown({ ...rest, ...identity }),
  }
}

function referenceTo(tool: Tool): ToolReferencePart {
  const namespace = 'namespace' in tool ? tool.namespace : undefined
  return { kind: 'tool-reference', name: tool.name, ...compact({ namespace }) }
}

export function encodeFound(part: ToolResultPart, own: JsonObject): ResponsesItem {
  return {
    type: 'tool_search_output',
    execution: 'client',
    status: 'completed',
    // A search whose result the client no longer has found nothing.
    tools: [],
    ...own,
    call_id: part.callId,
  }
}
