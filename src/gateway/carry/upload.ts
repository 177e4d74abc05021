import type { ByteConsumer, ByteSource } from '../../stream/pump.ts'
import type { FormPiece, Scanner } from './form-scanner.ts'

/**
 * An upload on its way through: its beginning can be looked at before anybody is found to take it, and a field that the
 * scanner finds goes out under another value.
 */
export class Upload implements ByteSource {
  /** How the field's value is told to the consumer; may throw a GatewayError, which then ends the upload. */
  rename: (value: string) => string = (value) => value

  readonly #source: ByteSource
  readonly #scanner: Scanner
  readonly #held: FormPiece[] = []
  #heldBytes = 0
  #value: string | undefined
  #consumer: ByteConsumer | undefined
  #opened = false
  #paused = false
  #end: { readonly error?: Error } | undefined
  #over = false
  #looking: { readonly limit: number; readonly done: () => void } | undefined

  constructor(source: ByteSource, scanner: Scanner) {
    this.#source = source
    this.#scanner = scanner
  }

  /** The field's value, as far as has been looked. */
  get value(): string | undefined {
    return this.#value
  }

  /** True once all of it has been seen. */
  get complete(): boolean {
    return this.#end !== undefined && this.#end.error === undefined
  }

  /** True once somebody has begun to take it: it cannot be had a second time. */
  get taken(): boolean {
    return this.#consumer !== undefined
  }

  /** Reads on until the field has come, the upload is complete, or more than `limit` bytes are held. Rejects when it breaks. */
  async look(limit: number): Promise<void> {
    await new Promise<void>((done) => {
      this.#looking = { limit, done }
      this.#open()
      this.#check()
    })
    if (this.#end?.error !== undefined) throw this.#end.error
  }

  start(consumer: ByteConsumer): void {
    this.#consumer = consumer
    this.#open()
    this.#deliver()
  }

  pause(): void {
    this.#paused = true
    if (this.#end === undefined) this.#source.pause()
  }

  resume(): void {
    this.#paused = false
    this.#deliver()
  }

  abort(): void {
    if (this.#over) return
    this.#over = true
    this.#held.length = 0
    if (this.#end === undefined) this.#source.abort()
  }

  #open(): void {
    if (this.#end !== undefined) return
    if (this.#opened) return this.#source.resume()
    this.#opened = true
    this.#source.start({
      data: (chunk) => this.#take(() => this.#scanner.push(chunk)),
      end: () => {
        this.#take(() => this.#scanner.end())
        this.#finish({})
      },
      error: (error) => this.#finish({ error }),
    })
  }

  #take(scan: () => readonly FormPiece[]): void {
    if (this.#over || this.#end !== undefined) return
    try {
      for (const piece of scan()) {
        this.#held.push(piece)
        if (Buffer.isBuffer(piece)) this.#heldBytes += piece.length
        else this.#value = piece.value
      }
    } catch (thrown) {
      this.#source.abort()
      this.#finish({ error: thrown as Error })
      return
    }
    this.#check()
    this.#deliver()
  }

  #finish(end: { readonly error?: Error }): void {
    this.#end ??= end
    this.#check()
    this.#deliver()
  }

  #check(): void {
    const looking = this.#looking
    if (looking === undefined) return
    const enough = this.#value !== undefined || this.#heldBytes > looking.limit
    if (!enough && this.#end === undefined) return
    this.#looking = undefined
    if (this.#end === undefined) this.#source.pause()
    looking.done()
  }

  #deliver(): void {
    const consumer = this.#consumer
    if (consumer === undefined || this.#over) return
    while (!this.#isHalted() && this.#held.length > 0) {
      const piece = this.#held.shift() as FormPiece
      try {
        if (Buffer.isBuffer(piece)) this.#heldBytes -= piece.length
        consumer.data(Buffer.isBuffer(piece) ? piece : Buffer.from(this.rename(piece.value), 'utf8'))
      } catch (thrown) {
        this.abort()
        consumer.error(thrown as Error)
        return
      }
    }
    if (this.#isHalted()) return
    if (this.#end === undefined) return this.#source.resume()
    this.#over = true
    if (this.#end.error === undefined) consumer.end()
    else consumer.error(this.#end.error)
  }

  /** Asked anew after every piece: taking one may change it. */
  #isHalted(): boolean {
    return this.#paused || this.#over
  }
}
