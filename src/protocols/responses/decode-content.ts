import { invalidRequest } from '../../errors.ts'
import { asArray, asObject, asString, compact, isObject } from '../../ir/json.ts'
import type { JsonObject } from '../../ir/json.ts'
import type { Part, TextPart } from '../../ir/part.ts'
import { decodeCacheHint } from '../openai/cache-hint.ts'
import { decodeAudioSource, documentSource, sourceOf } from '../openai/decode-media.ts'
import { decodeParts } from '../openai/decode-parts.ts'
import { decodeAnnotation } from './annotations.ts'
import { keepUnknown } from './extensions.ts'

/**
 * The parts of a message's `content` or of a tool's `output`: a string, a list of parts, or nothing.
 * @throws `invalid-request` naming the part that cannot be read.
 */
export function decodeContent(content: unknown, path: string): Part[] {
  return decodeParts(content, path, decodePart)
}

function decodePart(wire: JsonObject, path: string): Part {
  const { type, prompt_cache_breakpoint, ...fields } = wire
  const cache = decodeCacheHint(prompt_cache_breakpoint)
  switch (type) {
    case 'input_text':
    case 'output_text':
    case 'text':
      return { ...decodeText(fields, path), ...cache }
    case 'refusal': {
      const { refusal, text, ...rest } = fields
      return {
        kind: 'refusal',
        text: asString(refusal) ?? asString(text) ?? '',
        ...cache,
        ...keepUnknown(rest),
      }
    }
    case 'input_image':
    case 'computer_screenshot':
      return { ...decodeImage(fields, path), ...cache }
    case 'input_file':
      return { ...decodeFile(fields, path), ...cache }
    case 'input_audio':
      return { ...decodeAudio(fields, path), ...cache }
    case undefined:
      throw invalidRequest(`${path}.type must be a string`, `${path}.type`)
    default:
      return {
        kind: 'opaque',
        origin: 'responses',
        value: wire,
        ...compact({ text: asString(wire['text']) }),
        ...cache,
      }
  }
}

function decodeText({ text, annotations, logprobs, ...rest }: JsonObject, path: string): TextPart {
  if (typeof text !== 'string') throw invalidRequest(`${path}.text must be a string`, `${path}.text`)
  const all = asArray(annotations).filter(isObject)
  const citations = all.flatMap((annotation) => decodeAnnotation(annotation) ?? [])
  const others = all.filter((annotation) => annotation['type'] !== 'url_citation')
  return {
    kind: 'text',
    text,
    ...(citations.length > 0 && { citations }),
    ...keepUnknown({
      ...rest,
      ...(others.length > 0 && { annotations: others }),
      ...(asArray(logprobs).length > 0 && { logprobs }),
    }),
  }
}

function decodeImage({ image_url, file_id, detail, ...rest }: JsonObject, path: string): Part {
  // Some clients nest the URL as Chat does.
  const url = asString(image_url) ?? asString(asObject(image_url)['url'])
  const common = {
    kind: 'media',
    media: 'image',
    ...compact({ detail: asString(detail) }),
    ...keepUnknown(rest),
  } as const
  if (url !== undefined && url !== '') return { ...common, source: sourceOf(url, `${path}.image_url`) }
  if (typeof file_id === 'string' && file_id !== '')
    return { ...common, source: { type: 'file', id: file_id } }
  throw invalidRequest(`${path} needs image_url or file_id`, `${path}.image_url`)
}

function decodeFile({ file_data, file_url, file_id, filename, ...rest }: JsonObject, path: string): Part {
  const common = {
    kind: 'media',
    media: 'document',
    ...compact({ name: asString(filename) }),
    ...keepUnknown(rest),
  } as const
  if (typeof file_data === 'string' && file_data !== '')
    return { ...common, source: documentSource(file_data, `${path}.file_data`) }
  if (typeof file_url === 'string' && file_url !== '')
    return { ...common, source: { type: 'url', url: file_url } }
  if (typeof file_id === 'string' && file_id !== '')
    return { ...common, source: { type: 'file', id: file_id } }
  throw invalidRequest(`${path} needs file_data, file_url or file_id`, `${path}.file_data`)
}

function decodeAudio({ input_audio, ...rest }: JsonObject, path: string): Part {
  const { source } = decodeAudioSource(input_audio, path)
  return { kind: 'media', media: 'audio', source, ...keepUnknown(rest) }
}
