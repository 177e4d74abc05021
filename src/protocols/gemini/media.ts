import { invalidRequest } from '../../errors.ts'
import type { Losses } from '../../ir/dropped.ts'
import { asString, compact, isObject } from '../../ir/json.ts'
import type { JsonObject } from '../../ir/json.ts'
import { parseDataUrl, sniffMimeType } from '../../ir/media.ts'
import type { MediaPart, Part, Source } from '../../ir/part.ts'
import { keepUnknown, ownFields } from './extensions.ts'
import { camelFields } from './fields.ts'
import type { WirePart } from './wire.ts'

/** `inlineData` or `fileData` as media; undefined for a part that is neither. `rest` are its further members. */
export function decodeMedia(part: JsonObject): MediaPart | undefined {
  const { inlineData, fileData, ...rest } = part
  if (!isObject(inlineData) && !isObject(fileData)) return undefined
  const { mimeType: declared, data, fileUri, displayName, ...blob } = camelFields(inlineData ?? fileData)
  const mimeType = asString(declared)
  const source: Source = isObject(inlineData)
    ? { type: 'base64', mimeType: mimeType ?? '', data: asString(data) ?? '' }
    : { type: 'url', url: asString(fileUri) ?? '', ...compact({ mimeType }) }
  return {
    kind: 'media',
    media: kindOf(mimeType ?? ''),
    source,
    ...compact({ name: asString(displayName) }),
    ...keepUnknown({ ...rest, ...(Object.keys(blob).length > 0 && { blob }) }),
  }
}

function kindOf(mimeType: string): MediaPart['media'] {
  const [type] = mimeType.split('/')
  return type === 'image' || type === 'audio' || type === 'video' ? type : 'document'
}

/** What the encoding of media depends on. */
export type MediaContext = {
  readonly losses: Losses
  /** `google`: only URLs that the API reads itself. An answer may name any. */
  readonly urls: 'google' | 'any'
  readonly encodeParts: (parts: readonly Part[], path: string) => readonly WirePart[]
}

/**
 * Media as parts: bytes inline, Google's own URIs by reference, a text document as text.
 * @throws `invalid-request` naming the part for other URLs, and for file ids, which are another provider's.
 */
export function encodeMedia(part: MediaPart, path: string, context: MediaContext): readonly WirePart[] {
  const { losses } = context
  if (part.detail !== undefined && part.detail !== 'auto') losses.unsupported(`${path}.detail`)
  const source = opened(part.source)
  const { blob, ...own } = ownFields(part.ext)
  const said = part.context === undefined ? [] : [{ text: part.context }]
  if (said.length > 0) losses.approximated(`${path}.context`, 'told as text before the document')
  switch (source.type) {
    case 'base64': {
      if (part.name !== undefined) losses.unsupported(`${path}.name`)
      const inlineData = { mimeType: mimeTypeOf(source, part.media), data: source.data }
      return [...said, { inlineData: { ...inlineData, ...(blob as object | undefined) }, ...own }]
    }
    case 'url': {
      if (context.urls === 'google' && !isReadable(source.url)) throw notReadable(path, part.media)
      if (part.name !== undefined) losses.unsupported(`${path}.name`)
      const fileData = { ...compact({ mimeType: source.mimeType }), fileUri: source.url }
      return [...said, { fileData: { ...fileData, ...(blob as object | undefined) }, ...own }]
    }
    case 'text':
      losses.approximated(path, 'a document as text')
      return [...said, { text: titled(part.name, source.text), ...own }]
    case 'parts':
      losses.approximated(path, 'a document as its parts')
      return [
        ...said,
        ...(part.name === undefined ? [] : [{ text: part.name }]),
        ...context.encodeParts(source.parts, `${path}.source.content`),
      ]
    case 'file':
      throw invalidRequest(`${path}: a file id of another provider; send the file's bytes instead`, path)
    default:
      return source satisfies never
  }
}

const titled = (name: string | undefined, text: string): string =>
  name === undefined ? text : `${name}\n\n${text}`

/** A `data:` URL is bytes. */
function opened(source: Source): Source {
  const bytes = source.type === 'url' ? parseDataUrl(source.url) : undefined
  return bytes === undefined ? source : { type: 'base64', ...bytes }
}

/** The type as the bytes tell it: a wrong declaration is refused. */
export function mimeTypeOf(
  { mimeType, data }: Extract<Source, { type: 'base64' }>,
  media: MediaPart['media'],
): string {
  const declared = mimeType === 'image/jpg' ? 'image/jpeg' : mimeType.toLowerCase()
  const known = sniffMimeType(data) ?? declared
  if (known !== '') return known
  return media === 'image' ? 'image/png' : media === 'document' ? 'application/pdf' : `${media}/mpeg`
}

/** URIs that the API fetches: its own files, Cloud Storage, YouTube. */
function isReadable(url: string): boolean {
  return (
    url.startsWith('gs://') ||
    /^(?:https:\/\/generativelanguage\.googleapis\.com\/[^?#]*)?files\/[^?#]+/.test(url) ||
    /^https?:\/\/(?:(?:www\.|m\.)?youtube\.com\/|youtu\.be\/)/.test(url)
  )
}

function notReadable(path: string, media: MediaPart['media']): Error {
  return invalidRequest(
    `${path}: this model's API fetches no URLs but Google's own; send the ${media}'s bytes as base64`,
    path,
  )
}
