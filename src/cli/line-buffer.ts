/** Gathers lines and writes them together. */
export type LineBuffer = {
  /** Writes the line with others of the same turn of the event loop. */
  add(line: string): void
  /** Writes what waits, now. */
  flush(): void
}

/** A write is a call into the system: a busy gateway would make one for every request. What waits is written at exit. */
export function createLineBuffer(write: (text: string) => void): LineBuffer {
  let waiting = ''
  const flush = (): void => {
    const text = waiting
    waiting = ''
    if (text !== '') write(text)
  }
  process.on('exit', flush)
  return {
    add(line) {
      if (waiting === '') setImmediate(flush)
      waiting += `${line}\n`
    },
    flush,
  }
}
