import { invalidRequest } from '../../errors.ts'
import { asObject, asString } from '../../ir/json.ts'
import type { JsonObject } from '../../ir/json.ts'
import { parseDataUrl, sniffMimeType } from '../../ir/media.ts'
import type { Source } from '../../ir/part.ts'

/** An `input_audio` object: its source, and the fields that the IR does not model. */
export function decodeAudioSource(
  wire: unknown,
  path: string,
): { readonly source: Source; readonly unknown: JsonObject } {
  const { data, format, ...unknown } = asObject(wire)
  if (typeof data !== 'string')
    throw invalidRequest(`${path}.input_audio.data must be base64 text`, `${path}.input_audio.data`)
  const mimeType = format === 'mp3' ? 'audio/mpeg' : `audio/${asString(format) ?? 'wav'}`
  return { source: { type: 'base64', mimeType, data }, unknown }
}

/** OpenAI wants a data URL, but clients send bare base64 too, and OpenRouter's send links. */
export function documentSource(text: string, path: string): Source {
  if (/^(?:data|https?):/.test(text)) return sourceOf(text, path)
  return { type: 'base64', mimeType: sniffMimeType(text) ?? 'application/pdf', data: text }
}

/** A URL, or the bytes in a data URL. */
export function sourceOf(url: string, path: string): Source {
  if (!url.startsWith('data:')) return { type: 'url', url }
  const parsed = readDataUrl(url)
  if (parsed === undefined) throw invalidRequest(`${path} is a malformed data URL`, path)
  return { type: 'base64', ...parsed }
}

function readDataUrl(url: string): ReturnType<typeof parseDataUrl> {
  try {
    return parseDataUrl(url)
  } catch {
    return undefined
  }
}
