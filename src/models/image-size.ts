/** Width and height in pixels. */
export type ImageSize = { readonly width: number; readonly height: number }

/** Enough for the profiles and previews that cameras put before a JPEG's size. Characters of base64, a multiple of 4. */
const HEAD = 256 * 1024

/** What the header of a PNG, JPEG, GIF or WebP says; undefined for anything else, and for one that says nothing. */
export function imageSize(base64: string): ImageSize | undefined {
  const start = Buffer.from(base64.slice(0, 64), 'base64')
  const size = pngSize(start) ?? gifSize(start) ?? webpSize(start)
  if (size !== undefined) return plausible(size)
  if (start.length < 4 || start.readUInt16BE(0) !== 0xff_d8) return undefined
  return plausible(jpegSize(Buffer.from(base64.slice(0, HEAD), 'base64')))
}

const plausible = (size: ImageSize | undefined): ImageSize | undefined =>
  size !== undefined && size.width > 0 && size.height > 0 ? size : undefined

function pngSize(bytes: Buffer): ImageSize | undefined {
  if (bytes.length < 24 || bytes.readUInt32BE(0) !== 0x89_50_4e_47) return undefined
  return { width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20) }
}

function gifSize(bytes: Buffer): ImageSize | undefined {
  if (bytes.length < 10 || bytes.toString('latin1', 0, 4) !== 'GIF8') return undefined
  return { width: bytes.readUInt16LE(6), height: bytes.readUInt16LE(8) }
}

/** Three ways to pack it: lossy, lossless, extended. developers.google.com/speed/webp, "RIFF Container". */
function webpSize(bytes: Buffer): ImageSize | undefined {
  if (bytes.length < 30 || bytes.toString('latin1', 8, 12) !== 'WEBP') return undefined
  switch (bytes.toString('latin1', 12, 16)) {
    case 'VP8 ':
      return { width: bytes.readUInt16LE(26) & 0x3f_ff, height: bytes.readUInt16LE(28) & 0x3f_ff }
    case 'VP8L': {
      const bits = bytes.readUInt32LE(21)
      return { width: (bits & 0x3f_ff) + 1, height: ((bits >>> 14) & 0x3f_ff) + 1 }
    }
    case 'VP8X':
      return { width: bytes.readUIntLE(24, 3) + 1, height: bytes.readUIntLE(27, 3) + 1 }
    default:
      return undefined
  }
}

/** The first frame header, behind whatever segments stand before it. ITU T.81, annex B. */
function jpegSize(bytes: Buffer): ImageSize | undefined {
  let at = 2
  while (at + 9 <= bytes.length) {
    if (bytes[at] !== 0xff) return undefined
    const marker = bytes[at + 1] ?? 0
    const isFrame = marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc
    if (isFrame) return { height: bytes.readUInt16BE(at + 5), width: bytes.readUInt16BE(at + 7) }
    // Padding, and markers that stand alone.
    if (marker === 0xff) at += 1
    else if (marker === 0x01 || (marker >= 0xd0 && marker <= 0xd9)) at += 2
    else at += 2 + bytes.readUInt16BE(at + 2)
  }
  return undefined
}
