import { GatewayError, toGatewayError } from '../errors.ts'
import { Course } from '../routing/course.ts'
import { route } from '../routing/route.ts'
import type { TargetRef } from '../routing/rule.ts'
import type { Call, Reply } from './call.ts'
import { countTokens } from './count-tokens.ts'
import type { GatewayDeps } from './deps.ts'
import { Exchange } from './exchange.ts'
import { branchesOf, fanOut } from './fan-out.ts'
import { Healer } from './heal/healer.ts'
import type { LaneResult } from './lane.ts'
import { passthrough } from './passthrough.ts'
import { Pinger } from './pinger.ts'
import { logExchange } from './record.ts'
import { blameClient } from './relay-error.ts'
import { replyWithError, replyWithFault } from './reply.ts'
import { ExchangeFacts } from './request-facts.ts'
import { ExchangeNeeds } from './request-needs.ts'
import { laneFor, resolveTarget, type Target } from './target.ts'
import { translate } from './translate.ts'

/** Answers one request, whatever happens: it never throws, and the client hears exactly one ending. */
export async function handle(call: Call, reply: Reply, deps: GatewayDeps): Promise<void> {
  let exchange: Exchange | undefined
  try {
    exchange = new Exchange(call, reply, deps)
    if (call.operation === 'count-tokens') return await countTokens(exchange)
    const branches = branchesOf(exchange)
    if (branches.length > 1) return await fanOut(exchange, branches, (part, to) => handle(part, to, deps))
    const pinger = new Pinger(exchange)
    try {
      const result = await tryTargets(exchange, pinger)
      if (!result.ok) replyWithError(exchange, result.error)
      logExchange(exchange, result)
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
  const { rules, providers } = deps.settings
  const table = { rules, providers: new Set(providers.keys()) }
  const course = new Course(route(exchange.model, table, new ExchangeFacts(exchange)), {
    health: deps.health,
    now: () => deps.clock.now(),
    draw: deps.draw,
    retries: ({ provider }) => providers.get(provider)?.retries ?? 0,
  })
  for (let move = course.next(); move !== undefined; move = course.next()) {
    if ('waitMs' in move) {
      deps.log.debug('waiting for a target', { requestId: call.requestId, ms: Math.round(move.waitMs) })
      await sleep(move.waitMs, exchange)
      if (!call.signal.aborted) continue
      return { ok: false, error: new GatewayError('client-closed', 'The client went away') }
    }
    const result = await tryRef(exchange, move.target, pinger)
    if (result.ok || reply.started || call.signal.aborted) return result
    course.failed(move.target, result.error)
  }
  return { ok: false, error: course.outcome() }
}

/** Tries one target, and keeps account of its health. */
async function tryRef(exchange: Exchange, ref: TargetRef, pinger: Pinger): Promise<LaneResult> {
  const { call, deps } = exchange
  const { providers } = deps.settings
  const limits = providers.get(ref.provider)?.forwardsClientKey === true ? 'of-client' : 'shared'
  const trial = deps.health.begin(ref, limits)
  exchange.trial = trial
  try {
    const target = resolveTarget(ref, providers, call.protocol, deps.lessons, new ExchangeNeeds(exchange))
    const result = await tryTarget(exchange, target, pinger)
    if (!call.signal.aborted) trial.end(result.ok ? undefined : result.error)
    return result
  } catch (thrown) {
    return failed(thrown)
  } finally {
    trial.abandon()
  }
}

/**
 * Tries one target, again where its own words say how to mend the request, or fresh credentials may, and nothing has
 * reached the client yet.
 */
async function tryTarget(exchange: Exchange, first: Target, pinger: Pinger): Promise<LaneResult> {
  const { deps, reply, call } = exchange
  const healer = new Healer(deps.lessons)
  let target = first
  for (let refreshed = false; ;) {
    exchange.target = target
    exchange.lane = laneFor(target, exchange.wire)
    exchange.attempts += 1
    const lane = exchange.lane === 'passthrough' ? passthrough : translate
    const result = await lane(exchange, target, pinger).catch((thrown: unknown) => failed(thrown))
    if (result.ok || (reply.started && result.error.code !== 'invalid-request')) healer.confirm(target)
    if (result.ok || reply.started || call.signal.aborted) return result
    const mended = healer.heal(target, result.error)
    if (mended !== undefined) {
      logRepair(exchange, result.error)
      target = mended
      continue
    }
    const explained = target.provider.explain?.(result.error, target.model) ?? result.error
    const error = blameClient(explained, target)
    if (error.code === 'upstream-auth' && !refreshed && (await target.provider.refresh?.())) {
      refreshed = true
      continue
    }
    return { ok: false, error }
  }
}

function logRepair({ call, deps, target }: Exchange, { message }: GatewayError): void {
  deps.log.info('trying again without what was refused', {
    requestId: call.requestId,
    target: target?.name,
    reason: message,
  })
}

function failed(thrown: unknown): LaneResult {
  return { ok: false, error: toGatewayError(thrown) }
}

function sleep(ms: number, { call, deps }: Exchange): Promise<void> {
  return new Promise((resolve) => {
    const timer = deps.clock.setTimeout(done, ms)
    call.signal.addEventListener('abort', done, { once: true })
    function done(): void {
      deps.clock.clearTimeout(timer)
      call.signal.removeEventListener('abort', done)
      resolve()
    }
  })
}
