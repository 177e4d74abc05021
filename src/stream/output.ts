import { byteText } from './byte-text.ts'

/** Gathers output until it is written; one chunk alone stays the chunk it was. */
export class Output {
  /** One character a byte. */
  #text = ''
  #chunks: Uint8Array[] = []

  append(chunk: string | Uint8Array): void {
    if (typeof chunk === 'string') this.#text += byteText(chunk)
    else {
      this.#sealText()
      this.#chunks.push(chunk)
    }
  }

  /** @param text one character a byte, as `byteText` gives it */
  appendBytes(text: string): void {
    this.#text += text
  }

  /** Everything so far: a string where all of it was text, one character a byte; undefined when there is nothing. */
  take(): Uint8Array | string | undefined {
    if (this.#chunks.length === 0) {
      const text = this.#text
      this.#text = ''
      return text === '' ? undefined : text
    }
    this.#sealText()
    const chunks = this.#chunks
    this.#chunks = []
    return chunks.length === 1 ? chunks[0] : Buffer.concat(chunks)
  }

  #sealText(): void {
    if (this.#text === '') return
    this.#chunks.push(Buffer.from(this.#text, 'latin1'))
    this.#text = ''
  }
}
