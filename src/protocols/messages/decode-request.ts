import { invalidRequest } from '../../errors.ts'
import { asEffort } from '../../ir/effort.ts'
import { asNumber, asString, compact, isObject } from '../../ir/json.ts'
import type { JsonObject } from '../../ir/json.ts'
import type { ModelRequest, OutputFormat, ReasoningConfig, Turn } from '../../ir/request.ts'
import { withoutNulls } from '../extensions.ts'
import { decodeCache } from './cache.ts'
import { decodeContent } from './decode-content.ts'
import { decodeToolChoice, decodeTools } from './decode-tools.ts'
import { keepUnknown } from './extensions.ts'

/**
 * A client's Messages request. What the IR does not model is kept in `ext.messages`, which is always there, perhaps
 * empty: it says that the request came from this protocol. Unknown fields, blocks and tools are never an error.
 * @throws `invalid-request` naming the field that cannot be read.
 */
export function decodeRequest(wire: JsonObject): ModelRequest {
  const {
    model,
    messages,
    system,
    stream,
    max_tokens,
    tools,
    tool_choice,
    thinking,
    output_config,
    output_format,
    metadata,
    service_tier,
    stop_sequences,
    temperature,
    top_p,
    top_k,
    cache_control,
    ...rest
  } = wire
  if (typeof model !== 'string' || model === '') throw invalidRequest('model must be a string', 'model')
  const { effort, format, ...outputRest } = fields(output_config, 'output_config')
  const { user_id, ...metadataRest } = fields(metadata, 'metadata')
  const tier = decodeTier(service_tier)
  const automatic = decodeCache(cache_control).cache
  const level = asEffort(effort)
  const output = decodeFormat(format ?? output_format)
  return {
    model,
    stream: stream === true,
    turns: [...decodeSystem(system), ...decodeMessages(messages)],
    tools: decodeTools(tools),
    ...decodeToolChoice(tool_choice),
    ...compact({
      maxOutputTokens: number(max_tokens, 'max_tokens'),
      temperature: number(temperature, 'temperature'),
      topP: number(top_p, 'top_p'),
      topK: number(top_k, 'top_k'),
      stop: decodeStops(stop_sequences),
      reasoning: decodeReasoning(thinking, level),
      output,
      user: asString(user_id),
      serviceTier: tier,
      cache: automatic === undefined ? undefined : { automatic },
    }),
    ext: {
      messages: withoutNulls({
        ...rest,
        ...(tier === undefined && { service_tier }),
        ...nested('output_config', {
          ...outputRest,
          ...(level === undefined && { effort }),
          ...(output === undefined && { format: format ?? output_format }),
        }),
        ...nested('metadata', { ...metadataRest, ...(typeof user_id !== 'string' && { user_id }) }),
      }),
    },
  }
}

function decodeSystem(system: unknown): readonly Turn[] {
  const parts = decodeContent(system, 'system')
  return parts.length === 0 ? [] : [{ role: 'system', parts }]
}

function decodeMessages(messages: unknown): readonly Turn[] {
  if (!Array.isArray(messages)) throw invalidRequest('messages must be an array', 'messages')
  if (messages.length === 0) throw invalidRequest('messages: at least one message is required', 'messages')
  return messages.map((message, index) => {
    const path = `messages[${index}]`
    if (!isObject(message)) throw invalidRequest(`${path} must be an object`, path)
    const { role, content, ...rest } = message
    if (role !== 'user' && role !== 'assistant' && role !== 'system')
      throw invalidRequest(`${path}.role must be user, assistant or system`, `${path}.role`)
    return { role, parts: decodeContent(content, `${path}.content`), ...keepUnknown(rest) }
  })
}

const MODE_OF = {
  adaptive: 'adaptive',
  enabled: 'enabled',
  disabled: 'disabled',
  between_tools: 'between-tools',
} as const

const DISPLAYS = ['omitted', 'auto', 'concise', 'detailed', 'summarized', 'updates'] as const

/** What a request says about thinking, from its `thinking` and the level in `output_config`. */
export function decodeReasoning(
  thinking: unknown,
  effort: ReasoningConfig['effort'],
): ReasoningConfig | undefined {
  const { type, budget_tokens, display, ...rest } = fields(thinking, 'thinking')
  const mode =
    typeof type === 'string' ? (MODE_OF as Record<string, ReasoningConfig['mode']>)[type] : undefined
  const shown = DISPLAYS.find((known) => known === display)
  const config: ReasoningConfig = {
    ...compact({ mode, budgetTokens: asNumber(budget_tokens), effort, display: shown }),
    ...keepUnknown({
      ...rest,
      ...(mode === undefined && { type }),
      ...(shown === undefined && { display }),
    }),
  }
  return Object.keys(config).length === 0 ? undefined : config
}

/** `output_config.format`, or the older `output_format`. */
function decodeFormat(format: unknown): OutputFormat | undefined {
  if (!isObject(format)) return undefined
  const { type, schema, ...rest } = format
  if (type !== 'json_schema') return undefined
  if (!isObject(schema))
    throw invalidRequest('output_config.format.schema must be an object', 'output_config.format.schema')
  return { type: 'schema', schema, ...keepUnknown(rest) }
}

/** The IR speaks of tiers in OpenAI's words; `standard_only` is their `default`. */
function decodeTier(tier: unknown): string | undefined {
  if (tier === 'standard_only') return 'default'
  return tier === 'auto' ? tier : undefined
}

function decodeStops(stops: unknown): readonly string[] | undefined {
  if (stops === undefined || stops === null) return undefined
  if (!Array.isArray(stops) || !stops.every((stop) => typeof stop === 'string'))
    throw invalidRequest('stop_sequences must be an array of strings', 'stop_sequences')
  return stops.length === 0 ? undefined : stops
}

function number(value: unknown, path: string): number | undefined {
  if (value === undefined || value === null) return undefined
  const known = asNumber(value)
  if (known === undefined) throw invalidRequest(`${path} must be a number`, path)
  return known
}

function fields(value: unknown, path: string): JsonObject {
  if (value === undefined || value === null) return {}
  if (!isObject(value)) throw invalidRequest(`${path} must be an object`, path)
  return withoutNulls(value)
}

function nested(name: string, members: JsonObject): JsonObject {
  const kept = withoutNulls(members)
  return Object.keys(kept).length === 0 ? {} : { [name]: kept }
}
