import { answeredElsewhere, type Exchange } from './exchange.ts'
import type { LaneResult } from './lane.ts'

/** One line of the log for every request: what was asked, who answered, what it cost and what was lost. */
export function logExchange(exchange: Exchange, result: LaneResult): void {
  const { call, deps, target, usage, dropped, attempts } = exchange
  const fields = {
    requestId: call.requestId,
    protocol: call.protocol,
    model: exchange.model,
    target: target?.name,
    answeredBy: answeredElsewhere(exchange) ? exchange.answeredBy : undefined,
    lane: exchange.lane,
    stream: exchange.stream,
    attempts,
    ms: Math.round(deps.clock.now() - exchange.startedAt),
    usage,
    dropped: dropped.length > 0 ? dropped : undefined,
    body: deps.settings.logBodies ? call.body.toString('utf8') : undefined,
  }
  if (call.signal.aborted) deps.log.info('client went away', fields)
  else if (result.ok) deps.log.info('answered', fields)
  else {
    const { code, status, message, details, cause } = result.error
    deps.log[code === 'internal' ? 'error' : 'warn']('failed', {
      ...fields,
      code,
      status,
      reason: message,
      upstreamStatus: details.upstream?.status,
      ...(cause !== undefined && { cause }),
    })
  }
}
