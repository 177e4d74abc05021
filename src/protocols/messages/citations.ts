import { asArray, asString, compact, isObject } from '../../ir/json.ts'
import type { JsonObject } from '../../ir/json.ts'
import type { Citation } from '../../ir/part.ts'
import { keepUnknown, ownFields } from './extensions.ts'

/**
 * A citation of a text block. Offsets of this protocol count in the cited document, not in the text, so they stay
 * in `ext`; the citation is for the whole block.
 */
export function decodeCitation(wire: unknown): Citation | undefined {
  if (!isObject(wire)) return undefined
  const { url, title, document_title, cited_text, ...rest } = wire
  const isWeb = rest['type'] === 'web_search_result_location' || typeof url === 'string'
  const cited = asString(cited_text) ?? ''
  return {
    kind: isWeb ? 'web' : 'document',
    ...compact({ url: asString(url), title: asString(title) ?? asString(document_title) }),
    ...(cited !== '' && { citedText: cited }),
    // One that Dragoman wrote for another vendor's citation says no more than the IR does.
    ...(rest['encrypted_index'] !== '' &&
      keepUnknown({ ...rest, ...(!isWeb && typeof title === 'string' && { title }) })),
  }
}

/** The citations of a text block, to spread. */
export function decodeCitations(wire: unknown): { readonly citations?: readonly Citation[] } {
  const citations = asArray(wire).flatMap((one) => decodeCitation(one) ?? [])
  return citations.length === 0 ? {} : { citations }
}

/**
 * A citation for a client, of a text `said` so far. What another vendor cited has no `encrypted_index`; an empty
 * one marks it as not Claude's own, so that it is never sent back to Claude.
 */
export function encodeCitation(citation: Citation, said: string): JsonObject {
  const own = citation.ext?.messages
  const cited =
    citation.citedText ?? (citation.start === undefined ? '' : said.slice(citation.start, citation.end))
  if (citation.kind === 'web') {
    return {
      type: 'web_search_result_location',
      encrypted_index: '',
      ...own,
      url: citation.url ?? '',
      title: citation.title ?? null,
      cited_text: cited,
    }
  }
  if (own !== undefined && typeof own['type'] === 'string') {
    const titled =
      'title' in own || own['type'] === 'search_result_location'
        ? {}
        : { document_title: citation.title ?? null }
    return { ...own, ...titled, cited_text: cited }
  }
  return {
    type: 'char_location',
    document_index: 0,
    document_title: citation.title ?? null,
    start_char_index: 0,
    end_char_index: 0,
    cited_text: cited,
  }
}

/** True for a citation that Claude made, which it accepts in its own history; forged ones are refused. */
export function isOwnCitation(citation: Citation): boolean {
  const own = ownFields(citation.ext)
  if (own['type'] === undefined) return false
  return own['type'] !== 'web_search_result_location' || (asString(own['encrypted_index']) ?? '') !== ''
}
