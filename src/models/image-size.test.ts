import { describe, expect, it } from 'vitest'
import { imageSize } from './image-size.ts'

const base64 = (...parts: readonly (string | readonly number[])[]) =>
  Buffer.concat(
    parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : Buffer.from(part))),
  ).toString('base64')

const png = base64('\x89PNG\r\n\x1a\n', [0, 0, 0, 13], 'IHDR', [0, 0, 4, 0, 0, 0, 3, 0, 8, 2, 0, 0, 0])
const gif = base64('GIF89a', [0x20, 0x03, 0x58, 0x02], [0, 0, 0])
const frame = [0xff, 0xc2, 0, 17, 8, 0x02, 0x58, 0x03, 0x20, 3]
const exif = (size: number) => [
  0xff,
  0xe1,
  size >> 8,
  size & 0xff,
  ...Array.from({ length: size - 2 }, () => 0xc0),
]
const webp = (kind: string, rest: readonly number[]) =>
  base64(
    'RIFF',
    [0, 0, 0, 0],
    'WEBP',
    kind,
    [0, 0, 0, 0],
    rest,
    Array.from({ length: 16 }, () => 0),
  )

describe('the size of an image', () => {
  it.each([
    ['a PNG', png, 1024, 768],
    ['a GIF', gif, 800, 600],
    ['a JPEG', base64([0xff, 0xd8], frame), 800, 600],
    [
      'a JPEG behind a camera’s notes',
      base64([0xff, 0xd8], exif(60_000), exif(60_000), [0xff], frame),
      800,
      600,
    ],
    ['a lossy WebP', webp('VP8 ', [0, 0, 0, 0x9d, 0x01, 0x2a, 0x20, 0x03, 0x58, 0x02]), 800, 600],
    ['a lossless WebP', webp('VP8L', [0x2f, 0x1f, 0xc3, 0x95, 0x00]), 800, 600],
    ['an extended WebP', webp('VP8X', [0, 0, 0, 0, 0x1f, 0x03, 0, 0x57, 0x02, 0]), 800, 600],
  ])('is read from %s', (_, data, width, height) => {
    expect(imageSize(data)).toEqual({ width, height })
  })

  it.each([
    ['nothing', ''],
    ['text', base64('hello')],
    ['a torn PNG', base64('\x89PNG\r\n')],
    ['a torn JPEG', base64([0xff, 0xd8, 0xff, 0xe0, 0, 16, 1, 2])],
    ['a JPEG that lies about its segments', base64([0xff, 0xd8, 0xff, 0xe0, 0, 0, 0, 0, 0, 0, 0, 0])],
    ['a PNG without area', base64('\x89PNG\r\n\x1a\n', [0, 0, 0, 13], 'IHDR', [0, 0, 0, 0, 0, 0, 0, 0])],
    ['an unknown WebP', webp('VP9 ', [])],
  ])('is not known of %s', (_, data) => {
    expect(imageSize(data)).toBeUndefined()
  })
})
