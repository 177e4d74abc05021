import { inflateSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { pdfBase64 } from './pdf.ts'
import { pngBase64 } from './png.ts'

test('the PNG has its signature, its size and its pixels', () => {
  const png = Buffer.from(pngBase64({ width: 3, height: 2, rgb: [1, 2, 3] }), 'base64')
  expect(png.subarray(0, 8).toString('hex')).toBe('89504e470d0a1a0a')
  expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([3, 2])
  const length = png.readUInt32BE(33)
  expect([...inflateSync(png.subarray(41, 41 + length))]).toEqual([
    0, 1, 2, 3, 1, 2, 3, 1, 2, 3, 0, 1, 2, 3, 1, 2, 3, 1, 2, 3,
  ])
})

test('the PDF says where its objects and its table are', () => {
  const pdf = Buffer.from(pdfBase64('a (b)'), 'base64').toString('latin1')
  const start = Number(/startxref\n(\d+)/.exec(pdf)?.[1])
  expect(pdf.slice(start, start + 4)).toBe('xref')
  const offsets = [...pdf.matchAll(/^(\d{10}) 00000 n/gm)].map(([, offset]) => Number(offset))
  expect(offsets.map((offset) => pdf.slice(offset, offset + 7))).toEqual([
    '1 0 obj',
    '2 0 obj',
    '3 0 obj',
    '4 0 obj',
    '5 0 obj',
  ])
  expect(pdf).toContain('(a \\(b\\)) Tj')
})
