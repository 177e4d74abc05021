import type { Losses } from '../../ir/dropped.ts'
import { compact, isObject } from '../../ir/json.ts'
import type { JsonObject } from '../../ir/json.ts'
import { toDataUrl } from '../../ir/media.ts'
import type { Citation, MediaPart } from '../../ir/part.ts'
import type { Seal } from '../../ir/seal.ts'
import { encodeAnnotation } from './annotations.ts'

// Pieces of an answer that look the same whole and streamed.

/** Citations of one text, placed in the message's whole content. */
export function encodeCitations(
  citations: readonly Citation[],
  place: { readonly offset: number; readonly length: number },
  path: string,
  losses: Losses,
): JsonObject[] {
  return citations.flatMap((citation) => {
    const annotation = encodeAnnotation(citation, place.offset, place.length)
    if (annotation === undefined) {
      losses.unsupported(`${path}.citations`, 'a place in a document')
      return []
    }
    if (citation.start === undefined || citation.end === undefined)
      losses.approximated(`${path}.citations`, 'without offsets: the whole text is marked')
    return [annotation]
  })
}

/** Where an answer's image or sound goes: OpenRouter's `images`, OpenAI's `audio`. */
export function encodeReplyMedia(part: MediaPart): { images?: JsonObject[]; audio?: JsonObject } | undefined {
  const { media, source } = part
  if (media === 'image' && (source.type === 'url' || source.type === 'base64')) {
    const url = source.type === 'url' ? source.url : toDataUrl(source)
    return { images: [{ type: 'image_url', image_url: { url } }] }
  }
  if (media === 'audio' && source.type === 'base64') {
    const known = part.ext?.chat?.['audio']
    return {
      audio: { ...(isObject(known) ? known : { id: '', transcript: '', expires_at: 0 }), data: source.data },
    }
  }
  return undefined
}

/** Gemini's signature, where Google's own Chat endpoint puts it. */
export function encodeSignature(seal: Seal | undefined): JsonObject {
  return compact({ extra_content: seal && { google: { thought_signature: seal.value } } })
}

/** Ids of an answer's calls: none empty, none twice, for clients match results by them. */
export class CallIds {
  readonly #used = new Set<string>()

  take(id: string): string {
    const base = id === '' ? `call_${this.#used.size}` : id
    let unique = base
    for (let copy = 2; this.#used.has(unique); copy++) unique = `${base}_${copy}`
    this.#used.add(unique)
    return unique
  }
}
