import type { Losses } from '../../ir/dropped.ts'
import { asNumber, asString, compact } from '../../ir/json.ts'
import type { JsonObject } from '../../ir/json.ts'
import type { Citation } from '../../ir/part.ts'
import type { UrlCitation } from './wire.ts'

/** A `url_citation` as a citation; undefined for annotations of other kinds. xAI leaves the title out. */
export function decodeAnnotation(annotation: JsonObject): Citation | undefined {
  if (annotation['type'] !== 'url_citation') return undefined
  const { url, title, start_index, end_index } = annotation
  return {
    kind: 'web',
    ...compact({
      url: asString(url),
      title: asString(title),
      start: asNumber(start_index),
      end: asNumber(end_index),
    }),
  }
}

/**
 * A citation as an annotation of a text of `length` UTF-16 code units; undefined for places in the client's own documents,
 * which this protocol cannot name.
 */
export function encodeAnnotation(
  citation: Citation,
  length: number,
  path: string,
  losses: Losses,
): UrlCitation | undefined {
  const { url, title = '', start, end, citedText } = citation
  if (url === undefined) {
    losses.unsupported(`${path}.citations`, 'a place in a document')
    return undefined
  }
  if (start === undefined || end === undefined)
    losses.approximated(`${path}.citations`, 'without offsets: the whole text is marked')
  else if (citedText !== undefined && citedText !== '')
    losses.unsupported(`${path}.citations.cited_text`, 'this protocol cites by offsets')
  return { type: 'url_citation', start_index: start ?? 0, end_index: end ?? length, url, title }
}
