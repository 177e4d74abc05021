import { isObject, parseJson, type JsonObject } from '../ir/json.ts'
import { joinResponses, joinStreams, splitPrompts } from '../protocols/completions/index.ts'
import type { Sink } from '../stream/sink.ts'
import { formatSse, parseSse, type SseEvent } from '../stream/sse.ts'
import type { Call, Reply } from './call.ts'
import type { Exchange } from './exchange.ts'

/** Answers one call; the gateway's own `handle`, passed in. */
export type HandleCall = (call: Call, reply: Reply) => Promise<void>

/** Upstream calls that one request may have under way at once. */
const AT_ONCE = 8

type Refusal = {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

/**
 * The requests that this one really is: legacy completions ask for several prompts and several answers at once, which
 * no other protocol can. Undefined for everything else: it is what it is.
 */
export function branchesOf(exchange: Exchange): readonly JsonObject[] | undefined {
  const { call } = exchange
  if (call.protocol !== 'completions' || call.operation !== 'generate') return undefined
  const branches = splitPrompts(exchange.wire)
  return branches.length > 1 ? branches : undefined
}

/**
 * Answers each branch by itself, with its own routing, retries and fallback, and joins the answers. The first branch
 * that fails ends the others, and its error is the answer.
 */
export async function fanOut(
  exchange: Exchange,
  branches: readonly JsonObject[],
  handle: HandleCall,
): Promise<void> {
  const { call, reply, stream } = exchange
  const stop = new AbortController()
  const signal = AbortSignal.any([call.signal, stop.signal])
  const sinks = joinStreams(
    { write: (event) => void reply.write(formatSse(event)), end: () => reply.end() },
    branches.length,
  )
  let refusal: Refusal | undefined
  const fail = (error: Refusal): void => {
    refusal ??= error
    stop.abort()
  }
  const replies = sinks.map((sink) => (stream ? new StreamBranch(reply, sink, fail) : new WholeBranch(fail)))
  const waiting = [...branches.entries()]
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined && !signal.aborted; next = waiting.shift()) {
      const [index, wire] = next
      const branch = {
        ...call,
        body: Buffer.from(JSON.stringify(wire)),
        requestId: `${call.requestId}-${index}`,
        signal,
      }
      await handle(branch, replies[index] as Reply)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
  if (call.signal.aborted) return
  if (refusal !== undefined) return refuse(reply, refusal)
  if (!stream) joinWhole(reply, replies as readonly WholeBranch[])
}

function refuse(reply: Reply, { status, headers, body }: Refusal): void {
  if (reply.started) {
    reply.write(formatSse({ data: body.toString('utf8') }))
  } else {
    reply.head(status, headers)
    reply.write(body)
  }
  reply.end()
}

function joinWhole(reply: Reply, branches: readonly WholeBranch[]): void {
  const bodies = branches.map(({ body }) => parseJson(body.toString('utf8'))).filter(isObject)
  const bytes = Buffer.from(JSON.stringify(joinResponses(bodies)), 'utf8')
  reply.head(200, { ...branches[0]?.headers, 'content-length': String(bytes.length) })
  reply.write(bytes)
  reply.end()
}

/** Where one branch answers: kept whole, an error told at once. */
class WholeBranch implements Reply {
  headers: Readonly<Record<string, string>> = {}
  started = false
  readonly #fail: (refusal: Refusal) => void
  readonly #pieces: Buffer[] = []
  #status = 200

  constructor(fail: (refusal: Refusal) => void) {
    this.#fail = fail
  }

  get body(): Buffer {
    return Buffer.concat(this.#pieces)
  }

  head(status: number, headers: Readonly<Record<string, string>>): void {
    this.started = true
    this.#status = status
    this.headers = headers
  }

  write(chunk: Uint8Array | string): boolean {
    this.#pieces.push(Buffer.from(chunk))
    return true
  }

  onDrain(callback: () => void): void {
    callback()
  }

  end(): void {
    if (this.#status !== 200) this.#fail({ status: this.#status, headers: this.headers, body: this.body })
  }
}

/** The same for a stream: its events go on to the client as they come. Completions are short, so nothing is held back. */
class StreamBranch extends WholeBranch {
  readonly #reply: Reply
  readonly #events: Sink<Uint8Array>
  #streaming = false

  constructor(reply: Reply, sink: Sink<SseEvent>, fail: (refusal: Refusal) => void) {
    super(fail)
    this.#reply = reply
    this.#events = parseSse()(sink)
  }

  override head(status: number, headers: Readonly<Record<string, string>>): void {
    super.head(status, headers)
    this.#streaming = status === 200
    if (this.#streaming && !this.#reply.started) this.#reply.head(status, headers)
  }

  override write(chunk: Uint8Array | string): boolean {
    if (!this.#streaming) return super.write(chunk)
    this.#events.write(Buffer.from(chunk))
    return true
  }

  override end(): void {
    if (this.#streaming) this.#events.end()
    else super.end()
  }
}
