import type { JsonObject } from '../../ir/json.ts'
import { searchesIn } from '../compose.ts'
import type { Composed } from '../compose.ts'

/** What Google Search found, told beside the answer; its places count bytes of UTF-8 in all of the text. */
export function grounding(composed: Composed): JsonObject | undefined {
  const searches = searchesIn(composed)
  if (searches.length === 0) return undefined
  const pages = searches.flatMap(({ results }) => results)
  return {
    searchEntryPoint: { renderedContent: '<div>simulated</div>' },
    groundingChunks: pages.map(({ url, title }) => ({ web: { uri: url, title } })),
    groundingSupports: supports(composed),
    webSearchQueries: searches.map(({ query }) => query),
  }
}

function supports({ parts }: Composed): JsonObject[] {
  const out: JsonObject[] = []
  let startIndex = 0
  for (const part of parts) {
    if (part.kind !== 'text') continue
    const { text, cites } = part
    const endIndex = startIndex + Buffer.byteLength(text)
    const groundingChunkIndices = (cites ?? []).map((_page, index) => index)
    if (groundingChunkIndices.length > 0)
      out.push({ segment: { startIndex, endIndex, text }, groundingChunkIndices })
    startIndex = endIndex
  }
  return out
}
