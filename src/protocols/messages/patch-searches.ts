import type { Losses } from '../../ir/dropped.ts'
import { asString, isObject } from '../../ir/json.ts'
import type { JsonObject } from '../../ir/json.ts'
import { describeServerTool } from '../describe-server-tool.ts'
import { decodeServerTool, isForgedId } from './server-tools.ts'

type Turns = readonly JsonObject[]

/**
 * Searches that another vendor ran earlier in the conversation, as text: Claude refuses blocks and citations that it did not
 * seal itself. The same array when there are none.
 */
export function withoutForeignSearches(turns: Turns, losses: Losses): Turns {
  let changed = false
  const mended = turns.map((turn, index) => {
    const { content } = turn
    if (turn['role'] !== 'assistant' || !Array.isArray(content)) return turn
    const blocks = content.map((block: unknown, at) =>
      mendBlock(block, `messages[${index}].content[${at}]`, losses),
    )
    if (blocks.every((block, at) => block === content[at])) return turn
    changed = true
    return { ...turn, content: blocks }
  })
  return changed ? mended : turns
}

function mendBlock(block: unknown, path: string, losses: Losses): unknown {
  if (!isObject(block)) return block
  if (isForgedId(block['id']) || isForgedId(block['tool_use_id'])) {
    const part = decodeServerTool(block)
    losses.approximated(path, 'a search that another vendor ran, as text')
    return { type: 'text', text: (part && describeServerTool(part)) || '[web-search]' }
  }
  const { citations, ...rest } = block
  if (!Array.isArray(citations)) return block
  const own = citations.filter((cited) => !isObject(cited) || asString(cited['encrypted_index']) !== '')
  if (own.length === citations.length) return block
  losses.unsupported(`${path}.citations`, 'of another vendor')
  return own.length === 0 ? rest : { ...rest, citations: own }
}
