import type { GatewayError } from '../../errors.ts'
import { chat } from '../../protocols/chat/index.ts'
import { errorBody } from '../../protocols/chat/errors.ts'
import { returnedHeaders } from '../../providers/any-path.ts'
import { FrameGate } from '../../stream/frame-gate.ts'
import { pump, type PumpTransform } from '../../stream/pump.ts'
import type { UpstreamResponse } from '../../upstream/upstream.ts'
import type { Carry } from '../call.ts'
import { relayedError } from '../relay-error.ts'
import { answerHeaders } from '../upstream-headers.ts'
import type { CarryTarget } from './candidates.ts'
import { LONGEST_LESSON } from './owners.ts'
import type { Passage } from './passage.ts'

/** What says what the bytes are; everything else of the upstream's headers is chosen as for every answer. */
const OF_THE_BODY = [
  'content-type',
  'content-length',
  'content-encoding',
  'content-disposition',
  'etag',
  'last-modified',
  'openai-version',
] as const

const OF_STREAMS = { 'cache-control': 'no-cache, no-transform', 'x-accel-buffering': 'no' } as const

/**
 * Moves an answer to the client as it comes. One that breaks off never looks whole: a stream of events ends with an
 * error event, anything else with a closed connection.
 *
 * @throws GatewayError what went wrong; when nothing was sent yet, another place may be tried
 */
export async function relayAnswer(
  passage: Passage,
  target: CarryTarget,
  response: UpstreamResponse,
): Promise<void> {
  const { call, deps, reply } = passage
  const type = (response.headers['content-type'] ?? '').toLowerCase()
  const isEvents = type.includes('text/event-stream')
  const commit = () => {
    if (!reply.started) passage.head(response.status, answerHead(call, response.headers, isEvents))
  }
  const lesson = new Lesson(type.includes('json'))
  const result = await pump({
    source: response.body,
    transform: isEvents ? eventRelay() : byteRelay(lesson),
    // The end depends on how it went.
    writer: {
      write: (chunk) => reply.write(chunk),
      onDrain: (callback) => reply.onDrain(callback),
      end() {},
    },
    signal: call.signal,
    clock: deps.clock,
    idleMs: target.provider.timeouts.idle,
    pingAfterMs: 0,
    ping: () => '',
    onFirstOutput: commit,
  })
  switch (result.outcome) {
    case 'done':
      commit()
      if (lesson.text !== undefined) deps.owners?.learn(lesson.text, target.provider.name)
      return reply.end()
    case 'aborted':
      return
    case 'idle':
    case 'broken':
      if (result.started && isEvents) reply.end()
      else if (result.started) reply.cut?.()
      throw result.error
    default:
      throw new Error(`no such outcome: ${result satisfies never}`)
  }
}

/** Tells the client of an error: an upstream's own body as it is, where clients of OpenAI can read it. */
export function tellError(passage: Passage, error: GatewayError): void {
  const { call, reply } = passage
  if (reply.started || call.signal.aborted || error.code === 'client-closed') return
  const shared = answerHeaders('chat', error.details.upstream?.headers)
  if (call.operation === 'any-path') {
    const { upstream } = error.details
    if (upstream !== undefined && error.code !== 'upstream-auth')
      return send(passage, upstream.status, returnedHeaders(upstream.headers), upstream.body)
  }
  const relayed = relayedError(error, 'chat', 'passthrough')
  const { status, headers, body } = chat.encodeError(error, call.requestId)
  if (relayed !== undefined) {
    // What the gateway has tried in vain the client need not try again.
    const verdict = headers['x-should-retry']
    const retry = verdict === undefined ? {} : { 'x-should-retry': verdict }
    const told = { ...shared, ...retry, ...JSON_BODY, ...relayed.headers }
    return send(passage, relayed.status, told, relayed.body)
  }
  send(passage, status, { ...shared, ...headers, ...JSON_BODY }, JSON.stringify(body))
}

const JSON_BODY = { 'content-type': 'application/json' } as const

function send(
  passage: Passage,
  status: number,
  headers: Readonly<Record<string, string>>,
  body: string,
): void {
  const bytes = Buffer.from(body, 'utf8')
  passage.head(status, { ...headers, 'content-length': String(bytes.length) })
  passage.reply.write(bytes)
  passage.reply.end()
}

function answerHead(
  { operation }: Carry,
  upstream: Readonly<Record<string, string>>,
  isEvents: boolean,
): Readonly<Record<string, string>> {
  if (operation === 'any-path') return { ...returnedHeaders(upstream), ...(isEvents && OF_STREAMS) }
  const body = OF_THE_BODY.flatMap((name) => {
    const value = upstream[name]
    return value === undefined ? [] : [[name, value] as const]
  })
  return {
    ...answerHeaders('chat', upstream),
    ...Object.fromEntries(body),
    ...(isEvents && OF_STREAMS),
  }
}

function byteRelay(lesson: Lesson): PumpTransform {
  return (out) => ({
    write(chunk) {
      lesson.push(chunk)
      out.write(chunk)
    },
    end() {},
    fail() {},
  })
}

/** Whole events only, so that an error can follow the last of them. */
function eventRelay(): PumpTransform {
  return (out) => {
    const gate = new FrameGate((bytes) => out.write(bytes))
    return {
      write: (chunk) => gate.push(chunk),
      end: () => gate.flush(),
      fail: (error) => out.write(`event: error\ndata: ${JSON.stringify(errorBody(error))}\n\n`),
    }
  }
}

/** Keeps a copy of a short JSON answer, for the ids in it. */
class Lesson {
  #chunks: Buffer[] | undefined
  #size = 0

  constructor(isJson: boolean) {
    if (isJson) this.#chunks = []
  }

  push(chunk: Buffer): void {
    if (this.#chunks === undefined) return
    this.#size += chunk.length
    if (this.#size > LONGEST_LESSON) this.#chunks = undefined
    else this.#chunks.push(chunk)
  }

  get text(): string | undefined {
    return this.#chunks === undefined ? undefined : Buffer.concat(this.#chunks).toString('utf8')
  }
}
