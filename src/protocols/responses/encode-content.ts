import { invalidRequest } from '../../errors.ts'
import type { Losses } from '../../ir/dropped.ts'
import { compact } from '../../ir/json.ts'
import { toDataUrl } from '../../ir/media.ts'
import type { MediaPart, Part } from '../../ir/part.ts'
import type { Breakpoints } from '../openai/cache-hint.ts'
import { foreignText } from '../openai/encode-foreign.ts'
import { encodeAudio, fileName, ownFile, sniffed, titleOf } from '../openai/encode-media.ts'
import type { ResponsesDialect } from './dialect.ts'
import { ownFields, reportForeign } from './extensions.ts'
import type { ResponsesContentPart } from './wire.ts'

/** What an encoder of items works with. */
export type Encoding = {
  readonly dialect: ResponsesDialect
  readonly losses: Losses
  readonly breakpoints: Breakpoints
  /** `omit` where the upstream stores nothing: an id would point at an item that it does not have. */
  readonly ids: 'send' | 'omit'
}

/** One part as it stands in a message of the user or the system, or inside a tool's output. */
export function encodeInputPart(part: Part, path: string, encoding: Encoding): ResponsesContentPart[] {
  const { losses, breakpoints } = encoding
  reportForeign(path, part.ext, losses)
  switch (part.kind) {
    case 'text':
      for (const citation of part.citations ?? [])
        losses.unsupported(`${path}.citations`, citation.url ?? citation.title)
      if (part.text === '') return []
      return [{ type: 'input_text', text: part.text, ...textFields(part), ...breakpoints.take(part.cache) }]
    case 'media':
      return markLast(encodeMedia(part, path, encoding), {
        ...ownFields(part.ext),
        ...breakpoints.take(part.cache),
      })
    case 'refusal':
      losses.approximated(path, 'a refusal, told as text')
      return [{ type: 'input_text', text: part.text }]
    case 'tool-reference':
      losses.approximated(path, 'a reference to a tool, told as text')
      return [{ type: 'input_text', text: `[tool ${part.name} is available now]` }]
    case 'opaque': {
      if (part.origin === 'responses') return [part.value as ResponsesContentPart]
      const text = foreignText(part, path, 'Responses', losses)
      return text === undefined ? [] : [{ type: 'input_text', text }]
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

/** Fields of a text that belong to answers only stay there. */
function textFields(part: Part): object {
  const { annotations: _, logprobs: __, phase: ___, ...fields } = ownFields(part.ext)
  return fields
}

function markLast(parts: ResponsesContentPart[], fields: object): ResponsesContentPart[] {
  const last = parts.at(-1)
  return last === undefined ? parts : [...parts.slice(0, -1), { ...last, ...fields }]
}

function encodeMedia(part: MediaPart, path: string, encoding: Encoding): ResponsesContentPart[] {
  switch (part.media) {
    case 'image':
      return [encodeImage(part, path, encoding)]
    case 'document':
      return encodeDocument(part, path, encoding)
    case 'audio':
      return [encodeAudio(part, path, encoding.dialect, 'Responses')]
    case 'video':
      throw invalidRequest(`${path}: Responses takes no video`, path)
    default:
      return part.media satisfies never
  }
}

function encodeImage(part: MediaPart, path: string, { dialect, losses }: Encoding): ResponsesContentPart {
  if (!dialect.images) {
    losses.content(path, 'this model takes no images')
    return { type: 'input_text', text: '[image omitted: this model takes no images]' }
  }
  const { source } = part
  const detail = compact({ detail: part.detail })
  switch (source.type) {
    case 'url':
      return { type: 'input_image', image_url: source.url, ...detail }
    case 'base64':
      return { type: 'input_image', image_url: toDataUrl(sniffed(source)), ...detail }
    case 'file':
      return { type: 'input_image', file_id: ownFile(source.id, path), ...detail }
    case 'text':
    case 'parts':
      throw invalidRequest(`${path}: Responses takes images as base64, URL or file only`, path)
    default:
      return source satisfies never
  }
}

function encodeDocument(part: MediaPart, path: string, encoding: Encoding): ResponsesContentPart[] {
  const { dialect, losses } = encoding
  const { source } = part
  const note = part.context === undefined ? [] : [{ type: 'input_text', text: part.context }]
  if (note.length > 0) losses.approximated(`${path}.context`, 'told as text before the document')
  const name = compact({ filename: part.name })
  if (source.type !== 'text' && source.type !== 'parts' && !dialect.files)
    throw invalidRequest(`${path}: this upstream takes no files`, path)
  switch (source.type) {
    case 'text':
      losses.approximated(path, 'a text document, sent as text')
      return [...note, { type: 'input_text', text: `${titleOf(part)}\n\n${source.text}` }]
    case 'parts':
      losses.approximated(path, 'a document of parts, sent as its parts')
      return [
        ...note,
        { type: 'input_text', text: titleOf(part) },
        ...source.parts.flatMap((inner, index) =>
          encodeInputPart(inner, `${path}.source.content[${index}]`, encoding),
        ),
      ]
    case 'url':
      return [...note, { type: 'input_file', file_url: source.url, ...name }]
    case 'base64': {
      const { mimeType } = sniffed(source)
      const filename = fileName(part, mimeType)
      return [...note, { type: 'input_file', filename, file_data: toDataUrl({ ...source, mimeType }) }]
    }
    case 'file':
      return [...note, { type: 'input_file', file_id: ownFile(source.id, path), ...name }]
    default:
      return source satisfies never
  }
}
