import { invalidRequest } from '../../errors.ts'
import type { Losses } from '../../ir/dropped.ts'
import { asObject, compact } from '../../ir/json.ts'
import { toDataUrl } from '../../ir/media.ts'
import type { MediaPart, Part } from '../../ir/part.ts'
import type { Breakpoints } from '../openai/cache-hint.ts'
import { foreignText } from '../openai/encode-foreign.ts'
import { encodeAudio, fileName, ownFile, sniffed, titleOf } from '../openai/encode-media.ts'
import type { ChatDialect } from './dialect.ts'
import { reportForeign } from './extensions.ts'
import type { ChatContentPart } from './wire.ts'

/** What an encoder of messages works with. */
export type Encoding = {
  readonly dialect: ChatDialect
  readonly losses: Losses
  readonly breakpoints: Breakpoints
}

/** The parts of a system or user message; what Chat Completions has no part for is reported. */
export function encodeParts(parts: readonly Part[], path: string, encoding: Encoding): ChatContentPart[] {
  return parts.flatMap((part, index) => encodePart(part, `${path}[${index}]`, encoding))
}

/** One part as it stands in a user or system message, or inside a tool's result. */
export function encodePart(part: Part, path: string, encoding: Encoding): ChatContentPart[] {
  const { losses } = encoding
  const extra = { ...part.ext?.chat, ...encoding.breakpoints.take(part.cache) }
  reportForeign(path, part.ext, losses)
  switch (part.kind) {
    case 'text':
      for (const citation of part.citations ?? [])
        losses.unsupported(`${path}.citations`, citation.url ?? citation.title)
      return [{ type: 'text', text: part.text, ...extra }]
    case 'media':
      return encodeMedia(part, path, encoding).map((wire) => withNested(wire, extra))
    case 'refusal':
      return [{ type: 'refusal', refusal: part.text, ...extra }]
    case 'tool-reference':
      losses.approximated(path, 'a reference to a tool, told as text')
      return [{ type: 'text', text: `[tool ${part.name} is available now]`, ...extra }]
    case 'opaque': {
      if (part.origin === 'chat') return [part.value as ChatContentPart]
      const text = foreignText(part, path, 'Chat Completions', losses)
      return text === undefined ? [] : [{ type: 'text', text }]
    }
    case 'server-tool':
    case 'reasoning':
    case 'tool-call':
    case 'tool-result':
      losses.content(path, `${part.kind} has no place in this message`)
      return []
    default:
      return part satisfies never
  }
}

/** Unknown fields of a part go back where they were, those of its inner object into that object. */
function withNested(wire: ChatContentPart, extra: object): ChatContentPart {
  const out: Record<string, unknown> = { ...wire, ...extra }
  for (const key of ['image_url', 'input_audio', 'file'])
    if (key in wire)
      out[key] = { ...asObject((extra as Record<string, unknown>)[key]), ...asObject(wire[key]) }
  return out as ChatContentPart
}

/** True for media that goes out as media, not as words about it. */
export function isNative(part: MediaPart, dialect: ChatDialect): boolean {
  if (part.media === 'image') return dialect.images
  return part.source.type !== 'text' && part.source.type !== 'parts'
}

function encodeMedia(part: MediaPart, path: string, encoding: Encoding): ChatContentPart[] {
  switch (part.media) {
    case 'image':
      return [encodeImage(part, path, encoding)]
    case 'document':
      return encodeDocument(part, path, encoding)
    case 'audio':
      return [encodeAudio(part, path, encoding.dialect, 'Chat Completions')]
    case 'video':
      throw invalidRequest(`${path}: Chat Completions takes no video`, path)
    default:
      return part.media satisfies never
  }
}

function encodeImage(part: MediaPart, path: string, { dialect, losses }: Encoding): ChatContentPart {
  if (!dialect.images) {
    losses.content(path, 'this model takes no images')
    return { type: 'text', text: '[image omitted: this model takes no images]' }
  }
  const { source } = part
  const url =
    source.type === 'url' ? source.url : source.type === 'base64' ? toDataUrl(sniffed(source)) : undefined
  if (url === undefined)
    throw invalidRequest(`${path}: Chat Completions takes images as base64 or URL only`, path)
  return { type: 'image_url', image_url: { url, ...compact({ detail: part.detail }) } }
}

function encodeDocument(part: MediaPart, path: string, encoding: Encoding): ChatContentPart[] {
  const { dialect, losses } = encoding
  const { source } = part
  const note = part.context === undefined ? [] : [{ type: 'text', text: part.context }]
  if (note.length > 0) losses.approximated(`${path}.context`, 'told as text before the document')
  switch (source.type) {
    case 'text':
      losses.approximated(path, 'a text document, sent as text')
      return [...note, { type: 'text', text: `${titleOf(part)}\n\n${source.text}` }]
    case 'parts':
      losses.approximated(path, 'a document of parts, sent as its parts')
      return [
        ...note,
        { type: 'text', text: titleOf(part) },
        ...encodeParts(source.parts, `${path}.source.content`, encoding),
      ]
    case 'url':
      throw invalidRequest(`${path}: Chat Completions takes no documents by URL; send the file's bytes`, path)
    case 'base64': {
      if (!dialect.files) refuseFiles(path)
      const { mimeType } = sniffed(source)
      const filename = fileName(part, mimeType)
      return [...note, { type: 'file', file: { filename, file_data: toDataUrl({ ...source, mimeType }) } }]
    }
    case 'file':
      if (!dialect.files) refuseFiles(path)
      return [
        ...note,
        { type: 'file', file: { file_id: ownFile(source.id, path), ...compact({ filename: part.name }) } },
      ]
    default:
      return source satisfies never
  }
}

function refuseFiles(path: string): never {
  throw invalidRequest(
    `${path}: this upstream's Chat Completions API takes no files; route the model over the Responses API`,
    path,
  )
}

/**
 * Content as a plain string where it is nothing but one text, which every server reads; several texts are joined
 * when `join` says how. Parts with marks or unknown fields stay a list.
 */
export function collapse(
  parts: readonly ChatContentPart[],
  join: string | undefined,
): string | readonly ChatContentPart[] {
  const plain = parts.every((part) => part.type === 'text' && Object.keys(part).length === 2)
  if (!plain || (join === undefined && parts.length > 1)) return parts
  return parts.map((part) => part['text']).join(join ?? '')
}
