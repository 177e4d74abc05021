import { Losses } from '../ir/dropped.ts'
import type { ModelEvent } from '../ir/event.ts'
import { pipe, type Stage } from '../stream/sink.ts'
import { adaptAll, type Adapt } from './adapt/adaptation.ts'
import { dropAttribution } from './adapt/attribution.ts'
import { wrapCustomTools } from './adapt/custom-tools.ts'
import { declareDeferredTools } from './adapt/deferred-tools.ts'
import { openSeals, wrapSeals, type SealScope } from './adapt/seals.ts'
import { enforceStops } from './adapt/stop-sequences.ts'
import { fitToolNames } from './adapt/tool-names.ts'
import { isEventStream, readAnswer, throughStage } from './answer.ts'
import type { Exchange } from './exchange.ts'
import type { LaneResult } from './handle.ts'
import { withoutFields } from './heal/fields.ts'
import { dropReasoning } from './heal/reasoning.ts'
import { inlineMedia } from './inline-media.ts'
import { refuseLosses } from './lossy.ts'
import type { Pinger } from './pinger.ts'
import { replyWhole } from './reply.ts'
import { send } from './send.ts'
import { streamAnswer, streamEvents, type Cut } from './stream-events.ts'
import type { Target } from './target.ts'

/** Beyond this many output tokens Anthropic's own SDK refuses to wait for a whole answer. */
const LONGEST_WHOLE_ANSWER = 21_333

/** Answers through the IR: the client's protocol on one side, the target's on the other. */
export async function translate(exchange: Exchange, target: Target, pinger: Pinger): Promise<LaneResult> {
  const { call, deps } = exchange
  const cut: Cut = {}
  const scope: SealScope = {
    issuer: target.provider.name,
    model: target.model,
    sameProtocol: target.codec.id === exchange.client.id,
    secret: deps.settings.secret,
  }
  const inlined = await inlineMedia(exchange.request, {
    dialect: target.codec.dialect,
    fetch: deps.fetchMedia,
    signal: call.signal,
  })
  const adapted = adaptAll(
    inlined.request,
    adaptations(target, scope, () => cut.finish?.()),
  )
  // Long whole answers are streamed by the upstream and folded here, so that a stall is noticed in time.
  const stream = exchange.stream || needsStream(target, exchange.request.maxOutputTokens)
  const encoded = target.codec.encodeRequest({ ...adapted.request, model: target.model, stream })
  const losses = new Losses()
  losses.add(...inlined.dropped, ...adapted.dropped, ...encoded.dropped)
  const body = withoutFields(encoded.body, target.lessons, losses)
  exchange.dropped = losses.list
  refuseLosses(exchange, exchange.dropped)

  const response = await send(exchange, target, {
    operation: 'generate',
    body: JSON.stringify(body),
    stream,
    signal: call.signal,
  })
  const restore = restoring(adapted.restore, scope)
  if (exchange.stream && isEventStream(response)) {
    return streamEvents({ exchange, target, response, restore, pinger, cut })
  }
  const answer = throughStage(await readAnswer(exchange, target, response), restore)
  exchange.usage = answer.usage
  if (exchange.stream) return streamAnswer(exchange, answer, response)
  const reply = exchange.client.encodeResponse(answer, exchange.context)
  exchange.dropped = [...exchange.dropped, ...reply.dropped]
  replyWhole(exchange, JSON.stringify(reply.body), response.headers)
  return { ok: true }
}

/** In this order: what names things goes last, so that it sees every name that will be sent. */
function adaptations(target: Target, scope: SealScope, onCut: () => void): readonly Adapt[] {
  const { dialect, id } = target.codec
  const { isUnreadable } = target
  return [
    ...(id === 'messages' ? [] : [dropAttribution]),
    openSeals(scope),
    ...(isUnreadable === undefined ? [] : [dropReasoning(isUnreadable)]),
    ...(dialect.deferredTools ? [] : [declareDeferredTools]),
    ...(dialect.customTools ? [] : [wrapCustomTools]),
    enforceStops(dialect.maxStops, onCut),
    fitToolNames(dialect.toolNameLimit),
  ]
}

function restoring(
  undo: Stage<ModelEvent, ModelEvent> | undefined,
  scope: SealScope,
): Stage<ModelEvent, ModelEvent> {
  const seal = wrapSeals(scope)
  return undo === undefined ? seal : pipe(undo, seal)
}

const needsStream = (target: Target, maxOutputTokens: number | undefined): boolean =>
  target.codec.id === 'messages' && (maxOutputTokens ?? Infinity) > LONGEST_WHOLE_ANSWER
