import type { Encoded } from '../../ir/dropped.ts'
import { asEffort, clampEffort } from '../../ir/effort.ts'
import { asArray, asNumber, asObject, isObject } from '../../ir/json.ts'
import type { JsonObject } from '../../ir/json.ts'
import { Patch, patchChoice, patchSampling } from '../openai/patch.ts'
import type { ChatDialect } from './dialect.ts'

/**
 * Mends a client's Chat request for an upstream that is known to refuse something in it, and touches nothing else.
 * Undefined when there is nothing to mend.
 */
export function patchRequest(wire: JsonObject, dialect: ChatDialect): Encoded<JsonObject> | undefined {
  const patch = new Patch(wire)
  patchLimit(patch, dialect)
  patchSampling(patch, SAMPLING, patch.get('reasoning_effort'), dialect)
  patchReasoning(patch, dialect)
  patchReasoningHistory(patch, dialect)
  patchChoice(patch, dialect)
  patchTools(patch, dialect)
  patchRoles(patch, dialect)
  patchCacheMarks(patch, dialect)
  const stops = typeof wire['stop'] === 'string' ? [wire['stop']] : asArray(wire['stop'])
  if (stops.length > dialect.maxStops) {
    patch.losses.unsupported('stop', `this upstream takes ${dialect.maxStops}`)
    patch.set('stop', dialect.maxStops === 0 ? undefined : stops.slice(0, dialect.maxStops))
  }
  if (isObject(wire['stream_options']) && !dialect.streamUsage) {
    const { include_usage, ...rest } = wire['stream_options']
    if (include_usage !== undefined)
      patch.set('stream_options', Object.keys(rest).length > 0 ? rest : undefined)
  }
  if (dialect.userField === 'user' && wire['safety_identifier'] !== undefined) {
    patch.set('user', wire['user'] ?? wire['safety_identifier'])
    patch.set('safety_identifier', undefined)
  }
  for (const [field, accepted] of [
    ['user', dialect.userField !== 'none'],
    ['safety_identifier', dialect.userField !== 'none'],
    ['top_k', dialect.topK],
    ['prompt_cache_key', dialect.promptCacheKey],
    ['prompt_cache_retention', dialect.promptCacheKey],
    ['service_tier', dialect.serviceTier],
    ['verbosity', dialect.verbosity],
    ['metadata', dialect.metadata],
    ['parallel_tool_calls', dialect.parallelToolCalls],
    ...dialect.refusedFields.map((name) => [name, false] as const),
  ] as const)
    if (!accepted) patch.refuse(field)
  return patch.result()
}

function patchLimit(patch: Patch, dialect: ChatDialect): void {
  const wanted = dialect.maxTokensField
  const other = wanted === 'max_tokens' ? 'max_completion_tokens' : 'max_tokens'
  const stands = dialect.bothTokenLimits && other === 'max_tokens' && patch.get(other) !== undefined
  const field = stands ? other : wanted
  if (!stands && patch.get(other) !== undefined) {
    patch.set(field, patch.get(field) ?? patch.get(other))
    patch.set(other, undefined)
  }
  const wish = asNumber(patch.get(field))
  const limit = dialect.maxOutputTokens
  if (wish === undefined || limit === undefined || wish <= limit) return
  patch.losses.approximated('max_tokens', `${wish} is more than this model writes: ${limit}`)
  patch.set(field, limit)
}

const SAMPLING = [
  'temperature',
  'top_p',
  'frequency_penalty',
  'presence_penalty',
  'logit_bias',
  'logprobs',
  'top_logprobs',
]

function patchReasoning(patch: Patch, dialect: ChatDialect): void {
  const wish = asEffort(patch.get('reasoning_effort'))
  if (wish === undefined) return
  const level = dialect.reasoningRequest === 'none' ? undefined : clampEffort(wish, dialect.efforts)
  if (level === wish) return
  if (level !== undefined) patch.losses.approximated('reasoning_effort', `${wish} as ${level}`)
  else if (wish !== 'none') patch.losses.unsupported('reasoning_effort', 'this model has no such switch')
  patch.set('reasoning_effort', level)
}

/** DeepSeek wants the field back on turns with calls, be it empty; most Chat clients leave out what they do not know. */
function patchReasoningHistory(patch: Patch, { reasoningHistory, reasoningField }: ChatDialect): void {
  if (reasoningHistory !== 'tool-turns') return
  patch.mend('messages', (message) =>
    message['role'] === 'assistant' &&
    asArray(message['tool_calls']).length > 0 &&
    typeof message[reasoningField] !== 'string'
      ? { ...message, [reasoningField]: '' }
      : message,
  )
}

function patchTools(patch: Patch, dialect: ChatDialect): void {
  const tools = asArray(patch.get('tools'))
  if (dialect.strictTools || !tools.some((tool) => 'strict' in asObject(asObject(tool)['function']))) return
  patch.losses.approximated('tools.strict', 'this upstream does not enforce schemas')
  patch.set(
    'tools',
    tools.map((tool) => {
      if (!isObject(tool) || !isObject(tool['function'])) return tool
      const { strict: _, ...called } = tool['function']
      return { ...tool, function: called }
    }),
  )
}

function patchRoles(patch: Patch, { systemRole }: ChatDialect): void {
  if (systemRole === 'as-given') return
  const other = systemRole === 'system' ? 'developer' : 'system'
  patch.mend('messages', (message) =>
    message['role'] === other ? { ...message, role: systemRole } : message,
  )
}

/** Takes out every cache mark where Chat clients put them; a schema may have a property of that name. */
function patchCacheMarks(patch: Patch, { cacheControl }: ChatDialect): void {
  if (cacheControl === 'keep') return
  const note = 'this upstream caches without marks'
  patch.refuse('cache_control', note)
  for (const field of ['messages', 'tools']) {
    const given = patch.get(field)
    const bare = withoutMarks(given)
    if (bare === given) continue
    patch.losses.unsupported(`${field}.cache_control`, note)
    patch.set(field, bare)
  }
}

/** The same value, by reference, where there is no mark. */
function withoutMarks(value: unknown): unknown {
  if (Array.isArray(value)) {
    const bare = value.map(withoutMarks)
    return bare.some((item, index) => item !== value[index]) ? bare : value
  }
  if (!isObject(value)) return value
  const { cache_control, ...rest } = value
  const inner = Object.entries(rest).flatMap(([key, member]) => {
    const bare =
      key === 'content' || key === 'tool_calls' || key === 'function' ? withoutMarks(member) : member
    return bare === member ? [] : [[key, bare] as const]
  })
  return cache_control === undefined && inner.length === 0 ? value : { ...rest, ...Object.fromEntries(inner) }
}
