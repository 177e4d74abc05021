import { restoringFor } from '../../src/gateway/adapt/adaptations.ts'
import { throughStage } from '../../src/gateway/answer.ts'
import type { ClientProtocol } from '../../src/gateway/call.ts'
import type { Exchange } from '../../src/gateway/exchange.ts'
import { GatewayError } from '../../src/errors.ts'
import { Losses } from '../../src/ir/dropped.ts'
import type { JsonObject } from '../../src/ir/json.ts'
import { formatSse } from '../../src/stream/sse.ts'
import { run } from '../../src/stream/sink.ts'
import type { Subject } from '../../test/laws/protocols.ts'
import { REPLAYS } from '../../test/laws/replay.ts'
import { hasSoundResponse, type CorpusRecord } from '../../test/support/corpus.ts'
import {
  accumulate,
  eventsOf,
  replyContext,
  requestOf,
  streamOf,
  wholeOf,
  withoutEmptyCalls,
} from './answers.ts'
import { judge, type Cell, type Comparison } from './cell.ts'
import { translated } from './requests.ts'
import { missing, saidBefore, saidIn, type Said } from './said.ts'
import type { Semantics, Summary } from './semantics.ts'
import { subjectFor, subjectOf } from './subjects.ts'
import { surroundings, targetFor, UPSTREAM_PROTOCOLS } from './targets.ts'
import { ELSEWHERE, withoutTold } from './text-readings.ts'

/** Clients that send back what they were told. */
const CLIENTS: readonly ClientProtocol[] = ['messages', 'chat', 'responses']

/**
 * The recorded answer, given to a client of another protocol through the gateway, sent back by it with results for its
 * calls, and sent on to the upstream that gave it: the assistant's turn must be what that upstream said.
 */
export function roundTripCells(record: CorpusRecord, semantics: Semantics): Promise<Cell>[] {
  const source = subjectFor(record.protocol)
  const from = UPSTREAM_PROTOCOLS.find((id) => id === source?.id)
  if (source === undefined || from === undefined || !hasSoundResponse(record)) return []
  const tidy = { ...record, response_body: withoutEmptyCalls(record.response_body) }
  const summary = semantics.summarizeExchange(tidy) as { model?: unknown } & ReturnType<
    Semantics['summarizeExchange']
  >
  // What broke off or failed has no next turn.
  if (summary === null || summary.choices > 1 || summary.error !== null) return []
  if (isFailure(tidy, source)) return []
  const stream = streamOf(tidy)
  const own = stream === undefined ? (tidy.response_body as JsonObject) : accumulate(from, stream, semantics)
  const said = withCalls(saidIn(from, own), summary)
  return CLIENTS.filter((to) => to !== from).flatMap((to) =>
    (['whole', 'streamed'] as const).map((form) => {
      const losses = new Losses()
      const head = {
        matrix: 'round trips' as const,
        form,
        from,
        to,
        record: record.id,
        features: record.features,
        dropped: losses.list,
      }
      return judge(head, async () => {
        const client = subjectOf(to)
        const deps = surroundings()
        const target = targetFor(from, to, String(summary?.model ?? 'model'), record)
        const scope = {
          issuer: target.provider.name,
          model: target.model,
          sameProtocol: false,
          secret: deps.settings.secret,
        }
        const restore = restoringFor(
          { client: client.protocol, deps } as unknown as Exchange,
          undefined,
          scope,
        )
        const context = replyContext(requestOf(record, source), form, (loss) => losses.add(loss))
        const reply =
          form === 'whole'
            ? client.protocol.encodeResponse(throughStage(wholeOf(tidy, source), restore), context).body
            : accumulate(
                to,
                run(client.protocol.encodeStream(context), run(restore, eventsOf(tidy, source)))
                  .map(formatSse)
                  .join(''),
                semantics,
              )
        const next = REPLAYS[to]!('What is it?', reply, 'It is so.')
        const { body, dropped } = await translated(client, target, next, deps)
        losses.add(...dropped)
        return compareSaid(said, saidBefore(from, body))
      })
    }),
  )
}

/** What was said against what came back; what ran at the provider comes back in words, and blank texts do not. */
function compareSaid(said: Said, back: Said): Comparison {
  const differences = missing(said, back)
  if (differences.length === 0 && !said.hosted) return { differences, forms: [] }
  const words = ({ texts, ...rest }: Said): Said => ({
    ...rest,
    texts: texts.map((text) => withoutTold(text).replaceAll(/\s+/g, '')),
  })
  return { differences: missing(words(said), words(back)), forms: [ELSEWHERE] }
}

/** Arguments that came in pieces, put together by the corpus' own tools. */
function withCalls(said: Said, { toolCalls }: Summary): Said {
  if (said.calls.length !== toolCalls.length) return said
  return { ...said, calls: said.calls.map((call, index) => ({ ...call, input: toolCalls[index]?.args })) }
}

function isFailure(record: CorpusRecord, source: Subject): boolean {
  try {
    return eventsOf(record, source).some((event) => event.type === 'error')
  } catch (thrown) {
    if (thrown instanceof GatewayError) return true
    throw thrown
  }
}
