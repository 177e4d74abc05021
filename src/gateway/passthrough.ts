import { withRaisedOutput } from './adapt/least-output.ts'
import { Losses, type Encoded } from '../ir/dropped.ts'
import { asString, type JsonObject } from '../ir/json.ts'
import type { Usage } from '../ir/usage.ts'
import { mayHoldEnvelope } from './adapt/seals.ts'
import { isEventStream, readAnswer, readJsonAnswer } from './answer.ts'
import type { Exchange } from './exchange.ts'
import { withoutFields } from './heal/fields.ts'
import { withoutReasoning } from './heal/reasoning.ts'
import type { LaneResult } from './lane.ts'
import { refuseLosses } from './lossy.ts'
import type { Pinger } from './pinger.ts'
import { noteMaker, relayBytes } from './relay-bytes.ts'
import { rememberAnswer, withRecalledReasoning } from './relayed-reasoning.ts'
import { respell } from './respell.ts'
import { replyAnswer } from './reply-answer.ts'
import { replyWhole } from './reply.ts'
import { sealScope } from './seal-scope.ts'
import { send } from './send.ts'
import { spliceMembers } from './splice.ts'
import type { Target } from './target.ts'
import { withoutForeignSeals } from './wire-seals.ts'

/**
 * Answers in one and the same protocol. The request's own bytes go out, changed only where they must be: the model's name,
 * what the upstream is known to refuse, reasoning that it cannot read. The answer's bytes come back untouched.
 */
export async function passthrough(exchange: Exchange, target: Target, pinger: Pinger): Promise<LaneResult> {
  const { call } = exchange
  const body = outgoingBody(exchange, target)
  refuseLosses(exchange, exchange.dropped)
  const response = await send(exchange, target, {
    operation: 'generate',
    body,
    stream: exchange.stream,
    signal: call.signal,
  })
  if (exchange.stream !== isEventStream(response)) {
    const answer = await readAnswer(exchange, target, response)
    exchange.answeredBy = answer.model
    return replyAnswer(exchange, answer, response.headers)
  }
  if (exchange.stream) return relayBytes(exchange, target, response, pinger)
  const { bytes, wire } = await readJsonAnswer(exchange, target, response)
  noteMaker(exchange, target, wire['id'])
  exchange.answeredBy = asString(wire['model'])
  rememberAnswer(exchange, target, wire)
  const usage = target.codec.usageOf(wire)
  if (usage !== undefined) exchange.usage = usage as Usage
  replyWhole(exchange, bytes, response.headers)
  return { ok: true }
}

/** The bytes to send; sets `exchange.dropped`. */
export function outgoingBody(exchange: Exchange, target: Target): Buffer {
  const { call, outline, outlinedWire: wire } = exchange
  const { body, dropped } = mendedWire(exchange, target)
  exchange.dropped = dropped
  if (body === wire)
    return exchange.model === target.model
      ? call.body
      : spliceMembers(call.body, { model: JSON.stringify(target.model) })
  const changed = { ...body, model: target.model }
  if (outline === undefined) return respell(call.body, wire, changed)
  return outline.fill(respell(Buffer.from(outline.json), wire, changed).toString('utf8'))
}

/**
 * The client's request, or its outline, as this upstream takes it, its model aside; the very same object when nothing had
 * to change.
 */
export function mendedWire(exchange: Exchange, target: Target): Encoded<JsonObject> {
  const { call, outline, outlinedWire: wire } = exchange
  const losses = new Losses()
  let changed: JsonObject = mayHoldEnvelope(outline?.json ?? call.body)
    ? withoutForeignSeals(wire, sealScope(exchange, target), losses)
    : wire
  if (target.isUnreadable !== undefined) changed = withoutReasoning(changed, target.isUnreadable, losses)
  changed = withRecalledReasoning(changed, exchange, target)
  changed = withRaisedOutput(changed, target.minOutputTokens)
  const patched = target.codec.patchRequest(changed)
  if (patched !== undefined) {
    losses.add(...patched.dropped)
    changed = patched.body
  }
  return { body: withoutFields(changed, target.lessons, losses), dropped: losses.list }
}
