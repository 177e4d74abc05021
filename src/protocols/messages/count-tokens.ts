import { Losses } from '../../ir/dropped.ts'
import { asArray, asNumber, asObject, isObject } from '../../ir/json.ts'
import type { JsonObject } from '../../ir/json.ts'
import type { TokenCounting } from '../protocol.ts'

/** What `count_tokens` takes; `context_management` with its beta. Limits, sampling and the like do not count. */
const COUNTED = [
  'model',
  'messages',
  'system',
  'tools',
  'tool_choice',
  'thinking',
  'output_config',
  'cache_control',
  'context_management',
] as const

/** `POST /v1/messages/count_tokens`: no tools that run at Anthropic, no MCP servers, no media by reference. */
export const counting: TokenCounting = {
  request(body) {
    const losses = new Losses()
    const counted: Record<string, unknown> = {}
    for (const field of COUNTED) if (body[field] !== undefined) counted[field] = body[field]
    if (body['mcp_servers'] !== undefined) losses.content('mcp_servers', 'not counted')
    countTools(counted, losses)
    if (Array.isArray(body['messages'])) {
      counted['messages'] = body['messages'].map((turn, index) =>
        isObject(turn)
          ? { ...turn, content: inline(turn['content'], `messages[${index}].content`, losses) }
          : turn,
      )
    }
    return { body: counted, dropped: losses.list }
  },
  read: (wire) => asNumber(wire['input_tokens']),
  reply: (tokens) => ({ input_tokens: tokens }),
}

/** A choice among tools that are gone would be refused. */
function countTools(counted: Record<string, unknown>, losses: Losses): void {
  const tools = asArray(counted['tools'])
  const kept = tools.filter((tool, index) => {
    if (!runsAtProvider(asObject(tool))) return true
    losses.content(`tools[${index}]`, 'not counted')
    return false
  })
  if (kept.length === tools.length) return
  const { type, name } = asObject(counted['tool_choice'])
  const isGone = type === 'tool' && !kept.some((tool) => asObject(tool)['name'] === name)
  if (kept.length === 0) delete counted['tools']
  else counted['tools'] = kept
  if (kept.length === 0 || isGone) delete counted['tool_choice']
}

/** Client tools have no type, `custom`, or a schema that the vendor defines: bash, text editor, computer, memory. */
function runsAtProvider({ type }: JsonObject): boolean {
  return typeof type === 'string' && !/^(?:custom$|bash_|text_editor_|computer|browser|memory_)/.test(type)
}

/** Media by URL or file id as a word: an empty turn would be refused. */
function inline(content: unknown, path: string, losses: Losses): unknown {
  if (!Array.isArray(content)) return content
  return content.map((block: unknown, index) => {
    if (!isObject(block)) return block
    const at = `${path}[${index}]`
    const { type, source } = block
    const reference = asObject(source)['type']
    if (reference === 'url' || reference === 'file') {
      losses.content(at, 'not counted')
      return { type: 'text', text: `[${String(type)}]` }
    }
    return type === 'tool_result' && Array.isArray(block['content'])
      ? { ...block, content: inline(block['content'], `${at}.content`, losses) }
      : block
  })
}
