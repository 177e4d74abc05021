import type { ClientProtocol } from '../../src/gateway/call.ts'
import { Losses } from '../../src/ir/dropped.ts'
import type { ModelRequest } from '../../src/ir/request.ts'
import { run } from '../../src/stream/sink.ts'
import { formatSse } from '../../src/stream/sse.ts'
import { hasSoundResponse, type CorpusRecord } from '../../test/support/corpus.ts'
import { eventsOf, replyContext, requestOf, wholeOf, withoutEmptyCalls } from './answers.ts'
import { judge, type Cell, type Comparison } from './cell.ts'
import type { Semantics, Summary } from './semantics.ts'
import { corpusName, subjectFor, subjectOf } from './subjects.ts'
import { CLIENT_PROTOCOLS } from './targets.ts'

/** The recorded answer, given to a client of every other protocol that could have asked, streamed and whole. */
export function responseCells(record: CorpusRecord, semantics: Semantics): Promise<Cell>[] {
  const source = subjectFor(record.protocol)
  if (source === undefined || !hasSoundResponse(record)) return []
  const tidy = { ...record, response_body: withoutEmptyCalls(record.response_body) }
  const summary = semantics.summarizeExchange(tidy)
  // Several answers to one request come only where both sides speak one protocol, and are relayed.
  if (summary === null || summary.choices > 1) return []
  const asked = requestOf(record, source)
  const clients = CLIENT_PROTOCOLS.filter((to) => to !== source.id && couldAsk(to, asked, record))
  return clients.flatMap((to) =>
    (['whole', 'streamed'] as const).map((form) => {
      const losses = new Losses()
      const head = {
        matrix: 'responses' as const,
        form,
        from: source.id,
        to,
        record: record.id,
        features: record.features,
        dropped: losses.list,
      }
      return judge(head, () => {
        const client = subjectOf(to).protocol
        const context = replyContext(asked, form, (loss) => losses.add(loss))
        const events = eventsOf(tidy, source)
        const failure = events.find((event) => event.type === 'error')?.error
        if (failure !== undefined && (summary.error === null || form === 'whole')) {
          if (summary.error === null) throw failure
          return { differences: [], forms: [] }
        }
        if (form === 'streamed') {
          const stream = run(client.encodeStream(context), events).map(formatSse).join('')
          return compareAnswers(summary, semantics.summarize(corpusName(to), stream), to, semantics)
        }
        const { body, dropped } = client.encodeResponse(wholeOf(tidy, source), context)
        losses.add(...dropped)
        return compareAnswers(summary, semantics.summarize(corpusName(to), body), to, semantics)
      })
    }),
  )
}

/** A Completions client has but one text to ask with. */
function couldAsk(to: ClientProtocol, asked: ModelRequest, { request_body: body }: CorpusRecord): boolean {
  if (to !== 'completions') return true
  const [turn, ...others] = asked.turns
  return (
    body !== null &&
    turn?.role === 'user' &&
    others.length === 0 &&
    turn.parts.every((part) => part.kind === 'text') &&
    asked.tools.length === 0 &&
    asked.reasoning === undefined &&
    (asked.output === undefined || asked.output.type === 'text')
  )
}

function compareAnswers(want: Summary, got: Summary, to: ClientProtocol, semantics: Semantics): Comparison {
  if (want.error !== null)
    return { differences: got.error === null ? ['an error became a success'] : [], forms: [] }
  const differences = semantics.diffSummaries(want, got, { stop: want.stop !== null && want.stop !== '' })
  if (differences.length === 0) return { differences, forms: [] }
  const forms: string[] = []
  let [wanted, gotten] = [want, got]
  for (const { id, read } of ANSWER_READINGS) {
    const [nextWant, nextGot] = read(wanted, gotten, to)
    if (nextWant !== wanted || nextGot !== gotten) forms.push(id)
    wanted = nextWant
    gotten = nextGot
  }
  return { differences: semantics.diffSummaries(wanted, gotten, { stop: wanted.stop !== '' }), forms }
}

/** One way in which an answer says the same otherwise; the same objects where it does not apply. */
type AnswerReading = {
  readonly id: string
  readonly form: string
  read(want: Summary, got: Summary, to: ClientProtocol): readonly [Summary, Summary]
}

/** Reasons for stopping that OpenAI's protocols have one word for. */
const ONE_WORD: ReadonlySet<string | null> = new Set(['stop_sequence', 'pause', 'refusal', 'compaction'])

export const ANSWER_READINGS: readonly AnswerReading[] = [
  {
    id: 'refusals',
    form: 'a refusal in words is text, and the reason for stopping, where answers have no field for it',
    read: (want, got, to) =>
      (to === 'messages' || to === 'completions') && want.refusal && want.stop !== 'refusal'
        ? [{ ...want, text: want.text + want.refusal, stop: to === 'messages' ? 'refusal' : want.stop }, got]
        : [want, got],
  },
  {
    id: 'stop reasons',
    form: 'OpenAI’s protocols have one word, `stop` or `completed`, for the end, a stop sequence, a pause and a refusal',
    read: (want, got, to) =>
      to !== 'messages' && ONE_WORD.has(want.stop) && got.stop === 'stop'
        ? [{ ...want, stop: 'stop' }, got]
        : [want, got],
  },
  {
    id: 'joined thoughts',
    form: 'the parts of a summary of reasoning are joined by blank lines',
    read(want, got) {
      const close = (text: string): string => text.replaceAll(/\s+/g, '')
      return close(want.reasoningText) === close(got.reasoningText) &&
        want.reasoningText !== got.reasoningText
        ? [{ ...want, reasoningText: got.reasoningText }, got]
        : [want, got]
    },
  },
]
