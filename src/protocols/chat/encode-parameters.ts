import type { Losses } from '../../ir/dropped.ts'
import type { JsonObject } from '../../ir/json.ts'
import type { ModelRequest } from '../../ir/request.ts'
import { encodeSampling, encodeUser } from '../openai/encode-parameters.ts'
import type { ChatDialect } from './dialect.ts'

/** Limits, sampling, stops, identity and tier, as far as the upstream takes them; the rest is reported. */
export function encodeParameters(
  request: ModelRequest,
  effort: unknown,
  dialect: ChatDialect,
  losses: Losses,
): JsonObject {
  const fields: Record<string, unknown> = {}
  encodeLimit(request, dialect, losses, fields)
  const putSampling = encodeSampling(request, effort, dialect, losses, fields)
  putSampling('frequency_penalty', request.frequencyPenalty)
  putSampling('presence_penalty', request.presencePenalty)
  putSampling('logit_bias', request.logitBias)
  if (request.logprobs !== undefined) {
    putSampling('logprobs', true)
    putSampling('top_logprobs', request.logprobs.top)
  }
  encodeStops(request, dialect, losses, fields)
  encodeUser(request, dialect, losses, fields)
  const put = (name: string, value: unknown, accepted: boolean): void => {
    if (value === undefined) return
    if (accepted) fields[name] = value
    else losses.unsupported(name)
  }
  put('top_k', request.topK, dialect.topK)
  put('seed', request.seed, true)
  put('n', request.candidates, true)
  put('verbosity', request.verbosity, dialect.verbosity)
  put('metadata', request.metadata, dialect.metadata)
  put(
    'service_tier',
    request.serviceTier === 'standard_only' ? 'default' : request.serviceTier,
    dialect.serviceTier,
  )
  // False is the default here, and a field that not every server knows.
  if (request.state?.store === true) fields['store'] = true
  return fields
}

type Fields = Record<string, unknown>

function encodeLimit(request: ModelRequest, dialect: ChatDialect, losses: Losses, fields: Fields): void {
  const { maxOutputTokens: wish } = request
  if (wish === undefined) return
  const limit = dialect.maxOutputTokens ?? wish
  if (wish > limit) losses.approximated('max_tokens', `${wish} is more than this model writes: ${limit}`)
  fields[dialect.maxTokensField] = Math.min(wish, limit)
}

function encodeStops(request: ModelRequest, dialect: ChatDialect, losses: Losses, fields: Fields): void {
  const stops = request.stop ?? []
  const sent = stops.slice(0, dialect.maxStops)
  for (let index = sent.length; index < stops.length; index++)
    losses.unsupported(`stop[${index}]`, 'more than this upstream takes')
  if (sent.length > 0) fields['stop'] = sent
}
