/** One server-sent event as it arrived. */
export type TimedEvent = {
  readonly event?: string
  readonly data: string
  /** The data as JSON; undefined when it is none (`[DONE]`). */
  readonly json: any
  /** Milliseconds from the call of `readSse` to the arrival of the event's last byte. */
  readonly at: number
}

export type ReadStream = {
  readonly events: readonly TimedEvent[]
  /** Comment lines, without their colon: keep-alives. */
  readonly comments: readonly string[]
  /** Everything, as it came. */
  readonly text: string
  /** When each chunk of bytes arrived. */
  readonly chunks: readonly { readonly at: number; readonly bytes: number }[]
  /** True when the connection broke off before its end. */
  readonly broken: boolean
}

/**
 * Reads a response to its end or its break. A reader of its own, independent of the one under test: it takes the
 * whole text apart only by blank lines. `onEvent` is told of each event as it arrives.
 */
export async function readSse(
  response: Response,
  onEvent: (event: TimedEvent) => void = () => {},
): Promise<ReadStream> {
  const began = performance.now()
  const decoder = new TextDecoder()
  const events: TimedEvent[] = []
  const comments: string[] = []
  const chunks: { at: number; bytes: number }[] = []
  let text = ''
  let rest = ''
  const take = (more: string, at: number): void => {
    text += more
    const blocks = (rest + more).split(/\r?\n\r?\n/)
    rest = blocks.pop() ?? ''
    for (const block of blocks) {
      const lines = block.split(/\r?\n/)
      comments.push(...lines.filter((line) => line.startsWith(':')).map((line) => line.slice(1).trim()))
      const data = lines
        .filter((line) => line.startsWith('data:'))
        .map((line) => line.slice(5).replace(/^ /, ''))
      if (data.length === 0) continue
      const name = lines
        .find((line) => line.startsWith('event:'))
        ?.slice(6)
        .trim()
      const event = {
        ...(name !== undefined && { event: name }),
        data: data.join('\n'),
        json: tryJson(data.join('\n')),
        at,
      }
      events.push(event)
      onEvent(event)
    }
  }
  try {
    for await (const chunk of response.body ?? []) {
      const at = performance.now() - began
      chunks.push({ at, bytes: chunk.length })
      take(decoder.decode(chunk as Uint8Array, { stream: true }), at)
    }
    return { events, comments, text, chunks, broken: false }
  } catch {
    return { events, comments, text, chunks, broken: true }
  }
}

function tryJson(text: string): any {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
