import { asArray, asObject, asString } from '../../ir/json.ts'
import type { JsonObject } from '../../ir/json.ts'
import type { ComposedPart } from '../compose.ts'
import type { FoundPage } from '../script.ts'
import { sign, verifies } from '../signature.ts'
import type { Call } from '../surface.ts'
import { issuerOf } from './models.ts'
import { refuse } from './refuse.ts'

/** A search as its two blocks: what was asked, and what was found, sealed. */
export function searchBlocks(
  call: Call,
  { query, results }: ComposedPart & { kind: 'web-search' },
  index: number,
): JsonObject[] {
  const id = `srvtoolu_${call.serial}n${index}`
  const content = results.map(({ url, title }) => ({
    type: 'web_search_result',
    url,
    title,
    encrypted_content: sign(url, issuerOf(call)),
    page_age: null,
  }))
  return [
    { type: 'server_tool_use', id, name: 'web_search', input: { query } },
    { type: 'web_search_tool_result', tool_use_id: id, content },
  ]
}

/** A page as the source of a text. */
export function citation(call: Call, text: string, { url, title }: FoundPage): JsonObject {
  const encrypted_index = sign(`${url} cited`, issuerOf(call))
  return { type: 'web_search_result_location', cited_text: text.slice(0, 150), url, title, encrypted_index }
}

/** Refuses a search of the history that this account did not run. */
export function checkSearch(block: JsonObject, path: string, call: Call): void {
  const own = (sealed: unknown) => verifies(asString(sealed) ?? '', '', issuerOf(call))
  switch (block.type) {
    case 'server_tool_use':
      if (!/^srvtoolu_[a-zA-Z0-9_]+$/.test(asString(block.id) ?? ''))
        refuse(`${path}.id: String should match pattern '^srvtoolu_[a-zA-Z0-9_]+$'`)
      return
    case 'web_search_tool_result':
      for (const [index, found] of asArray(block.content).entries()) {
        if (!own(asObject(found).encrypted_content))
          refuse(`${path}.content.${index}: Invalid \`encrypted_content\` in \`search_result\` block`)
      }
      return
    case 'text':
      for (const [index, cited] of asArray(block.citations).entries()) {
        const { type, encrypted_index } = asObject(cited)
        if (type === 'web_search_result_location' && !own(encrypted_index))
          refuse(`${path}.citations.${index}: Invalid \`encrypted_index\` in citation`)
      }
  }
}
