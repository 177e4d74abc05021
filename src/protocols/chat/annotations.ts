import { asNumber, asObject, asString, compact } from '../../ir/json.ts'
import type { JsonObject } from '../../ir/json.ts'
import type { Citation } from '../../ir/part.ts'

/** A `url_citation` as a citation; undefined for annotations of other kinds. */
export function decodeAnnotation(annotation: JsonObject): Citation | undefined {
  if (annotation['type'] !== 'url_citation') return undefined
  const { url, title, start_index, end_index, content } = asObject(annotation['url_citation'])
  return {
    kind: 'web',
    ...compact({
      url: asString(url),
      title: asString(title),
      // OpenRouter quotes the page here.
      citedText: asString(content),
      start: asNumber(start_index),
      end: asNumber(end_index),
    }),
  }
}

/**
 * A citation as an annotation; undefined for places in the client's own documents, which Chat cannot name. `offset`
 * is where the cited text part begins in the message's content, `length` how long it is.
 */
export function encodeAnnotation(citation: Citation, offset: number, length: number): JsonObject | undefined {
  if (citation.url === undefined) return undefined
  const { start = 0, end = length } = citation
  return {
    type: 'url_citation',
    url_citation: {
      start_index: offset + start,
      end_index: offset + end,
      url: citation.url,
      title: citation.title ?? '',
      ...compact({ content: citation.citedText }),
    },
  }
}
