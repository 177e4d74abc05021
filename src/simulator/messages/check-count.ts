import { asArray, asObject } from '../../ir/json.ts'
import type { JsonObject } from '../../ir/json.ts'
import type { Call } from '../surface.ts'
import { refuse } from './refuse.ts'

/** Refuses what `count_tokens` does not take: tools that run at the vendor, media by reference. */
export function checkCounted({ body, route }: Call): void {
  if (route.operation !== 'count') return
  for (const [index, tool] of asArray(body.tools).entries()) {
    const { type } = asObject(tool)
    if (/^(?:web_|code_execution|mcp_|tool_search|advisor)/.test(String(type ?? ''))) {
      refuse(`tools.${index}: '${String(type)}' is not supported for token counting`)
    }
  }
  for (const [index, message] of asArray(body.messages).entries()) {
    checkBlocks(asObject(message), `messages.${index}.content`)
  }
}

function checkBlocks({ content }: JsonObject, path: string): void {
  for (const [index, block] of asArray(content).entries()) {
    const { type, source } = asObject(block)
    const reference = asObject(source).type
    if (reference === 'url' || reference === 'file') {
      refuse(`${path}.${index}: ${reference} sources are not supported for token counting`)
    }
    if (type === 'tool_result') checkBlocks(asObject(block), `${path}.${index}.content`)
  }
}
