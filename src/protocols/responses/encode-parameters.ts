import { invalidRequest } from '../../errors.ts'
import type { Losses } from '../../ir/dropped.ts'
import type { JsonObject } from '../../ir/json.ts'
import type { ModelRequest } from '../../ir/request.ts'
import { encodeSampling, encodeUser, takesSampling } from '../openai/encode-parameters.ts'
import type { ResponsesDialect } from './dialect.ts'

/**
 * Limits, sampling, identity and tier, as far as the upstream takes them; the rest is reported.
 * @throws `invalid-request` for several answers at once, which this protocol does not give.
 */
export function encodeParameters(
  request: ModelRequest,
  effort: unknown,
  dialect: ResponsesDialect,
  losses: Losses,
): JsonObject {
  if ((request.candidates ?? 1) > 1) throw invalidRequest('n: this upstream gives one answer a request', 'n')
  const fields: Record<string, unknown> = {}
  encodeLimit(request, dialect, losses, fields)
  const putSampling = encodeSampling(request, effort, dialect, losses, fields)
  if (wantsLogprobs(request, effort, dialect)) putSampling('top_logprobs', request.logprobs?.top)
  // Not a field of this protocol, so never accepted here: reported under the name that Chat gives the wish.
  else if (request.logprobs !== undefined) putSampling('logprobs', true)
  encodeUser(request, dialect, losses, fields)
  const put = (name: string, value: unknown, accepted: boolean): void => {
    if (value === undefined) return
    if (accepted) fields[name] = value
    else losses.unsupported(name)
  }
  put('metadata', request.metadata, dialect.metadata)
  put(
    'service_tier',
    request.serviceTier === 'standard_only' ? 'default' : request.serviceTier,
    dialect.serviceTier,
  )
  // What other protocols have and this one does not. Stop sequences are the gateway's to enforce.
  put('top_k', request.topK, false)
  put('seed', request.seed, false)
  put('frequency_penalty', request.frequencyPenalty, false)
  put('presence_penalty', request.presencePenalty, false)
  put('logit_bias', request.logitBias, false)
  for (const index of (request.stop ?? []).keys())
    losses.unsupported(`stop[${index}]`, 'Responses has no stop sequences')
  return fields
}

type Fields = Record<string, unknown>

function encodeLimit(request: ModelRequest, dialect: ResponsesDialect, losses: Losses, fields: Fields): void {
  const { maxOutputTokens: wish } = request
  if (wish === undefined) return
  const most = dialect.maxOutputTokens ?? wish
  const limit = Math.max(Math.min(wish, most), dialect.minOutputTokens)
  if (wish > limit) losses.approximated('max_tokens', `${wish} is more than this model writes: ${limit}`)
  if (wish < limit) losses.approximated('max_tokens', `${wish} is less than this upstream takes: ${limit}`)
  fields['max_output_tokens'] = limit
}

/** True when the answer's log probabilities are asked for and the model gives them. */
export function wantsLogprobs(request: ModelRequest, effort: unknown, dialect: ResponsesDialect): boolean {
  return request.logprobs !== undefined && takesSampling(effort, dialect)
}
