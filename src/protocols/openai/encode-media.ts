import { invalidRequest } from '../../errors.ts'
import { sniffMimeType } from '../../ir/media.ts'
import type { MediaPart, Source } from '../../ir/part.ts'

type Bytes = Extract<Source, { type: 'base64' }>

/** The bytes decide what a file is: vendors refuse one whose declared type is wrong. */
export function sniffed(source: Bytes): Bytes {
  return { ...source, mimeType: sniffMimeType(source.data) ?? source.mimeType }
}

/** The only sign of who issued an id; another vendor's would be refused upstream in words that help nobody. */
export function ownFile(id: string, path: string): string {
  if (/^(?:file|assistant)-/.test(id)) return id
  throw invalidRequest(`${path}: the file ${id} is not known to this upstream`, path)
}

/** A document's name; OpenAI refuses bytes without one. */
export function fileName(part: MediaPart, mimeType: string): string {
  return part.name ?? `document.${EXTENSIONS[mimeType] ?? 'pdf'}`
}

const EXTENSIONS: Readonly<Record<string, string>> = {
  'application/pdf': 'pdf',
  'text/plain': 'txt',
  'text/markdown': 'md',
  'text/csv': 'csv',
  'text/html': 'html',
  'application/json': 'json',
}

/** What stands over a document that is told as text. */
export function titleOf(part: MediaPart): string {
  return part.name === undefined ? '[document]' : `[document: ${part.name}]`
}

const AUDIO_FORMATS: Readonly<Record<string, 'wav' | 'mp3'>> = {
  'audio/wav': 'wav',
  'audio/x-wav': 'wav',
  'audio/wave': 'wav',
  'audio/mpeg': 'mp3',
  'audio/mp3': 'mp3',
}

/** The `input_audio` part, the same in both protocols. */
export type InputAudio = {
  readonly type: 'input_audio'
  readonly input_audio: { readonly data: string; readonly format: 'wav' | 'mp3' }
}

/** @throws `invalid-request` for an upstream without audio, and for audio in another form than these protocols have. */
export function encodeAudio(
  { source }: MediaPart,
  path: string,
  { audio }: { readonly audio: boolean },
  protocol: 'Chat Completions' | 'Responses',
): InputAudio {
  if (!audio) throw invalidRequest(`${path}: this upstream takes no audio`, path)
  const format = source.type === 'base64' ? AUDIO_FORMATS[source.mimeType] : undefined
  if (source.type !== 'base64' || format === undefined)
    throw invalidRequest(`${path}: ${protocol} takes audio as base64 wav or mp3 only`, path)
  return { type: 'input_audio', input_audio: { data: source.data, format } }
}
