import { compact } from '../ir/json.ts'
import type { ChatDialect } from '../protocols/chat/dialect.ts'
import type { GeminiDialect } from '../protocols/gemini/dialect.ts'
import type { MessagesDialect } from '../protocols/messages/dialect.ts'
import type { ModelProfile } from './profile.ts'

/** Protocols that an upstream may be spoken to in. */
type Protocol = 'messages' | 'chat' | 'responses' | 'gemini'
type Fields = Readonly<Record<string, unknown>>
type ByProtocol = { readonly [P in Protocol]?: Fields }

/** What a model's facts say about the Messages dialect. Fields that the profile leaves open are absent. */
export function messagesFacts(profile: ModelProfile): Partial<MessagesDialect> {
  return compact({
    ...commonFacts(profile),
    midConversationSystem: profile.midConversationSystem,
    thinking: profile.thinking,
    efforts: profile.efforts,
    // Messages has no effort `none`: where sampling needs it, it is not to be had.
    sampling: profile.sampling === 'with-effort-none' ? 'none' : profile.sampling,
    forcedToolChoice: profile.forcedToolChoice,
    prefill: profile.prefill,
    structuredOutput: profile.structuredOutput,
    maxOutputTokens: profile.maxOutputTokens,
    // A client without a limit gets the model's own: the smaller default of the protocol would cut it short.
    defaultMaxTokens: profile.maxOutputTokens,
  })
}

/** What a model's facts say about the Chat dialect. Fields that the profile leaves open are absent. */
export function chatFacts(profile: ModelProfile): Partial<ChatDialect> {
  return compact({
    ...commonFacts(profile),
    maxTokensField: profile.maxTokensField,
    bothTokenLimits: profile.bothTokenLimits,
    reasoningHistory: profile.reasoningHistory,
    reasoningRequest: profile.reasoningRequest,
    efforts: profile.efforts,
    sampling: profile.sampling,
    // Models without schemas know plain JSON mode; which of both a server offers is its own affair.
    structuredOutput: profile.structuredOutput === false ? ('json-object' as const) : undefined,
    forcedToolChoice: profile.forcedToolChoice,
    images: profile.images,
    files: profile.documents,
    cacheBreakpoints: profile.cacheBreakpoints,
    verbosity: profile.verbosity,
    maxOutputTokens: profile.maxOutputTokens,
    prefill: profile.prefill,
  })
}

/**
 * What a model's facts say about the Gemini dialect. Adaptive thinking marks the third generation and later: with
 * `thinkingLevel` came signatures that must go back, media in results, and tools beside one another.
 */
export function geminiFacts(profile: ModelProfile): Partial<GeminiDialect> {
  const { thinking, sampling } = profile
  const third = thinking?.includes('adaptive')
  return compact({
    ...commonFacts(profile),
    thinking: thinking && geminiThinking(thinking),
    efforts: profile.efforts?.filter((effort) => effort !== 'none'),
    thinkingBudget: profile.thinkingBudget,
    thoughtSignatures:
      third === undefined ? undefined : third ? ('required' as const) : ('optional' as const),
    multimodalResults: third,
    toolCombinations: third,
    sampling: sampling && (sampling === 'none' ? ('none' as const) : ('all' as const)),
    penalties: sampling && sampling !== 'none',
    candidates: sampling && sampling !== 'none',
    forcedToolChoice: profile.forcedToolChoice,
    prefill: profile.prefill,
    maxOutputTokens: profile.maxOutputTokens,
  })
}

function geminiThinking(modes: NonNullable<ModelProfile['thinking']>): GeminiDialect['thinking'] {
  if (modes.includes('adaptive')) return 'level'
  return modes.includes('enabled') ? 'budget' : 'none'
}

function commonFacts(profile: ModelProfile) {
  return {
    maxStops: profile.stopSequences === false ? 0 : undefined,
    customTools: profile.customTools,
    deferredTools: profile.deferredTools,
  }
}

function factsFor(protocol: Protocol, profile: ModelProfile): Fields {
  switch (protocol) {
    case 'messages':
      return messagesFacts(profile)
    case 'chat':
    case 'responses':
      // Both are OpenAI's and name their common fields alike; what one of them lacks is ignored there.
      return chatFacts(profile)
    case 'gemini':
      return geminiFacts(profile)
    default:
      throw new Error(`no such protocol: ${protocol satisfies never}`)
  }
}

/** Values that are choices, the least capable first: of host and model the lesser decides. */
const LEAST_FIRST: Readonly<Record<string, readonly unknown[]>> = {
  sampling: ['none', 'with-effort-none', 'temperature-or-top-p', 'all'],
  structuredOutput: ['none', 'json-object', 'schema'],
  reasoningHistory: ['never', 'tool-turns', 'always'],
  thoughtSignatures: ['required', 'optional'],
}

/**
 * Joins what the host says with what the model says. Something works only when both can do it: a host's `false`,
 * smaller limit or shorter list stands, whatever the model could do elsewhere. Spellings are the model's.
 */
function both(field: string, host: unknown, model: unknown): unknown {
  if (host === undefined) return model
  if (model === undefined) return host
  if (typeof host === 'boolean' && typeof model === 'boolean') return host && model
  if (typeof host === 'number' && typeof model === 'number') return Math.min(host, model)
  if (Array.isArray(host) && Array.isArray(model)) return model.filter((item) => host.includes(item))
  const order = LEAST_FIRST[field]
  if (order !== undefined && order.includes(host) && order.includes(model)) {
    return order[Math.min(order.indexOf(host), order.indexOf(model))]
  }
  return model
}

/**
 * The departures from a protocol's default for one model at one host: host ← model ← the user's config. The host's
 * refusals hold for every model; the user's words hold against both.
 */
export function dialectOf(
  protocol: Protocol,
  host: ByProtocol,
  profile: ModelProfile,
  config: ByProtocol = {},
): Fields {
  const merged: Record<string, unknown> = { ...host[protocol] }
  for (const [field, value] of Object.entries(factsFor(protocol, profile))) {
    merged[field] = both(field, merged[field], value)
  }
  return { ...merged, ...config[protocol] }
}

/**
 * The whole dialect: protocol default ← host ← model ← config. Fields that the protocol's dialect does not have are
 * left out, so one list of departures may serve several protocols.
 */
export function dialectFor<Dialect extends object>(
  protocol: Protocol,
  base: Dialect,
  host: ByProtocol,
  profile: ModelProfile,
  config: ByProtocol = {},
): Dialect {
  const departures = dialectOf(protocol, host, profile, config)
  const known = Object.entries(departures).filter(([field, value]) => field in base && value !== undefined)
  return { ...base, ...Object.fromEntries(known) }
}
