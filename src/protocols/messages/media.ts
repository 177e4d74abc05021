import { invalidRequest } from '../../errors.ts'
import type { Losses } from '../../ir/dropped.ts'
import { asString, compact, isObject } from '../../ir/json.ts'
import type { JsonObject } from '../../ir/json.ts'
import { parseDataUrl, sniffMimeType } from '../../ir/media.ts'
import type { MediaPart, Part, Source } from '../../ir/part.ts'
import { ownFields } from './extensions.ts'
import type { Block } from './wire.ts'
import { IMAGE_TYPES } from './wire.ts'

/** The `source` of an image or document; undefined for one that the IR has no word for. */
export function decodeSource(
  wire: unknown,
  decodeParts: (content: unknown) => readonly Part[],
): Source | undefined {
  if (!isObject(wire)) return undefined
  const mimeType = asString(wire['media_type'])
  const [data, url, id] = [asString(wire['data']), asString(wire['url']), asString(wire['file_id'])]
  switch (wire['type']) {
    case 'base64':
      return data === undefined ? undefined : { type: 'base64', mimeType: mimeType ?? '', data }
    case 'url':
      return url === undefined ? undefined : { type: 'url', url }
    case 'file':
      return id === undefined ? undefined : { type: 'file', id }
    case 'text':
      return data === undefined ? undefined : { type: 'text', text: data, mimeType: mimeType ?? 'text/plain' }
    case 'content':
      return { type: 'parts', parts: decodeParts(wire['content']) }
    default:
      return undefined
  }
}

/** What the encoding of media depends on. */
export type MediaContext = {
  readonly losses: Losses
  /** Sources of type `url` are accepted. */
  readonly urlSources: boolean
  /** The request came from this protocol: file ids may be the upstream's own. */
  readonly ownRequest: boolean
  readonly encodeParts: (parts: readonly Part[], path: string) => readonly Block[]
}

/**
 * An image or document block. Throws `invalid-request` naming the part for what this protocol cannot carry: audio,
 * video, other image formats, other files than PDF and text, another vendor's file ids.
 */
export function encodeMedia(part: MediaPart, path: string, context: MediaContext): Block {
  if (part.media === 'audio' || part.media === 'video')
    throw invalidRequest(`${path}: this model's API takes no ${part.media} input`, path)
  if (part.detail !== undefined && part.detail !== 'auto') context.losses.unsupported(`${path}.detail`)
  const source = resolve(part.source, part.media)
  const isImage = source.type === 'base64' ? source.mimeType.startsWith('image/') : part.media === 'image'
  if (isImage) return { type: 'image', source: imageSource(source, path, context), ...ownFields(part.ext) }
  return {
    type: 'document',
    source: documentSource(source, path, context),
    ...compact({ title: part.name, context: part.context }),
    ...ownFields(part.ext),
  }
}

/** The source with `data:` URLs opened and its type read from its bytes: vendors refuse a wrong declaration. */
function resolve(source: Source, media: MediaPart['media']): Source {
  const opened = source.type === 'url' ? parseDataUrl(source.url) : undefined
  const bytes = opened === undefined ? source : { type: 'base64' as const, ...opened }
  if (bytes.type !== 'base64') return bytes
  const declared = bytes.mimeType === 'image/jpg' ? 'image/jpeg' : bytes.mimeType.toLowerCase()
  const mimeType =
    sniffMimeType(bytes.data) ?? (declared !== '' ? declared : media === 'image' ? '' : 'application/pdf')
  return { ...bytes, mimeType }
}

function imageSource(source: Source, path: string, context: MediaContext): JsonObject {
  switch (source.type) {
    case 'base64':
      if (!IMAGE_TYPES.has(source.mimeType)) {
        throw invalidRequest(
          `${path}: ${source.mimeType || 'this'} is no image format that the model's API takes; use PNG, JPEG, GIF or WebP`,
          path,
        )
      }
      return { type: 'base64', media_type: source.mimeType, data: source.data }
    case 'url':
    case 'file':
      return reference(source, path, context)
    case 'text':
    case 'parts':
      throw invalidRequest(`${path}: an image cannot be given as text`, path)
    default:
      return source satisfies never
  }
}

function documentSource(source: Source, path: string, context: MediaContext): JsonObject {
  switch (source.type) {
    case 'base64': {
      const { mimeType, data } = source
      if (mimeType === 'application/pdf') return { type: 'base64', media_type: mimeType, data }
      if (isText(mimeType)) {
        const text = Buffer.from(data, 'base64').toString('utf8')
        return { type: 'text', media_type: 'text/plain', data: text }
      }
      throw invalidRequest(`${path}: the model's API takes PDF and text documents, not ${mimeType}`, path)
    }
    case 'text':
      return { type: 'text', media_type: 'text/plain', data: source.text }
    case 'parts':
      return { type: 'content', content: context.encodeParts(source.parts, `${path}.source.content`) }
    case 'url':
    case 'file':
      return reference(source, path, context)
    default:
      return source satisfies never
  }
}

const isText = (mimeType: string): boolean =>
  mimeType.startsWith('text/') ||
  /^application\/(?:json|xml|yaml|x-yaml|javascript|typescript|x-sh)\b/.test(mimeType)

function reference(
  source: Extract<Source, { type: 'url' | 'file' }>,
  path: string,
  context: MediaContext,
): JsonObject {
  if (source.type === 'url') {
    if (!context.urlSources)
      throw invalidRequest(`${path}: this upstream fetches no URLs; send the bytes as base64`, path)
    return { type: 'url', url: source.url }
  }
  if (!context.ownRequest)
    throw invalidRequest(`${path}: a file id of another provider; send the file's bytes instead`, path)
  return { type: 'file', file_id: source.id }
}
