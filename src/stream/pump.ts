/** Where bytes go, with backpressure. */
export interface ByteWriter {
  /** False when the writer is full: write no more until `onDrain` calls back. Strings are UTF-8. */
  write(chunk: Uint8Array | string): boolean
  /** Calls back once, when the writer has room again or is gone. */
  onDrain(callback: () => void): void
  end(): void
}

/** Where bytes come from. Flows only after `start`; exactly one of `end` and `error` follows. */
export interface ByteSource {
  start(consumer: ByteConsumer): void
  pause(): void
  resume(): void
  /** Stops the source at once and closes its connection; the consumer hears nothing more. */
  abort(): void
}

export interface ByteConsumer {
  data(chunk: Buffer): void
  end(): void
  /** The source broke off. */
  error(cause: Error): void
}
