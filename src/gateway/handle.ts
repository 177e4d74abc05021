import { clientGone, toGatewayError } from '../errors.ts'
import { Course } from '../routing/course.ts'
import { route } from '../routing/route.ts'
import { attempt } from './attempt.ts'
import type { Call, Reply } from './call.ts'
import { countTokens } from './count-tokens.ts'
import type { GatewayDeps } from './deps.ts'
import type { Exchange } from './exchange.ts'
import { branchesOf, fanOut } from './fan-out.ts'
import type { LaneResult } from './lane.ts'
import { learnTokens } from './learn-tokens.ts'
import { Pinger } from './pinger.ts'
import { openExchange } from './open-exchange.ts'
import { logExchange } from './record.ts'
import { replyWithError, replyWithFault } from './reply.ts'
import { ExchangeFacts } from './request-facts.ts'
import { sleep } from './sleep.ts'

/** Answers one request, whatever happens: it never throws, and the client hears exactly one ending. */
export async function handle(call: Call, reply: Reply, deps: GatewayDeps): Promise<void> {
  let exchange: Exchange | undefined
  try {
    exchange = openExchange(call, reply, deps)
    if (call.operation === 'count-tokens') return await countTokens(exchange)
    const branches = branchesOf(exchange)
    if (branches !== undefined) return await fanOut(exchange, branches, (part, to) => handle(part, to, deps))
    const pinger = new Pinger(exchange)
    try {
      const result = await tryTargets(exchange, pinger)
      if (!result.ok) replyWithError(exchange, result.error)
      logExchange(exchange, result)
      if (result.ok) learnTokens(exchange)
    } finally {
      pinger.stop()
    }
  } catch (thrown) {
    const error = toGatewayError(thrown)
    if (exchange === undefined) replyWithFault(call, reply, deps, error)
    else {
      replyWithError(exchange, error)
      logExchange(exchange, { ok: false, error })
    }
  }
}

/** Tries the targets for this request, as the course that routing plots goes. */
async function tryTargets(exchange: Exchange, pinger: Pinger): Promise<LaneResult> {
  const { call, deps, reply } = exchange
  const { providers } = deps.settings
  const course = new Course(route(exchange.model, deps.settings, new ExchangeFacts(exchange)), {
    health: deps.health,
    now: () => deps.clock.now(),
    draw: deps.draw,
    retries: ({ provider }) => providers.get(provider)?.retries ?? 0,
  })
  for (let move = course.next(); move !== undefined; move = course.next()) {
    if ('waitMs' in move) {
      deps.log.debug('waiting for a target', { requestId: call.requestId, ms: Math.round(move.waitMs) })
      await sleep(move.waitMs, call.signal, deps.clock)
      if (!call.signal.aborted) continue
      return { ok: false, error: clientGone() }
    }
    const result = await attempt(exchange, move.target, pinger)
    if (result.ok || reply.started || call.signal.aborted) return result
    course.failed(move.target, result.error)
  }
  return { ok: false, error: course.outcome() }
}
