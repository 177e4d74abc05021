import { describe, expect, it } from 'vitest'
import { pdfBase64 } from '../../test/support/pdf.ts'
import { pngBase64 } from '../../test/support/png.ts'
import { mayBeMedia, readMedia } from './media-type.ts'

const bytesOf = (base64: string): Buffer => Buffer.from(base64, 'base64')
const textOf = (media: { data: string } | undefined): string => bytesOf(media?.data ?? '').toString('utf8')

describe('what a body is', () => {
  it.each(['image/png', 'image/jpeg', 'application/octet-stream', '', 'text/html'])(
    'is said by a picture itself, whatever %j claims',
    (claim) => {
      expect(readMedia(claim, bytesOf(pngBase64()))).toEqual({ mimeType: 'image/png', data: pngBase64() })
    },
  )

  it('is a PDF even where it is served as text', () => {
    expect(readMedia('text/plain', bytesOf(pdfBase64()))?.mimeType).toBe('application/pdf')
  })

  it('is text where its bytes are, though they begin like a picture', () => {
    expect(readMedia('text/plain; charset=utf-8', Buffer.from('BM is short for bitmap'))).toEqual({
      mimeType: 'text/plain',
      data: Buffer.from('BM is short for bitmap').toString('base64'),
    })
  })

  it('is text in its own charset, handed on as UTF-8', () => {
    const media = readMedia('text/csv; charset="iso-8859-1"', Buffer.from('Grüße', 'latin1'))
    expect(textOf(media)).toBe('Grüße')
  })

  it.each([
    ['text/plain', Buffer.from([0xff, 0xfe, 0xfa])],
    ['text/plain', Buffer.from('a\0b')],
    ['text/plain; charset=klingon', Buffer.from('text')],
    ['image/png', Buffer.from('<html>Please sign in</html>')],
    ['image/svg+xml', Buffer.from('<svg/>')],
    ['application/octet-stream', Buffer.from('text that nobody calls text')],
  ])('is nothing for a model when %s holds other bytes', (claim, bytes) => {
    expect(readMedia(claim, bytes)).toBeUndefined()
  })
})

it('tells by the content type alone what need not be read', () => {
  expect(['video/mp4', 'application/zip', 'application/msword', 'audio/mpeg'].some(mayBeMedia)).toBe(false)
  expect(['', 'IMAGE/PNG', 'text/html; charset=utf-8', 'application/pdf'].every(mayBeMedia)).toBe(true)
})
