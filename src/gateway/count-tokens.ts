import { GatewayError, toGatewayError } from '../errors.ts'
import { Losses } from '../ir/dropped.ts'
import type { JsonObject } from '../ir/json.ts'
import { estimateTokens } from '../models/estimate.ts'
import { tokenRatesOf } from '../models/token-rates.ts'
import { route } from '../routing/route.ts'
import type { TargetRef } from '../routing/rule.ts'
import { adaptAll } from './adapt/adaptation.ts'
import { adaptationsFor } from './adapt/adaptations.ts'
import { readJsonAnswer } from './answer.ts'
import { estimatePrompt } from './estimate-prompt.ts'
import type { Exchange } from './exchange.ts'
import { isAddressUnknown } from './failure.ts'
import { withoutFields } from './heal/fields.ts'
import { mendedWire } from './passthrough.ts'
import { provenance } from './reply.ts'
import { ExchangeFacts } from './request-facts.ts'
import { ExchangeNeeds } from './request-needs.ts'
import { sealScope } from './seal-scope.ts'
import { send } from './send.ts'
import { keyOf, offeredProtocols, resolveTarget, type Target } from './target.ts'

/** A count that takes longer is of no use: clients ask before each turn, and show it while they wait. */
const LONGEST_WAIT_MS = 5_000

/** A prompt's size in tokens, and whether the upstream itself counted all of it. */
type Count = { readonly tokens: number; readonly source: 'exact' | 'estimated' }

/**
 * Counts the tokens of a prompt: by the upstream's own count where it has one, in whatever protocol, else by an
 * estimate; `x-dragoman-token-count` says which. A count that fails upstream is estimated, for the client only wants
 * to know whether to compact; it leaves no trace in the health of the target.
 *
 * @throws GatewayError `not-found` for a model that goes nowhere; `invalid-request` for what cannot be read
 */
export async function countTokens(exchange: Exchange): Promise<void> {
  const { call } = exchange
  const target = targetOf(exchange)
  exchange.target = target
  exchange.lane = target.lane
  const count = (await upstreamCount(exchange, target)) ?? estimate(exchange, target)
  if (call.signal.aborted) return
  replyCount(exchange, count)
}

function replyCount(exchange: Exchange, { tokens, source }: Count): void {
  const { client, reply } = exchange
  const body = Buffer.from(JSON.stringify(client.counting?.reply(tokens) ?? { input_tokens: tokens }))
  reply.head(200, {
    ...provenance(exchange),
    'x-dragoman-token-count': source,
    'content-type': 'application/json',
    'content-length': String(body.length),
  })
  reply.write(body)
  reply.end()
}

/** Where the request would go; of the protocols spoken there one that counts, where the first does not. */
function targetOf(exchange: Exchange): Target {
  const { call, deps } = exchange
  const { providers } = deps.settings
  const [ref] = route(exchange.model, deps.settings, new ExchangeFacts(exchange))
  if (ref === undefined) throw new GatewayError('not-found', `No target takes '${exchange.model}' now`)
  const resolve = (chosen: TargetRef) =>
    resolveTarget(chosen, providers, call.protocol, deps.lessons, new ExchangeNeeds(exchange))
  const first = resolve(ref)
  if (counts(exchange, first)) return first
  const others = offeredProtocols(ref, first.provider).filter(
    (protocol) => protocol !== first.codec.id && !deps.lessons.isUnspoken(first.name, protocol),
  )
  return (
    others.map((protocol) => resolve({ ...ref, protocol })).find((other) => counts(exchange, other)) ?? first
  )
}

function counts({ deps }: Exchange, target: Target): boolean {
  const { provider, codec } = target
  return codec.counting !== undefined && provider.counts(codec.id) && !deps.lessons.cannotCount(keyOf(target))
}

function estimate(exchange: Exchange, target: Target): Count {
  return { tokens: estimatePrompt(exchange, target), source: 'estimated' }
}

async function upstreamCount(exchange: Exchange, target: Target): Promise<Count | undefined> {
  const { deps, call } = exchange
  const { codec } = target
  if (codec.counting === undefined || !counts(exchange, target)) return undefined
  const limit = new AbortController()
  const timer = deps.clock.setTimeout(() => limit.abort(), LONGEST_WAIT_MS)
  try {
    const whole = promptFor(exchange, target)
    const { body, dropped } = codec.counting.request(whole, target.model)
    const response = await send(exchange, target, {
      operation: 'count-tokens',
      body: JSON.stringify(body),
      stream: false,
      signal: AbortSignal.any([call.signal, limit.signal]),
    })
    const tokens = codec.counting.read((await readJsonAnswer(exchange, target, response)).wire)
    if (tokens === undefined || dropped.length === 0)
      return tokens === undefined ? undefined : { tokens, source: 'exact' }
    return { tokens: tokens + uncounted(target, whole, body), source: 'estimated' }
  } catch (thrown) {
    const error = toGatewayError(thrown)
    if (hasNoRoute(error)) deps.lessons.learnCannotCount(keyOf(target))
    deps.log.debug('the upstream did not count tokens', {
      requestId: call.requestId,
      target: target.name,
      reason: limit.signal.aborted ? 'it took too long' : error.message,
    })
    return undefined
  } finally {
    deps.clock.clearTimeout(timer)
  }
}

/** The request as the target would get it. Nothing is fetched for a mere count. */
function promptFor(exchange: Exchange, target: Target): JsonObject {
  if (target.lane === 'passthrough') return { ...mendedWire(exchange, target).body, model: target.model }
  const scope = sealScope(exchange, target)
  const adapted = adaptAll(exchange.request, adaptationsFor({ exchange, target, scope, onCut() {} }))
  const { body } = target.codec.encodeRequest({
    ...adapted.request,
    model: target.model,
    stream: false,
  })
  return withoutFields(body, target.lessons, new Losses())
}

/** What the counting route does not take is estimated. */
function uncounted({ codec, model, profile }: Target, whole: JsonObject, counted: JsonObject): number {
  const rates = tokenRatesOf(model, profile.family)
  const size = (body: JsonObject) => estimateTokens(codec.decodeRequest(body), rates)
  return Math.max(0, size(whole) - size(counted))
}

/** True when there is no such route; a deployment that is missing today may be there tomorrow. */
function hasNoRoute(error: GatewayError): boolean {
  return isAddressUnknown(error) && !/deployment|model/i.test(error.details.upstreamCode ?? '')
}
