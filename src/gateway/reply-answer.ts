import type { ModelResponse } from '../ir/response.ts'
import type { Exchange } from './exchange.ts'
import type { LaneResult } from './lane.ts'
import { replyWhole } from './reply.ts'
import { streamAnswer } from './stream-events.ts'

/** Gives the client a whole answer, in the form that it asked for. `upstream` are the headers it came with. */
export function replyAnswer(
  exchange: Exchange,
  answer: ModelResponse,
  upstream: Readonly<Record<string, string>>,
): LaneResult {
  exchange.usage = answer.usage
  if (exchange.stream) return streamAnswer(exchange, answer, upstream)
  const { body, dropped } = exchange.client.encodeResponse(answer, exchange.context)
  exchange.dropped = [...exchange.dropped, ...dropped]
  replyWhole(exchange, JSON.stringify(body), upstream)
  return { ok: true }
}
