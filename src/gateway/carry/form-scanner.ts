import { invalidRequest } from '../../errors.ts'

/** A run of bytes to hand on, or the value of the field that was looked for in its place. */
export type FormPiece = Buffer | { readonly value: string }

/** Cuts an upload into pieces as its bytes come in. */
export interface Scanner {
  /** @throws GatewayError `invalid-request` for a form that nobody would read */
  push(chunk: Buffer): readonly FormPiece[]
  end(): readonly FormPiece[]
}

/** Hands everything on. */
export const unscanned: Scanner = { push: (chunk) => [chunk], end: () => [] }

/** Bytes. Real part heads have a few hundred, names of models a few dozen. */
const LONGEST_HEAD = 16 * 1024
const LONGEST_VALUE = 1024
const CRLF = Buffer.from('\r\n')
const HEAD_END = Buffer.from('\r\n\r\n')
const DASH = 0x2d

/**
 * Finds one text field in a multipart form (RFC 7578) without holding more than a few bytes of it: everything else
 * comes out as it went in, byte for byte.
 */
export function scanForm(boundary: string, field: string): Scanner {
  return new FormScanner(boundary, field)
}

class FormScanner implements Scanner {
  readonly #delimiter: Buffer
  readonly #field: string
  /** What is being looked for: the next delimiter, the end of a part's head, the end of the field; or nothing more. */
  #state: 'delimiter' | 'head' | 'value' | 'done' = 'delimiter'
  /** The first delimiter has no line break before it; one is put there, and left out again. */
  #pending: Buffer = CRLF
  #invented = CRLF.length
  #found = false
  #out: FormPiece[] = []

  constructor(boundary: string, field: string) {
    this.#delimiter = Buffer.from(`\r\n--${boundary}`, 'latin1')
    this.#field = field
  }

  push(chunk: Buffer): readonly FormPiece[] {
    this.#pending = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk])
    while (this.#step());
    return this.#taken()
  }

  end(): readonly FormPiece[] {
    this.#emit(this.#pending.length)
    return this.#taken()
  }

  /** Goes on by one element of the form; false when more bytes are needed. */
  #step(): boolean {
    switch (this.#state) {
      case 'delimiter':
        return this.#seekDelimiter()
      case 'head':
        return this.#readHead()
      case 'value':
        return this.#readValue()
      case 'done':
        this.#emit(this.#pending.length)
        return false
      default:
        throw new Error(`no such state: ${this.#state satisfies never}`)
    }
  }

  #seekDelimiter(): boolean {
    const at = this.#pending.indexOf(this.#delimiter)
    if (at < 0) {
      this.#emit(this.#pending.length - this.#delimiter.length + 1)
      return false
    }
    this.#emit(at + this.#delimiter.length)
    this.#state = 'head'
    return true
  }

  #readHead(): boolean {
    const [first, second] = this.#pending
    if (first === undefined || (first === DASH && second === undefined)) return false
    if (first === DASH && second === DASH) this.#state = 'done'
    // The boundary goes on: these were bytes of the part that only began like it.
    else if (first !== 0x0d && first !== 0x20 && first !== 0x09) this.#state = 'delimiter'
    else {
      const end = this.#pending.indexOf(HEAD_END)
      if (end < 0) {
        if (this.#pending.length > LONGEST_HEAD)
          throw invalidRequest('The form has a part without an end to its head')
        return false
      }
      const wanted = fieldName(this.#pending.toString('utf8', 0, end)) === this.#field
      if (wanted && this.#found) throw invalidRequest(`The form has ${this.#field} twice`, this.#field)
      this.#emit(end + HEAD_END.length)
      this.#state = wanted ? 'value' : 'delimiter'
    }
    return true
  }

  #readValue(): boolean {
    const end = this.#pending.indexOf(this.#delimiter)
    if (end > LONGEST_VALUE || (end < 0 && this.#pending.length > LONGEST_VALUE + this.#delimiter.length)) {
      throw invalidRequest(`${this.#field}: this is far too long`, this.#field)
    }
    if (end < 0) return false
    this.#out.push({ value: this.#pending.toString('utf8', 0, end) })
    this.#pending = this.#pending.subarray(end)
    this.#found = true
    this.#state = 'delimiter'
    return true
  }

  /** Hands on the first bytes of what is pending. */
  #emit(length: number): void {
    if (length <= 0) return
    const bytes = this.#pending.subarray(Math.min(this.#invented, length), length)
    this.#invented = Math.max(0, this.#invented - length)
    this.#pending = this.#pending.subarray(length)
    if (bytes.length > 0) this.#out.push(bytes)
  }

  #taken(): readonly FormPiece[] {
    const out = this.#out
    this.#out = []
    return out
  }
}

/** The name of a part that is a plain field; undefined for files. */
function fieldName(head: string): string | undefined {
  const disposition = /^content-disposition:(.*)$/im.exec(head)?.[1] ?? ''
  if (/;\s*filename\*?\s*=/i.test(disposition)) return undefined
  const name = /;\s*name\s*=\s*(?:"([^"]*)"|([^\s;]+))/i.exec(disposition)
  return name?.[1] ?? name?.[2]
}

/** The boundary of a multipart content type; undefined when it names none. */
export function boundaryOf(contentType: string): string | undefined {
  const found = /;\s*boundary\s*=\s*(?:"([^"]+)"|([^\s;]+))/i.exec(contentType)
  return found?.[1] ?? found?.[2]
}
