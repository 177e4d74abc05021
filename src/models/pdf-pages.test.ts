import { expect, it } from 'vitest'
import { pdfBase64 } from '../../test/support/pdf.ts'
import { pdfPages } from './pdf-pages.ts'

const base64 = (text: string) => Buffer.from(text, 'latin1').toString('base64')

it('counts the pages of a PDF, and not the tree that holds them', () => {
  expect(pdfPages(pdfBase64())).toBe(1)
  expect(pdfPages(base64('<</Type/Pages/Kids[]>> <</Type/Page>> <</Type /Page /Parent 2 0 R>>'))).toBe(2)
})

it('knows nothing of one whose objects are compressed', () => {
  expect(pdfPages(base64('%PDF-1.7 <</Type/ObjStm>>'))).toBeUndefined()
  expect(pdfPages('')).toBeUndefined()
})
