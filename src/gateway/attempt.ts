import { toGatewayError, type GatewayError } from '../errors.ts'
import type { TargetRef } from '../routing/rule.ts'
import type { Exchange } from './exchange.ts'
import { isAddressUnknown } from './failure.ts'
import { Healer } from './heal/healer.ts'
import type { LaneResult } from './lane.ts'
import { withOverflowNumbers } from './overflow-numbers.ts'
import { withoutSecrets } from './own-secrets.ts'
import { passthrough } from './passthrough.ts'
import type { Pinger } from './pinger.ts'
import { blameClient } from './relay-error.ts'
import { ExchangeNeeds } from './request-needs.ts'
import { laneFor, offeredProtocols, resolveTarget, type Target } from './target.ts'
import { translate } from './translate.ts'

/** Tries one target, and keeps account of its health. */
export async function attempt(exchange: Exchange, ref: TargetRef, pinger: Pinger): Promise<LaneResult> {
  const { call, deps } = exchange
  const { providers } = deps.settings
  const limits = providers.get(ref.provider)?.forwardsClientKey === true ? 'of-client' : 'shared'
  const trial = deps.health.begin(ref, limits)
  exchange.trial = trial
  try {
    const result = await tryProtocols(exchange, ref, pinger)
    if (!call.signal.aborted) trial.end(result.ok ? undefined : result.error)
    return result
  } catch (thrown) {
    return failed(thrown)
  } finally {
    trial.abandon()
  }
}

/**
 * Tries one target in the protocol that suits best, and in its next one where the address was not found: not every
 * region and API version of Azure has Responses, and not every compatible server has all it could. A missing deployment
 * looks alike; the other protocol's address tells them apart. What worked is remembered.
 */
async function tryProtocols(exchange: Exchange, ref: TargetRef, pinger: Pinger): Promise<LaneResult> {
  const { call, deps, reply } = exchange
  const { providers } = deps.settings
  const needs = new ExchangeNeeds(exchange)
  const first = resolveTarget(ref, providers, call.protocol, deps.lessons, needs)
  const result = await tryTarget(exchange, first, pinger)
  const { target, lane } = exchange
  if (result.ok || reply.started || call.signal.aborted || !isAddressUnknown(result.error)) return result
  const others = offeredProtocols(ref, first.provider).filter((protocol) => protocol !== first.codec.id)
  for (const protocol of others) {
    const other = resolveTarget({ ...ref, protocol }, providers, call.protocol, deps.lessons, needs)
    const again = await tryTarget(exchange, other, pinger)
    if (!again.ok && !reply.started && isAddressUnknown(again.error)) continue
    deps.lessons.learnUnspoken(first.name, first.codec.id)
    return again
  }
  // What the client hears is the first refusal, so it hears it of the first try.
  Object.assign(exchange, { target, lane })
  return result
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
    exchange.lane = laneFor(target, exchange.outlinedWire)
    exchange.attempts += 1
    const lane = exchange.lane === 'passthrough' ? passthrough : translate
    const outcome = await lane(exchange, target, pinger).catch((thrown: unknown) => failed(thrown))
    const result = outcome.ok ? outcome : { ...outcome, error: tellable(outcome.error, exchange, target) }
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

/** An error as the client and the log may have it. */
function tellable(error: GatewayError, exchange: Exchange, target: Target): GatewayError {
  return withOverflowNumbers(withoutSecrets(error, exchange.secrets), exchange, target)
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
