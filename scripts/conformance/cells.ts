import { GatewayError, type ErrorCode } from '../../src/errors.ts'
import type { Dropped } from '../../src/ir/dropped.ts'
import type { ModelEvent } from '../../src/ir/event.ts'
import { fold, unfold } from '../../src/ir/fold.ts'
import type { JsonObject } from '../../src/ir/json.ts'
import type { ModelRequest } from '../../src/ir/request.ts'
import type { ReplyContext } from '../../src/protocols/protocol.ts'
import { run } from '../../src/stream/sink.ts'
import { formatSse, parseSse } from '../../src/stream/sse.ts'
import { SUBJECTS, type Subject } from '../../test/laws/protocols.ts'
import { hasSoundRequest, hasSoundResponse, type CorpusRecord } from '../../test/support/corpus.ts'

/** The meaning of an answer, as the corpus' own tools read it. */
type Summary = {
  readonly text: string
  readonly toolCalls: readonly { readonly name: string }[]
  readonly stop: string | null
  readonly refusal: string | null
  readonly error: unknown
  readonly choices: number
  readonly [key: string]: unknown
}

/** The corpus' tools for comparing meanings. They share no code with Dragoman. */
export type Semantics = {
  summarize(protocol: string, body: unknown, format?: string): Summary
  summarizeExchange(record: CorpusRecord): Summary | null
  diffSummaries(want: Summary, got: Summary, options: object): string[]
  requestSummary(protocol: string, body: JsonObject): object
  diffRequests(want: object, got: object, options: object): string[]
}

/** One record taken from one protocol to another. */
export type Cell = {
  readonly matrix: 'responses' | 'requests'
  readonly form: 'whole' | 'streamed' | 'request'
  readonly from: string
  readonly to: string
  readonly record: string
  /** `reported`: it differs and Dragoman said so in `dropped`; `different`: it differs and nobody was told. */
  readonly outcome: 'equal' | 'reported' | 'different' | 'refused' | 'crashed'
  /** What differs, or why it was refused. */
  readonly reasons: readonly string[]
  readonly dropped: readonly Dropped[]
}

/** Stop reasons that a protocol has one word for. */
const SAME_STOP: Readonly<Record<string, readonly (readonly string[])[]>> = {
  chat: [
    ['stop', 'stop_sequence'],
    ['stop', 'pause'],
    ['stop', 'refusal'],
    ['stop', 'compaction'],
  ],
  completions: [
    ['stop', 'stop_sequence'],
    ['stop', 'pause'],
    ['stop', 'refusal'],
    ['stop', 'compaction'],
  ],
  responses: [
    ['stop', 'stop_sequence'],
    ['stop', 'pause'],
    ['stop', 'refusal'],
    ['stop', 'compaction'],
  ],
}

const subjectFor = (protocol: string): Subject | undefined =>
  SUBJECTS.find((subject) => subject.corpus.includes(protocol))

/** The recorded answer, given to a client of every protocol, streamed and whole. */
export function responseCells(record: CorpusRecord, semantics: Semantics): Cell[] {
  const source = subjectFor(record.protocol)
  if (source === undefined || !hasSoundResponse(record)) return []
  const summary = semantics.summarizeExchange(record)
  if (summary === null) return []
  const asked = requestOf(record, source)
  return SUBJECTS.flatMap((target) =>
    (['whole', 'streamed'] as const).map((form): Cell => {
      const dropped: Dropped[] = []
      const cell = {
        matrix: 'responses' as const,
        form,
        from: source.id,
        to: target.id,
        record: record.id,
        dropped,
      }
      return judge(cell, () => {
        const relayed = form === 'whole' && !record.stream && target.id === source.id
        if (summary.choices > 1 && !relayed) throw severalAnswers()
        const context = replyContext(asked, form === 'streamed', (loss) => void dropped.push(loss))
        const events = eventsOf(record, source)
        const failure = events.find((event) => event.type === 'error')?.error
        if (summary.error !== null) return failure === undefined ? ['an error became a success'] : []
        if (failure !== undefined) throw failure
        const body =
          form === 'whole' ? whole(record, source, target, context) : streamed(events, target, context)
        const want = expected(summary, target)
        const got = semantics.summarize(target.corpus[0]!, body)
        return semantics.diffSummaries(want, got, {
          stop: want.stop !== null,
          stopEquiv: SAME_STOP[target.id] ?? [],
        })
      })
    }),
  )
}

/** The recorded request, sent to an upstream of every protocol. */
export function requestCells(record: CorpusRecord, semantics: Semantics): Cell[] {
  const source = subjectFor(record.protocol)
  if (source === undefined || !hasSoundRequest(record)) return []
  const body = record.request_body!
  return SUBJECTS.map((target): Cell => {
    const dropped: Dropped[] = []
    const cell = {
      matrix: 'requests' as const,
      form: 'request' as const,
      from: source.id,
      to: target.id,
      record: record.id,
      dropped,
    }
    return judge(cell, () => {
      const encoded = target.protocol.encodeRequest(source.protocol.decodeRequest(body), target.faithful)
      dropped.push(...encoded.dropped)
      const want = semantics.requestSummary(record.protocol, body)
      const got = semantics.requestSummary(target.corpus[0]!, encoded.body)
      return semantics.diffRequests(want, got, {})
    })
  })
}

/** Errors that Dragoman means: what it cannot serve as asked, and answers that are none. */
const REFUSALS: ReadonlySet<ErrorCode> = new Set([
  'invalid-request',
  'not-supported',
  'upstream-broken',
  'upstream-failed',
])

function judge(cell: Omit<Cell, 'outcome' | 'reasons'>, compare: () => readonly string[]): Cell {
  try {
    const reasons = compare()
    const differs = cell.dropped.length > 0 ? 'reported' : 'different'
    return { ...cell, outcome: reasons.length === 0 ? 'equal' : differs, reasons }
  } catch (thrown) {
    const refused = thrown instanceof GatewayError && REFUSALS.has(thrown.code)
    const message = thrown instanceof Error ? thrown.message : String(thrown)
    return { ...cell, outcome: refused ? 'refused' : 'crashed', reasons: [message] }
  }
}

/**
 * What a client of the target may expect to read: no calls without a name (some servers send empty `function_call`
 * objects), no stop reason where the upstream gave none, and a refusal as text where the protocol has no field for it.
 */
function expected(summary: Summary, target: Subject): Summary {
  return {
    ...summary,
    toolCalls: summary.toolCalls.filter((call) => call.name !== ''),
    stop: summary.stop === '' ? null : summary.stop,
    ...(target.id === 'messages' &&
      summary.refusal &&
      summary.stop !== 'refusal' && { text: summary.text + summary.refusal, stop: 'refusal' }),
  }
}

/** The gateway refuses `n` above one unless the target speaks the client's protocol, and then relays bytes. */
function severalAnswers(): GatewayError {
  return new GatewayError('not-supported', 'several answers to one request')
}

/** The recorded answer as events; a whole one as if it had streamed. */
function eventsOf(record: CorpusRecord, source: Subject): ModelEvent[] {
  if (typeof record.response_body !== 'string') {
    return [...unfold(source.protocol.decodeResponse(record.response_body!, source.faithful))]
  }
  const events = run(parseSse(), [Buffer.from(record.response_body)])
  return run(source.protocol.decodeStream(source.faithful), events)
}

function streamed(events: readonly ModelEvent[], target: Subject, context: ReplyContext): string {
  return run(target.protocol.encodeStream(context), events).map(formatSse).join('')
}

function whole(record: CorpusRecord, source: Subject, target: Subject, context: ReplyContext): JsonObject {
  const response =
    typeof record.response_body === 'string'
      ? fold(eventsOf(record, source))
      : source.protocol.decodeResponse(record.response_body!, source.faithful)
  const encoded = target.protocol.encodeResponse(response, context)
  for (const loss of encoded.dropped) context.onDropped?.(loss)
  return encoded.body
}

/** The recorded request as the client made it; a plain one where none was recorded or it cannot be read. */
function requestOf(record: CorpusRecord, source: Subject): ModelRequest {
  const plain: ModelRequest = { model: 'model', stream: record.stream, turns: [], tools: [] }
  if (record.request_body === null) return plain
  try {
    return source.protocol.decodeRequest(record.request_body)
  } catch {
    return plain
  }
}

function replyContext(
  request: ModelRequest,
  stream: boolean,
  onDropped: (loss: Dropped) => void,
): ReplyContext {
  return {
    request: { ...request, stream, streamUsage: true },
    id: 'conformance0123456789',
    created: 1_790_000_000,
    onDropped,
  }
}
