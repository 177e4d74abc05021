/** Gathers output until it is written: text stays text, and one chunk alone stays the chunk it was. */
export class Output {
  #text = ''
  #chunks: Uint8Array[] = []

  append(chunk: string | Uint8Array): void {
    if (typeof chunk === 'string') this.#text += chunk
    else {
      this.#sealText()
      this.#chunks.push(chunk)
    }
  }

  take(): string | Uint8Array | undefined {
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
    this.#chunks.push(Buffer.from(this.#text))
    this.#text = ''
  }
}
