import type { ByteConsumer, ByteSource } from '../stream/pump.ts'

/** What a body steers: its connection. */
export type Valve = { pause(): void; resume(): void; abort(reason: Error): void }

/**
 * The bytes of one answer. Stands still until `start`; what the connection delivers all the same, because
 * the other side closed it, waits here.
 */
export class ResponseBody implements ByteSource {
  readonly #valve: Valve
  #consumer: ByteConsumer | undefined
  #waiting: Buffer[] = []
  #paused = true
  #end: { readonly error?: Error } | undefined
  #over = false

  constructor(valve: Valve) {
    this.#valve = valve
    valve.pause()
  }

  start(consumer: ByteConsumer): void {
    this.#consumer = consumer
    this.resume()
  }

  pause(): void {
    if (this.#paused || this.#over) return
    this.#paused = true
    if (this.#end === undefined) this.#valve.pause()
  }

  resume(): void {
    if (!this.#paused || this.#over) return
    this.#paused = false
    this.#deliver()
    if (this.#isFlowing()) this.#valve.resume()
  }

  abort(): void {
    if (this.#over) return
    this.#over = true
    this.#waiting = []
    if (this.#end === undefined) this.#valve.abort(new Error('The answer is no longer wanted'))
  }

  /** The connection has bytes. */
  push(chunk: Buffer): void {
    if (this.#over) return
    if (this.#paused || this.#waiting.length > 0) this.#waiting.push(chunk)
    else this.#consumer?.data(chunk)
  }

  /** The connection has no more. */
  finish(): void {
    this.#end ??= {}
    this.#deliver()
  }

  /** The connection broke. The consumer hears it after the bytes that came before. */
  fail(error: Error): void {
    this.#end ??= { error }
    this.#deliver()
  }

  #isFlowing(): boolean {
    return !this.#paused && !this.#over && this.#end === undefined
  }

  #deliver(): void {
    const consumer = this.#consumer
    if (consumer === undefined) return
    while (!this.#paused && !this.#over) {
      const chunk = this.#waiting.shift()
      if (chunk !== undefined) {
        consumer.data(chunk)
        continue
      }
      if (this.#end === undefined) return
      this.#over = true
      if (this.#end.error === undefined) consumer.end()
      else consumer.error(this.#end.error)
    }
  }
}
