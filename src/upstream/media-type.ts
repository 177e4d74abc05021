import { sniffMimeType } from '../ir/media.ts'

/** Media as models take it: `data` is base64; text is UTF-8 inside. */
export type FetchedMedia = { readonly mimeType: string; readonly data: string }

const UNSAID = new Set(['', 'application/octet-stream', 'binary/octet-stream', 'application/x-download'])
const TEXT = /^text\/|^application\/(?:json|xml|yaml|x-yaml|javascript|typescript|x-sh)$/
const PDF = /^application\/(?:x-)?pdf$/

/** False for a `content-type` that no image, PDF or text has, so that its bytes need not be read at all. */
export function mayBeMedia(contentType: string): boolean {
  const [type] = parse(contentType)
  return UNSAID.has(type) || TEXT.test(type) || PDF.test(type) || type.startsWith('image/')
}

/**
 * What a body is, by what its bytes say: servers call images "octet-stream", and sign-in pages come where a picture was.
 *
 * @returns undefined for what is neither an image of a known kind, a PDF, nor text that says it is text
 */
export function readMedia(contentType: string, bytes: Buffer): FetchedMedia | undefined {
  const [type, charset] = parse(contentType)
  const data = bytes.toString('base64')
  const known = sniffMimeType(data)
  // A text may begin like an image ("BM"), but hardly like a PDF.
  if (TEXT.test(type) && known !== 'application/pdf') {
    const text = decode(bytes, charset)
    if (text !== undefined) return { mimeType: type, data: Buffer.from(text, 'utf8').toString('base64') }
  }
  return known === undefined ? undefined : { mimeType: known, data }
}

function parse(contentType: string): [type: string, charset: string] {
  const [type = '', ...parameters] = contentType.toLowerCase().split(';')
  const charset = parameters.map((parameter) => /^\s*charset="?([^"\s]+)/.exec(parameter)?.[1])
  return [type.trim(), charset.find((name) => name !== undefined) ?? 'utf-8']
}

/** Undefined for bytes that are no text in this charset. */
function decode(bytes: Buffer, charset: string): string | undefined {
  try {
    const text = new TextDecoder(charset, { fatal: true }).decode(bytes)
    return text.includes('\0') ? undefined : text
  } catch {
    return undefined
  }
}
