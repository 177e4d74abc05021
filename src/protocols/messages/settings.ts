import { createHash } from 'node:crypto'
import { invalidRequest } from '../../errors.ts'
import type { Losses } from '../../ir/dropped.ts'
import { asObject } from '../../ir/json.ts'
import type { JsonObject } from '../../ir/json.ts'
import type { ModelRequest } from '../../ir/request.ts'
import type { MessagesDialect } from './dialect.ts'

/** Longest `metadata.user_id`, in characters. */
const LONGEST_USER_ID = 256

/** `max_tokens` is obligatory here: the client's wish, else the dialect's default, within the model's limit. Tokens. */
export function maxTokens(
  { maxOutputTokens }: ModelRequest,
  dialect: MessagesDialect,
  losses: Losses,
): number {
  const limit = dialect.maxOutputTokens ?? Infinity
  if (maxOutputTokens === undefined) return Math.min(dialect.defaultMaxTokens, limit)
  if (maxOutputTokens <= limit) return maxOutputTokens
  losses.approximated('max_tokens', `${limit} instead of ${maxOutputTokens}`)
  return limit
}

/** `thinks`: thinking is on, with which Claude takes no temperature but 1, no top_k and hardly any top_p. */
export function encodeSampling(
  { temperature, topP, topK }: Pick<ModelRequest, 'temperature' | 'topP' | 'topK'>,
  dialect: MessagesDialect,
  thinks: boolean,
  losses: Losses,
): JsonObject {
  const out: Record<string, number> = {}
  const refuse = (name: string) => losses.unsupported(name, 'this model samples as it likes')
  const none = dialect.sampling === 'none'
  if (temperature !== undefined) {
    const clamped = Math.min(1, Math.max(0, temperature))
    if (none || (thinks && clamped !== 1)) refuse('temperature')
    else {
      if (clamped !== temperature) losses.approximated('temperature', `${clamped} instead of ${temperature}`)
      out['temperature'] = clamped
    }
  }
  if (topP !== undefined) {
    const second = dialect.sampling === 'temperature-or-top-p' && out['temperature'] !== undefined
    if (none || second || (thinks && topP < 0.95)) refuse('top_p')
    else out['top_p'] = topP
  }
  if (topK !== undefined) {
    if (none || thinks) refuse('top_k')
    else out['top_k'] = topK
  }
  return out
}

/** Blank sequences are refused by the API; the gateway enforces none of them either. */
export function encodeStops({ stop }: ModelRequest, dialect: MessagesDialect, losses: Losses): JsonObject {
  if (stop === undefined) return {}
  const visible = stop.filter((sequence) => sequence.trim() !== '')
  if (visible.length < stop.length) losses.unsupported('stop_sequences', 'a sequence of white space only')
  if (visible.length > dialect.maxStops) losses.unsupported('stop_sequences', `more than ${dialect.maxStops}`)
  return visible.length === 0 ? {} : { stop_sequences: visible.slice(0, dialect.maxStops) }
}

/** Identity and the client's own metadata. An id that is too long is hashed: it still names one user. */
export function encodeMetadata({ user, ext }: ModelRequest): JsonObject {
  const own = asObject(ext?.messages?.['metadata'])
  const id =
    user !== undefined && user.length > LONGEST_USER_ID
      ? createHash('sha256').update(user).digest('hex')
      : user
  const metadata = { ...(id !== undefined && { user_id: id }), ...own }
  return Object.keys(metadata).length === 0 ? {} : { metadata }
}

/** OpenAI's `default` is `standard_only`; faster and slower tiers are not to be had by this field. */
export function encodeTier(
  { serviceTier }: ModelRequest,
  dialect: MessagesDialect,
  losses: Losses,
): JsonObject {
  if (serviceTier === undefined) return {}
  const word = serviceTier === 'auto' ? 'auto' : serviceTier === 'default' ? 'standard_only' : undefined
  if (word !== undefined && dialect.serviceTier) return { service_tier: word }
  losses.unsupported('service_tier')
  return {}
}

/**
 * Reports wishes that this protocol has no word for.
 * @throws `invalid-request` for those that change what the answer is: several answers, state held elsewhere.
 */
export function reportUnsupported(request: ModelRequest, losses: Losses): void {
  if ((request.candidates ?? 1) > 1)
    throw invalidRequest("n: this model's API gives one answer a request", 'n')
  if (request.state?.previousResponseId !== undefined) {
    throw invalidRequest(
      "previous_response_id: this model's API keeps no conversations; send the whole history",
      'previous_response_id',
    )
  }
  if (request.state?.conversation !== undefined && request.state.conversation !== null)
    throw invalidRequest("conversation: this model's API keeps no conversations", 'conversation')
  if (request.state?.prompt !== undefined)
    throw invalidRequest("prompt: this model's API keeps no prompt templates", 'prompt')
  if (request.state?.store === true) losses.unsupported('store')
  const wishes = {
    frequency_penalty: request.frequencyPenalty,
    presence_penalty: request.presencePenalty,
    seed: request.seed,
    logit_bias: request.logitBias,
    logprobs: request.logprobs,
    verbosity: request.verbosity,
    metadata: request.metadata,
    prompt_cache_key: request.cache?.key,
    prompt_cache_retention: request.cache?.retention,
  }
  for (const [name, wish] of Object.entries(wishes)) if (wish !== undefined) losses.unsupported(name)
}
