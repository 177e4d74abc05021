import { Losses } from '../ir/dropped.ts'
import { adaptAll } from './adapt/adaptation.ts'
import { adaptationsFor, restoringFor } from './adapt/adaptations.ts'
import { isEventStream, readAnswer, throughStage } from './answer.ts'
import type { Exchange } from './exchange.ts'
import type { LaneResult } from './lane.ts'
import { withoutFields } from './heal/fields.ts'
import { inlineMedia } from './inline-media.ts'
import { refuseLosses } from './lossy.ts'
import type { Pinger } from './pinger.ts'
import { asksOnlyForWebSearch, searchUnavailable } from './no-web-search.ts'
import { refuseUnknownNames } from './named-items.ts'
import { replyAnswer } from './reply-answer.ts'
import { sealScope } from './seal-scope.ts'
import { send } from './send.ts'
import { streamEvents, type Cut } from './stream-events.ts'
import type { Target } from './target.ts'
import { translatable } from './translatable.ts'

/** Beyond this many output tokens Anthropic's own SDK refuses to wait for a whole answer. */
const LONGEST_WHOLE_ANSWER = 21_333

/** Answers through the IR: the client's protocol on one side, the target's on the other. */
export async function translate(exchange: Exchange, target: Target, pinger: Pinger): Promise<LaneResult> {
  const { call, deps } = exchange
  refuseUnknownNames(exchange, target)
  if (target.codec.dialect.webSearch === false && asksOnlyForWebSearch(exchange.outlinedRequest)) {
    return replyAnswer(exchange, searchUnavailable(exchange.request, deps.newId(), target.name), {})
  }
  const cut: Cut = {}
  const scope = sealScope(exchange, target)
  const { request, write } = translatable(exchange, target)
  const inlined = await inlineMedia(request, {
    dialect: target.codec.dialect,
    fetch: deps.fetchMedia,
    signal: call.signal,
  })
  const adapted = adaptAll(
    inlined.request,
    adaptationsFor({ exchange, target, scope, onCut: () => cut.finish?.() }),
  )
  // Long whole answers are streamed by the upstream and folded here, so that a stall is noticed in time.
  const stream = exchange.stream || needsStream(target, request.maxOutputTokens)
  const encoded = target.codec.encodeRequest({ ...adapted.request, model: target.model, stream })
  const losses = new Losses()
  losses.add(...inlined.dropped, ...adapted.dropped, ...encoded.dropped)
  const body = withoutFields(encoded.body, target.lessons, losses)
  exchange.dropped = losses.list
  refuseLosses(exchange, exchange.dropped)

  const response = await send(exchange, target, {
    operation: 'generate',
    body: write(JSON.stringify(body)),
    stream,
    signal: call.signal,
  })
  const restore = restoringFor(exchange, adapted.restore, scope)
  if (exchange.stream && isEventStream(response)) {
    return streamEvents({ exchange, target, response, restore, pinger, cut })
  }
  const answer = throughStage(await readAnswer(exchange, target, response), restore)
  exchange.answeredBy = answer.model
  return replyAnswer(exchange, answer, response.headers)
}

const needsStream = (target: Target, maxOutputTokens: number | undefined): boolean =>
  target.codec.id === 'messages' && (maxOutputTokens ?? Infinity) > LONGEST_WHOLE_ANSWER
