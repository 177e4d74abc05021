import type { Clock } from '../stream/clock.ts'
import type { FetchMedia } from '../upstream/fetch-media.ts'
import type { FetchedMedia } from '../upstream/media-type.ts'
import { RecentMap } from './recent-map.ts'

export type MediaCacheLimits = {
  /** Characters of base64, all entries together. */
  readonly size: number
  /** Milliseconds from fetching on. */
  readonly ttlMs: number
}

const DEFAULT_LIMITS: MediaCacheLimits = { size: 64 * 1024 * 1024, ttlMs: 600_000 }

type Entry = { readonly media: FetchedMedia; readonly until: number }

/**
 * Fetches each URL once in a while. Clients send the whole conversation with every turn, and prompt caches hit only where the
 * same URL becomes the same bytes each time.
 */
export function rememberMedia(
  fetch: FetchMedia,
  clock: Pick<Clock, 'now'>,
  limits: MediaCacheLimits = DEFAULT_LIMITS,
): FetchMedia {
  const entries = new RecentMap<Entry>({ size: limits.size }, ({ media }) => media.data.length)

  const fresh = (url: string): FetchedMedia | undefined => {
    const entry = entries.get(url)
    if (entry !== undefined && entry.until > clock.now()) return entry.media
    entries.delete(url)
    return undefined
  }
  const keep = (url: string, media: FetchedMedia): void => {
    if (media.data.length > limits.size) return
    entries.set(url, { media, until: clock.now() + limits.ttlMs })
  }

  return async (request) => {
    const known = fresh(request.url)
    if (known !== undefined) {
      request.onBytes?.(Buffer.byteLength(known.data, 'base64'))
      return known
    }
    const media = await fetch(request)
    // Another request may have been faster; both must send the same.
    const meanwhile = fresh(request.url)
    if (meanwhile === undefined) keep(request.url, media)
    return meanwhile ?? media
  }
}
