import { Losses } from '../ir/dropped.ts'
import type { Operation } from '../providers/provider.ts'
import type { UpstreamResponse } from '../upstream/upstream.ts'
import type { Exchange } from './exchange.ts'
import { failureOf } from './failure.ts'
import { withoutBetas } from './heal/fields.ts'
import type { Target } from './target.ts'

/** What is to be sent, and how. */
export type Outgoing = {
  readonly operation: Operation
  readonly body: Buffer | string
  readonly stream: boolean
  readonly signal: AbortSignal
}

/**
 * Sends a request to a target. Resolves at the headers of a successful answer.
 *
 * @throws GatewayError what the upstream's failure means, or why it could not be reached
 */
export async function send(
  exchange: Exchange,
  target: Target,
  outgoing: Outgoing,
): Promise<UpstreamResponse> {
  const { call, deps } = exchange
  const { url, headers: all } = await target.provider.request({
    protocol: target.codec.id,
    operation: outgoing.operation,
    model: target.model,
    stream: outgoing.stream,
    clientHeaders: call.headers,
    ...(call.clientKey !== undefined && { clientKey: call.clientKey }),
  })
  const losses = new Losses()
  const headers = withoutBetas(all, target.lessons, losses)
  if (losses.list.length > 0) exchange.dropped = [...exchange.dropped, ...losses.list]
  exchange.sentHeaders = headers
  const { timeouts, network } = target.provider
  exchange.sentAt = deps.clock.now()
  exchange.answeredAt = undefined
  exchange.answeredBy = undefined
  const response = await deps.upstream.send({
    method: 'POST',
    url,
    headers,
    body: outgoing.body,
    timeouts,
    ...(network !== undefined && { network }),
    signal: outgoing.signal,
  })
  exchange.answeredAt = deps.clock.now()
  if (response.status >= 200 && response.status < 300) {
    exchange.trial?.answered()
    return response
  }
  throw await failureOf(response, target.codec)
}
