import { describe, expect, test } from 'vitest'
import { boundaryOf, scanForm, type FormPiece } from './form-scanner.ts'

const file = Buffer.from('RIFF\r\n--bound\0\r\n--boundaryless\r\n-- \r\n\r\n\xff\xfe', 'latin1')
const FORM = Buffer.concat([
  Buffer.from(
    'preamble\r\n--boundary\r\nContent-Disposition: form-data; name="file"; filename="model"\r\n\r\n',
  ),
  file,
  Buffer.from(
    '\r\n--boundary \t\r\ncontent-disposition: form-data; name=model\r\nContent-Type: text/plain\r\n\r\nwhisper-é' +
      '\r\n--boundary\r\nContent-Disposition: form-data; name="prompt"\r\n\r\nmodel\r\n--boundary--\r\nepilogue --boundary',
  ),
])

/** Runs a form through in pieces of a size; the field's value becomes `<value>`. */
function scanned(form: Buffer, size: number, field = 'model') {
  const scanner = scanForm('boundary', field)
  const pieces: FormPiece[] = []
  for (let at = 0; at < form.length; at += size) pieces.push(...scanner.push(form.subarray(at, at + size)))
  pieces.push(...scanner.end())
  const values = pieces.flatMap((piece) => (Buffer.isBuffer(piece) ? [] : [piece.value]))
  const bytes = pieces.map((piece) => (Buffer.isBuffer(piece) ? piece : Buffer.from(`<${piece.value}>`)))
  return { values, bytes: Buffer.concat(bytes) }
}

describe('scanning a form', () => {
  test('finds the field however the bytes are cut, and leaves every other byte alone', () => {
    const whole = FORM.toString('latin1')
    const value = Buffer.from('whisper-é').toString('latin1')
    for (let size = 1; size <= FORM.length; size++) {
      const { values, bytes } = scanned(FORM, size)
      expect(values).toEqual(['whisper-é'])
      expect(bytes.toString('latin1')).toBe(whole.replace(value, `<${value}>`))
    }
  })

  test('a form may begin with its boundary, and an empty value is one', () => {
    const form = Buffer.from(
      '--boundary\r\nContent-Disposition: form-data; name="model"\r\n\r\n\r\n--boundary--',
    )
    expect(scanned(form, 3)).toEqual({
      values: [''],
      bytes: Buffer.from(form.toString().replace('\r\n\r\n', '\r\n\r\n<>')),
    })
  })

  test('what is no form, or breaks off, comes out as it went in', () => {
    for (const text of [
      '',
      'no form',
      '--boundary',
      '--boundary\r\nContent-Disposition: form-data; name="model"\r\n\r\nwhis',
    ]) {
      expect(scanned(Buffer.from(text), 5)).toEqual({ values: [], bytes: Buffer.from(text) })
    }
  })

  test('a file is never the field, whatever it is called', () => {
    const form = Buffer.from(
      '--boundary\r\nContent-Disposition: form-data; name="model"; filename="x"\r\n\r\nabc\r\n--boundary--',
    )
    expect(scanned(form, 7).values).toEqual([])
  })

  test('a second value, an endless value and an endless head are refused', () => {
    const part = '--boundary\r\nContent-Disposition: form-data; name="model"\r\n\r\n'
    expect(() => scanned(Buffer.from(`${part}a\r\n${part}b\r\n--boundary--`), 50)).toThrow(/model twice/)
    expect(() => scanned(Buffer.from(part + 'x'.repeat(5_000)), 700)).toThrow(/too long/)
    expect(() => scanned(Buffer.from(`--boundary\r\n${'x'.repeat(20_000)}`), 900)).toThrow(/head/)
  })
})

test.each([
  ['multipart/form-data; boundary=abc', 'abc'],
  ['multipart/form-data; charset=utf-8; Boundary="a b;c"', 'a b;c'],
  ['multipart/form-data', undefined],
  ['multipart/form-data; xboundary=abc', undefined],
])('%s has the boundary %s', (contentType, boundary) => {
  expect(boundaryOf(contentType)).toBe(boundary)
})
