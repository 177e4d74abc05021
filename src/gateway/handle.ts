import { toGatewayError, type GatewayError } from '../errors.ts'
import { retryDelay, mayTryNext } from '../routing/retry.ts'
import { route } from '../routing/route.ts'
import type { Call, Reply } from './call.ts'
import { countTokens } from './count-tokens.ts'
import type { GatewayDeps } from './deps.ts'
import { Exchange } from './exchange.ts'
import { passthrough } from './passthrough.ts'
import { Pinger } from './pinger.ts'
import { logExchange } from './record.ts'
import { replyWithError, replyWithFault } from './reply.ts'
import { resolveTarget, type Target } from './target.ts'
import { translate } from './translate.ts'

/** How one try at one target ended. An error after the reply has begun has been told to the client already. */
export type LaneResult = { readonly ok: true } | { readonly ok: false; readonly error: GatewayError }

/** Answers one request, whatever happens: it never throws, and the client hears exactly one ending. */
export async function handle(call: Call, reply: Reply, deps: GatewayDeps): Promise<void> {
  let exchange: Exchange | undefined
  try {
    exchange = new Exchange(call, reply, deps)
    if (call.operation === 'count-tokens') return await countTokens(exchange)
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

async function tryTargets(exchange: Exchange, pinger: Pinger): Promise<LaneResult> {
  const { call, deps, reply } = exchange
  const { rules, providers } = deps.settings
  const table = { rules, providers: new Set(providers.keys()) }
  const refs = route(exchange.model, table, deps.draw)
  let last: LaneResult | undefined
  for (const ref of refs) {
    last = await tryTarget(exchange, resolveTarget(ref, providers, call.protocol), pinger)
    if (last.ok || reply.started || call.signal.aborted || !mayTryNext(last.error)) break
  }
  return last as LaneResult
}

/** Tries one target, again where the trouble is passing and nothing has reached the client yet. */
async function tryTarget(exchange: Exchange, target: Target, pinger: Pinger): Promise<LaneResult> {
  const { deps, reply, call } = exchange
  const lane = target.lane === 'passthrough' ? passthrough : translate
  for (let attempt = 0, refreshed = false; ; attempt++) {
    exchange.target = target
    exchange.lane = target.lane
    exchange.attempts += 1
    const result = await lane(exchange, target, pinger).catch((thrown: unknown) => failed(thrown))
    if (result.ok || reply.started || call.signal.aborted) return result
    const error = target.provider.explain?.(result.error, target.model) ?? result.error
    if (error.code === 'upstream-auth' && !refreshed && (await target.provider.refresh?.())) {
      refreshed = true
      continue
    }
    const delay = retryDelay(error, attempt, target.provider.retries, deps.draw)
    if (delay === undefined) return { ok: false, error }
    deps.log.debug('trying again', {
      requestId: call.requestId,
      target: target.name,
      code: error.code,
      delay,
    })
    await sleep(delay, exchange)
    if (call.signal.aborted || reply.started) return { ok: false, error }
  }
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
