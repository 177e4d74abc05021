import { asArray, asNumber, asObject, asString, compact, isObject } from '../../ir/json.ts'
import type { JsonObject } from '../../ir/json.ts'
import type { Citation, ServerToolPart } from '../../ir/part.ts'

/** A text part of the answer, by its number. */
export type Span = { readonly at: number; readonly text: string }

/**
 * What the answer rests on, as citations of its text parts. Offsets on the wire count bytes of UTF-8 in all of the text;
 * where they do not fit the words they quote, the words are looked for.
 */
export function citationsOf(
  metadata: JsonObject,
  spans: readonly Span[],
): readonly { readonly at: number; readonly citation: Citation }[] {
  const chunks = asArray(metadata['groundingChunks']).map(asObject)
  const place = placer(spans)
  return asArray(metadata['groundingSupports']).flatMap((support) => {
    const { segment, groundingChunkIndices } = asObject(support)
    const found = place(asObject(segment))
    if (found === undefined) return []
    const { at, ...range } = found
    return asArray(groundingChunkIndices).flatMap((index) => {
      const source = sourceOf(chunks[asNumber(index) ?? -1] ?? {})
      return source === undefined ? [] : [{ at, citation: { ...source, ...range } }]
    })
  })
}

/** A page, a place, or a passage of the client's own documents. */
function sourceOf(chunk: JsonObject): Citation | undefined {
  const { web, maps, retrievedContext } = chunk
  if (isObject(retrievedContext)) {
    const { uri, title, text } = retrievedContext
    return {
      kind: 'document',
      ...compact({ url: asString(uri), title: asString(title), citedText: asString(text) }),
    }
  }
  const page = web ?? maps
  if (!isObject(page)) return undefined
  return { kind: 'web', ...compact({ url: asString(page['uri']), title: asString(page['title']) }) }
}

type Place = { readonly at: number; readonly start?: number; readonly end?: number }

function placer(spans: readonly Span[]): (segment: JsonObject) => Place | undefined {
  const whole = spans.map(({ text }) => text).join('')
  const bytes = Buffer.from(whole, 'utf8')
  const unit = (byte: number): number => bytes.subarray(0, byte).toString('utf8').length
  return (segment) => {
    const last = spans.at(-1)
    if (last === undefined) return undefined
    const quoted = asString(segment['text']) ?? ''
    let start = unit(asNumber(segment['startIndex']) ?? 0)
    let end = unit(asNumber(segment['endIndex']) ?? bytes.length)
    if (quoted !== '' && whole.slice(start, end) !== quoted) {
      start = whole.indexOf(quoted)
      if (start < 0) return { at: last.at }
      end = start + quoted.length
    }
    return within(spans, start, end)
  }
}

/** A range of all the text as one of the part that it begins in. */
function within(spans: readonly Span[], start: number, end: number): Place | undefined {
  let offset = 0
  for (const { at, text } of spans) {
    if (start < offset + text.length)
      return { at, start: start - offset, end: Math.min(end - offset, text.length) }
    offset += text.length
  }
  return undefined
}

/** The queries that were put to Google Search. */
export function queriesIn(metadata: JsonObject): readonly string[] {
  return asArray(metadata['webSearchQueries']).filter((query) => typeof query === 'string')
}

/**
 * The search as a tool run. The metadata itself goes with the result: Google wants its `searchEntryPoint` shown. `told` is
 * the id of a call that stands among the answer's parts already; what was found belongs to it.
 */
export function searchParts(metadata: JsonObject, id: string, told?: string): readonly ServerToolPart[] {
  const queries = queriesIn(metadata)
  const found = asArray(metadata['groundingChunks']).flatMap((chunk) => {
    const { uri, title } = asObject(asObject(chunk)['web'])
    return typeof uri === 'string' ? [{ url: uri, title: asString(title) ?? '' }] : []
  })
  if (queries.length === 0 && found.length === 0) return []
  const base = {
    kind: 'server-tool',
    tool: 'web-search',
    id: told ?? id,
    name: 'google_search',
    origin: 'gemini',
  } as const
  const input = JSON.stringify({ query: queries.join('; ') })
  const result = { ...base, phase: 'result', found, value: { groundingMetadata: metadata } } as const
  if (told !== undefined) return [result]
  return [{ ...base, phase: 'call', input, value: { groundingMetadata: {} } }, result]
}
