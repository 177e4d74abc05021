import { invalidRequest } from '../../errors.ts'
import { Losses } from '../../ir/dropped.ts'
import type { Encoded } from '../../ir/dropped.ts'
import type { JsonObject } from '../../ir/json.ts'
import type { ModelRequest } from '../../ir/request.ts'
import { encodeConversation } from './contents.ts'
import type { GeminiDialect } from './dialect.ts'
import { encodeTools } from './encode-tools.ts'
import { ownFields, reportForeign } from './extensions.ts'
import { nested } from './fields.ts'
import { encodeGenerationConfig } from './generation-config.ts'

/**
 * A request for an upstream that speaks generateContent. The model and whether to stream stand in its URL, not here. The
 * same request always gives the same bytes, and a longer history extends the shorter one.
 * @throws `invalid-request` for what must not be left out silently: URLs that Google does not read, another vendor's
 * file ids, several answers where the model gives one, server-held state.
 */
export function encodeRequest(request: ModelRequest, dialect: GeminiDialect): Encoded<JsonObject> {
  const losses = new Losses()
  refuseState(request)
  reportUnsupported(request, losses)
  reportForeign('', request.ext, losses)
  const config = encodeGenerationConfig(request, dialect, losses)
  const { generationConfig: _, toolConfig: __, ...own } = ownFields(request.ext)
  const body = {
    ...encodeConversation(request.turns, dialect, losses, config.instruction),
    ...encodeTools(request, dialect, losses),
    ...nested('generationConfig', config.fields),
    ...encodeTier(request, dialect, losses),
    ...own,
  }
  return { body: withoutRefused(body, dialect, losses), dropped: losses.list }
}

function refuseState({ state }: ModelRequest): void {
  if (state?.previousResponseId !== undefined)
    throw invalidRequest(
      'previous_response_id: this upstream keeps no conversations; send the whole history',
      'previous_response_id',
    )
  if (state?.conversation !== undefined && state.conversation !== null)
    throw invalidRequest('conversation: this upstream keeps no conversations', 'conversation')
  if (state?.prompt !== undefined)
    throw invalidRequest('prompt: this upstream keeps no prompt templates', 'prompt')
}

/** Wishes that this protocol has no word for. */
function reportUnsupported(request: ModelRequest, losses: Losses): void {
  if (request.state?.store === true) losses.unsupported('store')
  const wishes = {
    logit_bias: request.logitBias,
    logprobs: request.logprobs,
    verbosity: request.verbosity,
    user: request.user,
    metadata: request.metadata,
    prompt_cache_key: request.cache?.key,
    prompt_cache_retention: request.cache?.retention,
    cache_control: request.cache?.automatic,
  }
  for (const [name, wish] of Object.entries(wishes)) if (wish !== undefined) losses.unsupported(name)
}

/** The IR speaks of tiers in OpenAI's words; their `default` is `standard` here. */
const TIER_OF: Readonly<Record<string, string>> = { default: 'standard', flex: 'flex', priority: 'priority' }

function encodeTier({ serviceTier }: ModelRequest, dialect: GeminiDialect, losses: Losses): JsonObject {
  if (serviceTier === undefined || serviceTier === 'auto') return {}
  const tier = TIER_OF[serviceTier]
  if (tier !== undefined && dialect.serviceTier) return { serviceTier: tier }
  losses.unsupported('service_tier')
  return {}
}

/** The body without the fields that this upstream is known to refuse. */
function withoutRefused(body: JsonObject, { refusedFields }: GeminiDialect, losses: Losses): JsonObject {
  if (refusedFields.length === 0) return body
  const keep = (members: JsonObject): JsonObject => {
    const kept = Object.entries(members).filter(([name]) => !refusedFields.includes(name))
    if (kept.length === Object.keys(members).length) return members
    for (const name of Object.keys(members))
      if (refusedFields.includes(name)) losses.unsupported(name, 'this upstream refuses it')
    return Object.fromEntries(kept)
  }
  const { generationConfig, ...rest } = keep(body)
  return generationConfig === undefined
    ? rest
    : { ...rest, ...nested('generationConfig', keep(generationConfig as JsonObject)) }
}
