/**
 * Reads one string member of a JSON object while the object's text is still arriving, and gives its decoded
 * characters as far as they are certain. For free-form tools that travel as `{"input": "…"}`: their text streams
 * on without waiting for the closing brace.
 */
export class StringMember {
  readonly #start: RegExp
  #text = ''
  /** Where the next undecoded character stands; -1 until the member's opening quote was seen. */
  #at = -1
  #closed = false
  #emitted = false

  constructor(member: string) {
    // The member must come first in the object: the schema has no other.
    this.#start = new RegExp(`^\\s*\\{\\s*"${member}"\\s*:\\s*"`)
  }

  /** Takes the next piece of JSON text; returns the characters of the member that it completes. */
  push(piece: string): string {
    this.#text += piece
    if (this.#closed) return ''
    if (this.#at < 0) {
      const found = this.#start.exec(this.#text)
      if (found === null) return ''
      this.#at = found[0].length
    }
    const end = this.#certainEnd()
    const raw = this.#text.slice(this.#at, end)
    this.#at = end
    if (raw === '') return ''
    this.#emitted = true
    return decode(raw)
  }

  /** What is left when the text ends: nothing, or the whole text where it was not the expected object. */
  finish(): string {
    return this.#emitted || this.#closed ? '' : fallback(this.#text)
  }

  /** The end of what can be decoded now: an escape or a surrogate pair cut in two has to wait. */
  #certainEnd(): number {
    const text = this.#text
    let at = this.#at
    while (at < text.length) {
      const char = text[at]
      if (char === '"') {
        this.#closed = true
        return at
      }
      if (char !== '\\') {
        at += 1
        continue
      }
      const length = text[at + 1] === 'u' ? 6 : 2
      if (at + length > text.length) return at
      const unit = length === 6 ? Number.parseInt(text.slice(at + 2, at + 6), 16) : 0
      const isHighSurrogate = unit >= 0xd800 && unit < 0xdc00
      if (isHighSurrogate && at + 12 > text.length) return at
      at += isHighSurrogate ? 12 : length
    }
    return at
  }
}

function decode(raw: string): string {
  try {
    return JSON.parse(`"${raw}"`) as string
  } catch {
    // Raw line breaks and bad escapes: models write them; the text itself is still what was meant.
    return raw
  }
}

function fallback(text: string): string {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'string') return value
    const members = typeof value === 'object' && value !== null ? Object.values(value) : []
    const first = members.find((member) => typeof member === 'string')
    return first ?? text
  } catch {
    return text
  }
}
