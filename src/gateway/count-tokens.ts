import { asNumber } from '../ir/json.ts'
import { estimateTokens } from '../models/estimate.ts'
import { route } from '../routing/route.ts'
import { readJsonAnswer } from './answer.ts'
import type { Exchange } from './exchange.ts'
import { outgoingBody } from './passthrough.ts'
import { provenance } from './reply.ts'
import { ExchangeFacts } from './request-facts.ts'
import { send } from './send.ts'
import { ExchangeNeeds } from './request-needs.ts'
import { resolveTarget, type Target } from './target.ts'

/**
 * Answers `count_tokens`: by the upstream's own count where it has one in this protocol, else by an estimate, and
 * says which in `x-dragoman-token-count`. A count that fails upstream is estimated: the client only wants to
 * know whether to compact.
 */
export async function countTokens(exchange: Exchange): Promise<void> {
  const { call, deps } = exchange
  const { rules, providers } = deps.settings
  const [ref] = route(
    exchange.model,
    { rules, providers: new Set(providers.keys()) },
    new ExchangeFacts(exchange),
  )
  if (ref === undefined) return
  const target = resolveTarget(ref, providers, call.protocol, deps.lessons, new ExchangeNeeds(exchange))
  exchange.target = target
  exchange.lane = target.lane
  const exact = await upstreamCount(exchange, target)
  if (call.signal.aborted) return
  replyCount(exchange, exact ?? estimateTokens(exchange.request), exact === undefined ? 'estimated' : 'exact')
}

async function upstreamCount(exchange: Exchange, target: Target): Promise<number | undefined> {
  const { call, deps } = exchange
  if (target.lane !== 'passthrough' || !target.provider.counts(target.codec.id)) return undefined
  try {
    const response = await send(exchange, target, {
      operation: 'count-tokens',
      body: outgoingBody(exchange, target),
      stream: false,
      signal: call.signal,
    })
    return asNumber((await readJsonAnswer(exchange, target, response)).wire['input_tokens'])
  } catch (error) {
    deps.log.debug('the upstream did not count tokens', {
      requestId: call.requestId,
      target: target.name,
      error,
    })
    return undefined
  }
}

function replyCount(exchange: Exchange, tokens: number, source: 'exact' | 'estimated'): void {
  const body = Buffer.from(JSON.stringify({ input_tokens: tokens }), 'utf8')
  exchange.reply.head(200, {
    ...provenance(exchange),
    'x-dragoman-token-count': source,
    'content-type': 'application/json',
    'content-length': String(body.length),
  })
  exchange.reply.write(body)
  exchange.reply.end()
}
