import { asObject, asString, compact, isObject, parseJson } from '../../ir/json.ts'
import type { JsonObject } from '../../ir/json.ts'
import type { ServerToolPart } from '../../ir/part.ts'
import { decodeCache } from './cache.ts'
import type { Block } from './wire.ts'

/** Begins the ids of search blocks that Dragoman made from another vendor's search: Claude must not see them again. */
const FORGED_ID = 'srvtoolu_dragoman_'

/** A block of a tool that ran at the provider; undefined for any other block. */
export function decodeServerTool(wire: JsonObject): ServerToolPart | undefined {
  const { cache_control, ...value } = wire
  const type = asString(value['type']) ?? ''
  const mcp = type === 'mcp_tool_use' || type === 'mcp_tool_result'
  const base = {
    kind: 'server-tool' as const,
    origin: 'messages' as const,
    value,
    ...decodeCache(cache_control),
  }
  if (type === 'server_tool_use' || type === 'mcp_tool_use') {
    const name = asString(value['name']) ?? ''
    return {
      ...base,
      phase: 'call',
      tool: mcp ? 'mcp' : neutralName(name),
      id: asString(value['id']) ?? '',
      name,
      input: JSON.stringify(asObject(value['input'])),
    }
  }
  if (!type.endsWith('_tool_result')) return undefined
  const name = type.slice(0, -'_tool_result'.length)
  const error = asString(asObject(value['content'])['error_code'])
  return {
    ...base,
    phase: 'result',
    tool: mcp ? 'mcp' : neutralName(name),
    id: asString(value['tool_use_id']) ?? '',
    name,
    ...(name === 'web_search' && Array.isArray(value['content']) && { found: foundIn(value['content']) }),
    ...compact({ error }),
  }
}

function foundIn(content: readonly unknown[]): NonNullable<ServerToolPart['found']> {
  return content.filter(isObject).map((item) => ({
    url: asString(item['url']) ?? '',
    title: asString(item['title']) ?? '',
    ...compact({ age: asString(item['page_age']) }),
  }))
}

function neutralName(name: string): string {
  if (name.endsWith('code_execution')) return 'code-execution'
  if (name.startsWith('tool_search')) return 'tool-search'
  return name.replaceAll('_', '-')
}

/** True for a block that may go back to Claude: its own, and not one that Dragoman made for the client. */
export function isOwnServerTool(part: ServerToolPart): boolean {
  return part.origin === 'messages' && !isForgedId(part.id)
}

/** True for the id of a block that Dragoman made from another vendor's search. */
export function isForgedId(id: unknown): boolean {
  return typeof id === 'string' && id.startsWith(FORGED_ID)
}

/** A tool run as blocks for a client: its own block, or another vendor's search in this protocol's form. */
export function serverToolBlocks(part: ServerToolPart): readonly Block[] {
  if (part.origin === 'messages') return [part.value as Block]
  if (part.tool !== 'web-search') return []
  const id = FORGED_ID + part.id.replaceAll(/[^A-Za-z0-9_-]/g, '_')
  const blocks: Block[] = []
  if (part.phase === 'call') {
    const input = asObject(parseJson(part.input ?? ''))
    blocks.push({ type: 'server_tool_use', id, name: 'web_search', input })
  }
  if (part.phase === 'result' || part.found !== undefined || part.error !== undefined) {
    const content =
      part.error === undefined
        ? (part.found ?? []).map(({ url, title, age }) => ({
            type: 'web_search_result',
            url,
            // OpenAI names what was searched by its address only; clients list titles.
            title: title === '' ? url : title,
            encrypted_content: '',
            page_age: age ?? null,
          }))
        : { type: 'web_search_tool_result_error', error_code: 'unavailable' }
    blocks.push({ type: 'web_search_tool_result', tool_use_id: id, content })
  }
  return blocks
}
