import type { Call, Reply } from './call.ts'
import type { GatewayDeps } from './deps.ts'
import { Exchange } from './exchange.ts'
import { withNamedItems } from './named-items.ts'

/**
 * Begins an exchange. What the request names by ids that we gave is put in its place before anybody looks at it, so that
 * routing, counting and every lane see the whole conversation.
 *
 * @throws GatewayError `invalid-request` when the body is no JSON object or names no model
 */
export function openExchange(call: Call, reply: Reply, deps: GatewayDeps): Exchange {
  const exchange = new Exchange(call, reply, deps)
  const whole = withNamedItems(exchange)
  if (whole === undefined) return exchange
  call.body = whole
  return new Exchange(call, reply, deps)
}
