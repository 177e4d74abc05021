import { invalidRequest } from '../../errors.ts'
import { asObject, asString, compact } from '../../ir/json.ts'
import type { JsonObject } from '../../ir/json.ts'
import type { Part } from '../../ir/part.ts'
import { withoutNulls } from '../extensions.ts'
import { decodeCacheHint } from '../openai/cache-hint.ts'
import { decodeAudioSource, documentSource, sourceOf } from '../openai/decode-media.ts'
import { decodeParts } from '../openai/decode-parts.ts'
import { keepUnknown } from './extensions.ts'

/**
 * The parts of a message's `content`: a string, a list of parts, or nothing.
 * @throws `invalid-request` naming the part that cannot be read.
 */
export function decodeContent(content: unknown, path: string): Part[] {
  return decodeParts(content, path, decodePart)
}

function decodePart(wire: JsonObject, path: string): Part {
  const { type, cache_control, prompt_cache_breakpoint, ...fields } = wire
  const cache = decodeCacheHint(prompt_cache_breakpoint, cache_control)
  switch (type) {
    case 'text':
    case 'input_text':
    case 'output_text': {
      const { text, ...rest } = fields
      if (typeof text !== 'string') throw invalidRequest(`${path}.text must be a string`, `${path}.text`)
      return { kind: 'text', text, ...cache, ...keepUnknown(rest) }
    }
    case 'refusal': {
      const { refusal, ...rest } = fields
      return { kind: 'refusal', text: asString(refusal) ?? '', ...cache, ...keepUnknown(rest) }
    }
    case 'image_url':
      return { ...decodeImage(fields, path), ...cache }
    case 'input_audio':
      return { ...decodeAudio(fields, path), ...cache }
    case 'file':
      return { ...decodeFile(fields, path), ...cache }
    default:
      return {
        kind: 'opaque',
        origin: 'chat',
        value: wire,
        ...compact({ text: asString(wire['text']) }),
        ...cache,
      }
  }
}

function decodeImage(fields: JsonObject, path: string): Part {
  const { image_url, ...rest } = fields
  const image = typeof image_url === 'string' ? { url: image_url } : asObject(image_url)
  const { url, detail, ...unknown } = image as JsonObject
  if (typeof url !== 'string' || url === '')
    throw invalidRequest(`${path}.image_url.url must be a URL`, `${path}.image_url.url`)
  return {
    kind: 'media',
    media: 'image',
    source: sourceOf(url, `${path}.image_url.url`),
    ...compact({ detail: asString(detail) }),
    ...keepNested('image_url', unknown, rest),
  }
}

function decodeAudio(fields: JsonObject, path: string): Part {
  const { input_audio, ...rest } = fields
  const { source, unknown } = decodeAudioSource(input_audio, path)
  return {
    kind: 'media',
    media: 'audio',
    source,
    ...keepNested('input_audio', unknown, rest),
  }
}

function decodeFile(fields: JsonObject, path: string): Part {
  const { file, ...rest } = fields
  const { file_data, file_id, filename, ...unknown } = asObject(file)
  const name = compact({ name: asString(filename) })
  const ext = keepNested('file', unknown, rest)
  if (typeof file_data === 'string' && file_data !== '') {
    return {
      kind: 'media',
      media: 'document',
      source: documentSource(file_data, `${path}.file.file_data`),
      ...name,
      ...ext,
    }
  }
  if (typeof file_id === 'string' && file_id !== '') {
    return { kind: 'media', media: 'document', source: { type: 'file', id: file_id }, ...name, ...ext }
  }
  throw invalidRequest(`${path}.file needs file_data or file_id`, `${path}.file`)
}

/** Unknown fields of a part, those of its inner object kept under that object's name. */
function keepNested(key: string, inner: JsonObject, outer: JsonObject): ReturnType<typeof keepUnknown> {
  const kept = withoutNulls(inner)
  return keepUnknown(Object.keys(kept).length === 0 ? outer : { ...outer, [key]: kept })
}
