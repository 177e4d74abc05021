import { invalidRequest } from '../errors.ts'
import { Losses, type Dropped } from '../ir/dropped.ts'
import type { MediaPart, Part, Source } from '../ir/part.ts'
import type { ModelRequest } from '../ir/request.ts'
import type { CommonDialect } from '../protocols/protocol.ts'
import type { FetchMedia } from '../upstream/fetch-media.ts'
import type { FetchedMedia } from '../upstream/media-type.ts'

/** URLs of one request that are fetched at the same time. */
const AT_ONCE = 4
/** Different URLs in one request: enough for the longest document in pictures, too few to attack anyone with. */
const MOST_URLS = 100
/** Bytes of all that is fetched for one request, as often as it stands there. */
const MOST_BYTES = 50 * 1024 * 1024

export type InlineContext = {
  readonly dialect: CommonDialect
  /** Absent: nothing is fetched, and the encoder refuses what its protocol has no place for. */
  readonly fetch: FetchMedia | undefined
  readonly signal: AbortSignal
}

export type Inlined = { readonly request: ModelRequest; readonly dropped: readonly Dropped[] }

/**
 * Replaces images and documents given by URL, where the target cannot fetch them itself, by their bytes.
 *
 * @throws GatewayError `invalid-request` naming the part whose URL cannot be fetched; `client-closed`
 */
export async function inlineMedia(request: ModelRequest, context: InlineContext): Promise<Inlined> {
  const { dialect, fetch, signal } = context
  const places =
    fetch === undefined
      ? []
      : request.turns.flatMap((turn, index) => [
          ...placesIn(turn.parts, `messages[${index}].content`, dialect),
        ])
  if (fetch === undefined || places.length === 0) return { request, dropped: [] }
  const fetched = await fetchAll(places, fetch, signal)
  const inlined = new Map(places.map((place) => [place.part, inline(place, fetched.get(place.url))]))
  const losses = new Losses()
  for (const { path } of places) losses.approximated(path, 'a URL, fetched and sent as bytes')
  const turns = request.turns.map((turn) => ({ ...turn, parts: replaceIn(turn.parts, inlined) }))
  return { request: { ...request, turns }, dropped: losses.list }
}

/** A media part whose bytes are needed. */
type Place = { readonly part: MediaPart; readonly url: string; readonly path: string }

function* placesIn(parts: readonly Part[], path: string, dialect: CommonDialect): Generator<Place> {
  for (const [index, part] of parts.entries()) {
    if (part.kind === 'tool-result') yield* placesIn(part.content, `${path}[${index}].content`, dialect)
    if (part.kind !== 'media') continue
    const { source } = part
    if (source.type === 'parts') yield* placesIn(source.parts, `${path}[${index}].source.content`, dialect)
    if (source.type === 'url' && needsBytes(part, source.url, dialect))
      yield { part, url: source.url, path: `${path}[${index}]` }
  }
}

/** Other schemes (`data:`, `gs:`) are no affair of the network, or of its own upstream only. */
function needsBytes({ media }: MediaPart, url: string, { urlMedia, ownUrls }: CommonDialect): boolean {
  if (media !== 'image' && media !== 'document') return false
  const taken = urlMedia ?? 'all'
  if (taken === 'all' || (taken === 'images' && media === 'image')) return false
  return /^https?:/i.test(url) && !ownUrls?.some((prefix) => url.startsWith(prefix))
}

async function fetchAll(
  places: readonly Place[],
  fetch: FetchMedia,
  clientSignal: AbortSignal,
): Promise<ReadonlyMap<string, FetchedMedia>> {
  const byUrl = Map.groupBy(places, (place) => place.url)
  const last = places.at(-1)?.path ?? ''
  if (byUrl.size > MOST_URLS)
    throw invalidRequest(`${last}: more than ${MOST_URLS} URLs would have to be fetched`, last)
  const failure = new AbortController()
  const signal = AbortSignal.any([clientSignal, failure.signal])
  const fetched = new Map<string, FetchedMedia>()
  const queue = byUrl.entries()
  let left = MOST_BYTES
  const work = async (): Promise<void> => {
    for (const [url, [first, ...repeated]] of queue) {
      if (signal.aborted) return
      const path = first?.path ?? ''
      const onBytes = (bytes: number): void => {
        left -= bytes * (1 + repeated.length)
        if (left < 0)
          throw invalidRequest(`${path}: the URLs of this request hold more than ${MOST_BYTES} bytes`, path)
      }
      fetched.set(url, await fetch({ url, path, signal, onBytes }))
    }
  }
  try {
    await Promise.all(Array.from({ length: AT_ONCE }, work))
  } catch (error) {
    failure.abort()
    throw error
  }
  return fetched
}

/** The part with bytes, and as what they are: a document may turn out to be a picture. */
function inline({ part, path }: Place, fetched: FetchedMedia | undefined): MediaPart {
  if (fetched === undefined) return part
  const { mimeType, data } = fetched
  const isImage = mimeType.startsWith('image/')
  if (part.media === 'image' && !isImage)
    throw invalidRequest(`${path}: the URL does not lead to an image but to ${mimeType}`, path)
  const isBinary = isImage || mimeType === 'application/pdf'
  const source: Source = isBinary
    ? { type: 'base64', mimeType, data }
    : { type: 'text', mimeType, text: Buffer.from(data, 'base64').toString('utf8') }
  return { ...part, media: isImage ? 'image' : 'document', source }
}

function replaceIn(parts: readonly Part[], inlined: ReadonlyMap<Part, MediaPart>): readonly Part[] {
  return parts.map((part) => {
    if (part.kind === 'tool-result') return { ...part, content: replaceIn(part.content, inlined) }
    if (part.kind !== 'media') return part
    const { source } = part
    if (source.type === 'parts')
      return { ...part, source: { ...source, parts: replaceIn(source.parts, inlined) } }
    return inlined.get(part) ?? part
  })
}
