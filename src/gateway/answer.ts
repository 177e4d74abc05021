import { GatewayError } from '../errors.ts'
import { Fold, unfold } from '../ir/fold.ts'
import type { ModelEvent } from '../ir/event.ts'
import { isObject, parseJson, type JsonObject } from '../ir/json.ts'
import type { ModelResponse } from '../ir/response.ts'
import { readAll } from '../stream/read-all.ts'
import { run, type Stage } from '../stream/sink.ts'
import { parseSse } from '../stream/sse.ts'
import type { UpstreamResponse } from '../upstream/upstream.ts'
import type { Exchange } from './exchange.ts'
import type { Target } from './target.ts'

/** A whole answer is refused beyond this. Images come as base64 in JSON, so it is generous. Bytes. */
const LONGEST_ANSWER = 256 * 1024 * 1024

/** True when the upstream answers as a stream of events. */
export function isEventStream(response: UpstreamResponse): boolean {
  return (response.headers['content-type'] ?? '').toLowerCase().includes('text/event-stream')
}

/**
 * The bytes and the JSON of a whole answer.
 *
 * @throws GatewayError what an error body under status 200 means; `upstream-broken` for what is no answer at all
 */
export async function readJsonAnswer(
  exchange: Exchange,
  target: Target,
  response: UpstreamResponse,
): Promise<{ bytes: Buffer; wire: JsonObject }> {
  const bytes = await readBytes(exchange, target, response)
  return { bytes, wire: wireOf(target, response, bytes) }
}

/** The JSON of a whole answer; throws what it means when it is none. */
function wireOf(target: Target, response: UpstreamResponse, bytes: Buffer): JsonObject {
  const wire = parseJson(bytes.toString('utf8'))
  const isError =
    isObject(wire) &&
    (isObject(wire['error']) || typeof wire['error'] === 'string' || wire['type'] === 'error')
  if (isObject(wire) && !isError) return wire
  if (isObject(wire)) {
    const { status, headers } = response
    throw target.codec.decodeError({ status, headers, body: bytes.toString('utf8') })
  }
  throw new GatewayError('upstream-broken', notAnAnswer(target, response, bytes))
}

/** The upstream's whole answer as the IR, whichever way it chose to send it. */
export async function readAnswer(
  exchange: Exchange,
  target: Target,
  response: UpstreamResponse,
): Promise<ModelResponse> {
  const bytes = await readBytes(exchange, target, response)
  if (!isEventStream(response) && !beginsLikeEvents(bytes)) {
    return target.codec.decodeResponse(wireOf(target, response, bytes))
  }
  const folding = new Fold()
  for (const event of run(target.codec.decodeStream(), run(parseSse(), [bytes]))) folding.push(event)
  if (folding.error !== undefined) throw folding.error
  return folding.result()
}

/** True for a stream of events whose content type says something else, as some proxies and small servers have it. */
const beginsLikeEvents = (bytes: Buffer): boolean =>
  /^\s*(?:data|event|id|retry)?:/.test(bytes.toString('utf8', 0, 100))

/** Passes a whole answer through a stage that was made for streams. */
export function throughStage(answer: ModelResponse, stage: Stage<ModelEvent, ModelEvent>): ModelResponse {
  const folding = new Fold()
  for (const event of run(stage, unfold(answer))) folding.push(event)
  const { alternatives } = answer
  return { ...folding.result(), ...(alternatives !== undefined && { alternatives }) }
}

function readBytes(exchange: Exchange, target: Target, response: UpstreamResponse): Promise<Buffer> {
  return readAll(response.body, {
    limit: LONGEST_ANSWER,
    idleMs: target.provider.timeouts.idle,
    clock: exchange.deps.clock,
  })
}

function notAnAnswer(target: Target, response: UpstreamResponse, bytes: Buffer): string {
  if (bytes.length === 0) return `${target.name} answered ${response.status} with an empty body`
  const type = response.headers['content-type'] ?? 'no content type'
  return `${target.name} answered ${response.status} with ${type} that is no JSON object; a proxy or a wrong URL may be in the way`
}
