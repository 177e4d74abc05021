import { describe, expect, it } from 'vitest'
import { budgetOf, clampEffort, effortOf } from './effort.ts'
import { parseDataUrl, sniffMimeType, toDataUrl } from './media.ts'

const base64 = (bytes: string) => Buffer.from(bytes, 'latin1').toString('base64')

describe('data URLs', () => {
  it('are taken apart and put together again', () => {
    const source = { type: 'base64', mimeType: 'image/png', data: 'AAAA' } as const
    expect(parseDataUrl(toDataUrl(source))).toEqual({ mimeType: 'image/png', data: 'AAAA' })
  })

  it('may carry plain text or no type', () => {
    expect(parseDataUrl('data:text/plain,hello%20you')).toEqual({
      mimeType: 'text/plain',
      data: base64('hello you'),
    })
    expect(parseDataUrl('data:;base64,AAAA')?.mimeType).toBe('text/plain')
    expect(parseDataUrl('https://a.example/x.png')).toBeUndefined()
    expect(parseDataUrl('data:broken')).toBeUndefined()
  })
})

describe('the first bytes', () => {
  it('say what a file is', () => {
    expect(sniffMimeType(base64('\x89PNG\r\n\x1a\n'))).toBe('image/png')
    expect(sniffMimeType(base64('\xff\xd8\xff\xe0'))).toBe('image/jpeg')
    expect(sniffMimeType(base64('RIFF\0\0\0\0WEBPVP8 '))).toBe('image/webp')
    expect(sniffMimeType(base64('%PDF-1.7'))).toBe('application/pdf')
    expect(sniffMimeType(base64('hello'))).toBeUndefined()
  })
})

describe('effort', () => {
  it('and budget stand for each other', () => {
    for (const level of ['low', 'medium', 'high', 'xhigh'] as const)
      expect(effortOf(budgetOf(level))).toBe(level)
    expect(effortOf(0)).toBe('none')
  })

  it('is clamped to the nearest level that a model takes', () => {
    expect(clampEffort('max', ['low', 'medium', 'high'])).toBe('high')
    expect(clampEffort('none', ['low', 'medium'])).toBe('low')
    expect(clampEffort('minimal', ['none', 'low'])).toBe('none')
    expect(clampEffort('high', [])).toBeUndefined()
  })
})
