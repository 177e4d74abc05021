import { asArray, asObject, asString, compact, isObject } from '../../ir/json.ts'
import type { JsonObject } from '../../ir/json.ts'
import type { Part, ServerToolPart } from '../../ir/part.ts'

/** Items of tools that ran at the provider, by the neutral name of their tool. */
const TOOLS: Readonly<Record<string, string>> = {
  file_search_call: 'file-search',
  code_interpreter_call: 'code-execution',
  image_generation_call: 'image-generation',
  mcp_call: 'mcp',
  mcp_list_tools: 'mcp',
  tool_search_call: 'tool-search',
  tool_search_output: 'tool-search',
}

/** Items that the client adds; all others are the model's. */
const OF_CLIENT: ReadonlySet<string> = new Set([
  'local_shell_call_output',
  'shell_call_output',
  'apply_patch_call_output',
  'computer_call_output',
  'mcp_approval_response',
  'configuration_update',
  'compaction_trigger',
  'compaction',
  'item_reference',
])

/** Whose turn an item that has no role stands in. */
export function roleOfItem(item: JsonObject): 'user' | 'assistant' {
  return OF_CLIENT.has(asString(item['type']) ?? '') || isFoundByClient(item) ? 'user' : 'assistant'
}

/** True for what a client found that looks tools up by itself. */
export function isFoundByClient({ type, execution }: JsonObject): boolean {
  return type === 'tool_search_output' && execution === 'client'
}

/**
 * Parts of an item that is neither a message nor reasoning nor a call of the client's own tools: a tool that ran at the
 * provider, a picture, or something that only this protocol knows. Never none.
 */
export function decodeHostedItem(item: JsonObject): readonly Part[] {
  const type = asString(item['type']) ?? ''
  if (type === 'web_search_call') return decodeSearch(item)
  if (type === 'image_generation_call' && typeof item['result'] === 'string' && item['result'] !== '')
    return [decodePicture(item, item['result'])]
  const tool = isFoundByClient(item) ? undefined : TOOLS[type]
  if (tool === undefined) return [opaqueItem(item, describe(type, item))]
  const input = item['arguments'] ?? item['code'] ?? item['queries']
  const error = errorOf(item)
  return [
    {
      kind: 'server-tool',
      phase: type === 'tool_search_output' ? 'result' : 'call',
      tool,
      id: asString(item['call_id']) || asString(item['id']) || '',
      name: asString(item['name']) ?? type.replace(/_(?:call|output)$/, ''),
      ...(input !== undefined &&
        input !== null && { input: typeof input === 'string' ? input : JSON.stringify(input) }),
      ...compact({ error }),
      origin: 'responses',
      value: item,
    },
  ]
}

/** An item that goes back as it came. The mark tells it from a part of a message that is as unknown. */
function opaqueItem(item: JsonObject, text: string | undefined): Part {
  return {
    kind: 'opaque',
    origin: 'responses',
    value: item,
    ...compact({ text }),
    ext: { responses: { item: true } },
  }
}

/** True for an opaque part that is an item of its own. */
export function isItem(part: Part): boolean {
  return part.ext?.responses?.['item'] === true
}

/** A search says in one item what was asked and what was found; opening and scanning a page are other tools. */
function decodeSearch(item: JsonObject): ServerToolPart[] {
  const { type, query, queries, sources, url, pattern } = asObject(item['action'])
  const common = {
    kind: 'server-tool',
    id: asString(item['id']) ?? '',
    origin: 'responses',
  } as const
  if (type === 'open_page' || type === 'find_in_page') {
    const input = JSON.stringify(compact({ url: asString(url), pattern: asString(pattern) }))
    return [{ ...common, phase: 'call', tool: 'web-fetch', name: 'web_fetch', input, value: item }]
  }
  const asked =
    asString(query) ||
    asArray(queries)
      .filter((each) => typeof each === 'string')
      .join('; ')
  const search = { ...common, tool: 'web-search', name: 'web_search' } as const
  const call = { ...search, phase: 'call', input: JSON.stringify({ query: asked }), value: item } as const
  const error = item['status'] === 'failed' ? 'failed' : undefined
  if (error === undefined && !Array.isArray(sources)) return [call]
  return [
    call,
    {
      ...search,
      phase: 'result',
      found: asArray(sources)
        .filter(isObject)
        .map((source) => ({
          url: asString(source['url']) ?? asString(source['name']) ?? '',
          title: asString(source['title']) ?? '',
        })),
      ...compact({ error }),
      value: { type: 'web_search_call', id: common.id },
    },
  ]
}

/** True for what a search found: its call's item tells it already. */
export function isToldByItsCall(part: ServerToolPart): boolean {
  return part.origin === 'responses' && part.tool === 'web-search' && part.phase === 'result'
}

function decodePicture(item: JsonObject, data: string): Part {
  const { result: _, ...rest } = item
  const format = asString(item['output_format']) ?? 'png'
  const mimeType = format === 'svg' ? 'image/svg+xml' : `image/${format}`
  return {
    kind: 'media',
    media: 'image',
    source: { type: 'base64', mimeType, data },
    ext: { responses: { image_generation_call: rest } },
  }
}

function errorOf(item: JsonObject): string | undefined {
  const { error, status } = item
  if (isObject(error)) return asString(error['message']) ?? JSON.stringify(error)
  return asString(error) ?? (status === 'failed' ? 'failed' : undefined)
}

/** What a reader of another protocol should know of an item; undefined for what cannot be told. */
function describe(type: string, item: JsonObject): string | undefined {
  const { action, operation, output } = item
  switch (type) {
    case 'local_shell_call':
      return `[shell command] ${strings(asObject(action)['command'], ' ')}`
    case 'shell_call':
      return `[shell commands]\n${strings(asObject(action)['commands'], '\n')}`
    case 'local_shell_call_output':
      return `[shell output]\n${asString(output) ?? ''}`
    case 'shell_call_output': {
      const said = asArray(output)
        .map(asObject)
        .map(({ stdout, stderr }) => `${asString(stdout) ?? ''}${asString(stderr) ?? ''}`)
      return `[shell output]\n${said.join('\n')}`
    }
    case 'apply_patch_call': {
      const { type: kind, path, diff } = asObject(operation)
      return `[apply_patch ${asString(kind) ?? ''} ${asString(path) ?? ''}]\n${asString(diff) ?? ''}`
    }
    case 'apply_patch_call_output':
      return `[apply_patch ${asString(item['status']) ?? ''}]\n${asString(output) ?? ''}`
    case 'computer_call':
      return `[computer action] ${JSON.stringify(action ?? item['actions'] ?? {})}`
    case 'program':
      return `[program]\n${asString(item['code']) ?? ''}`
    case 'program_output':
      return `[program result]\n${asString(item['result']) ?? ''}`
    case 'tool_search_output':
      return `[tools found: ${namesOf(item['tools']).join(', ') || 'none'}]`
    case 'mcp_approval_request':
      return `[approval asked for ${asString(item['name']) ?? ''} ${asString(item['arguments']) ?? ''}]`
    case 'mcp_approval_response':
      return item['approve'] === true ? '[approved]' : '[not approved]'
    default:
      return undefined
  }
}

/** Of a namespace, the names of its tools. */
function namesOf(tools: unknown): readonly string[] {
  return asArray(tools)
    .map(asObject)
    .flatMap((tool) =>
      tool['type'] === 'namespace' ? namesOf(tool['tools']) : (asString(tool['name']) ?? []),
    )
}

function strings(list: unknown, between: string): string {
  return asArray(list)
    .filter((each) => typeof each === 'string')
    .join(between)
}
