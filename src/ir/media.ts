import type { Source } from './part.ts'

/** Splits `data:<type>;base64,<data>`; undefined for any other URL. */
export function parseDataUrl(url: string): { mimeType: string; data: string } | undefined {
  if (!url.startsWith('data:')) return undefined
  const comma = url.indexOf(',')
  if (comma < 0) return undefined
  const [mimeType = '', ...parameters] = url.slice(5, comma).split(';')
  const payload = url.slice(comma + 1)
  const data = parameters.includes('base64')
    ? payload
    : Buffer.from(decodeURIComponent(payload), 'utf8').toString('base64')
  return { mimeType: mimeType === '' ? 'text/plain' : mimeType, data }
}

/** The `data:` URL of base64 bytes. */
export function toDataUrl(source: Extract<Source, { type: 'base64' }>): string {
  return `data:${source.mimeType};base64,${source.data}`
}

const MAGIC: readonly (readonly [prefix: string, mimeType: string])[] = [
  ['\x89PNG', 'image/png'],
  ['\xff\xd8\xff', 'image/jpeg'],
  ['GIF8', 'image/gif'],
  ['%PDF', 'application/pdf'],
  ['BM', 'image/bmp'],
  ['II*\0', 'image/tiff'],
  ['MM\0*', 'image/tiff'],
]

/**
 * What the first bytes of base64 data say it is, or undefined. Vendors refuse an image whose declared type is
 * wrong, and clients often guess by file name.
 */
export function sniffMimeType(data: string): string | undefined {
  const head = Buffer.from(data.slice(0, 32), 'base64').toString('latin1')
  if (head.startsWith('RIFF') && head.slice(8, 12) === 'WEBP') return 'image/webp'
  return MAGIC.find(([prefix]) => head.startsWith(prefix))?.[1]
}
