import { invalidRequest } from '../../errors.ts'
import { asEffort } from '../../ir/effort.ts'
import { asNumber, asObject, compact } from '../../ir/json.ts'
import type { JsonObject } from '../../ir/json.ts'
import type { Extensions } from '../../ir/part.ts'
import type { ModelRequest, OutputFormat, ReasoningConfig } from '../../ir/request.ts'
import { withoutNulls } from '../extensions.ts'
import { decodeCache, decodeSchema } from '../openai/decode-settings.ts'
import {
  optionalArray,
  optionalBoolean,
  optionalNumber,
  optionalObject,
  optionalString,
  optionalStrings,
} from '../request-fields.ts'
import { decodeMessages } from './decode-messages.ts'
import { decodeToolChoice, decodeTools, decodeWebSearch } from './decode-tools.ts'
import { keepUnknown } from './extensions.ts'

/**
 * A client's Chat Completions request. What the IR does not model is kept in `ext.chat`.
 * @throws `invalid-request` naming the field that cannot be read.
 */
export function decodeRequest(wire: JsonObject): ModelRequest {
  const {
    model,
    messages,
    stream,
    stream_options,
    tools,
    functions,
    tool_choice,
    function_call,
    web_search_options,
    parallel_tool_calls,
    max_completion_tokens,
    max_tokens,
    temperature,
    top_p,
    top_k,
    stop,
    frequency_penalty,
    presence_penalty,
    seed,
    logit_bias,
    logprobs,
    top_logprobs,
    n,
    reasoning_effort,
    reasoning,
    thinking,
    response_format,
    verbosity,
    user,
    safety_identifier,
    metadata,
    service_tier,
    store,
    prompt_cache_key,
    prompt_cache_retention,
    ...unknown
  } = wire
  if (typeof model !== 'string' || model === '') throw invalidRequest('model must be a string', 'model')
  if (!Array.isArray(messages)) throw invalidRequest('messages must be an array', 'messages')
  if (messages.length === 0) throw invalidRequest('messages must not be empty', 'messages')

  const { include_usage, ...streamOptions } = withoutNulls(
    optionalObject(stream_options, 'stream_options') ?? {},
  )
  const streamed = optionalBoolean(stream, 'stream') ?? false
  const search = optionalObject(web_search_options, 'web_search_options')
  const legacy = optionalArray(functions, 'functions')
  const identity = optionalString(safety_identifier, 'safety_identifier') ?? optionalString(user, 'user')
  const thinks = decodeReasoning(reasoning_effort, reasoning, thinking)
  const stored = optionalBoolean(store, 'store')
  return {
    model,
    stream: streamed,
    turns: decodeMessages(messages),
    tools: [
      ...decodeTools(optionalArray(tools, 'tools') ?? [], legacy ?? []),
      ...(search === undefined ? [] : [decodeWebSearch(search)]),
    ],
    ...compact({
      toolChoice: decodeToolChoice(tool_choice, function_call),
      parallelToolCalls: optionalBoolean(parallel_tool_calls, 'parallel_tool_calls'),
      maxOutputTokens:
        optionalNumber(max_completion_tokens, 'max_completion_tokens') ??
        optionalNumber(max_tokens, 'max_tokens'),
      temperature: optionalNumber(temperature, 'temperature'),
      topP: optionalNumber(top_p, 'top_p'),
      topK: optionalNumber(top_k, 'top_k'),
      stop: optionalStrings(stop, 'stop'),
      frequencyPenalty: optionalNumber(frequency_penalty, 'frequency_penalty'),
      presencePenalty: optionalNumber(presence_penalty, 'presence_penalty'),
      seed: optionalNumber(seed, 'seed'),
      logitBias: optionalObject(logit_bias, 'logit_bias'),
      logprobs: decodeLogprobs(logprobs, top_logprobs),
      candidates: optionalNumber(n, 'n'),
      reasoning: thinks.config,
      output: decodeOutput(response_format),
      verbosity: optionalString(verbosity, 'verbosity'),
      user: identity,
      metadata: optionalObject(metadata, 'metadata'),
      serviceTier: optionalString(service_tier, 'service_tier'),
      cache: decodeCache(prompt_cache_key, prompt_cache_retention),
      state: stored === undefined ? undefined : { store: stored },
      streamUsage: streamed ? include_usage === true : undefined,
    }),
    ...(legacy !== undefined && { legacyFunctions: true }),
    ...keepUnknown({
      ...unknown,
      ...thinks.unknown,
      // Both identities at once: the second has no place in the IR.
      ...(typeof user === 'string' && user !== identity && { user }),
      ...(Object.keys(streamOptions).length > 0 && { stream_options: streamOptions }),
    }),
  }
}

function decodeLogprobs(logprobs: unknown, top: unknown): ModelRequest['logprobs'] {
  if (optionalBoolean(logprobs, 'logprobs') !== true) return undefined
  return compact({ top: optionalNumber(top, 'top_logprobs') })
}

function decodeOutput(format: unknown): OutputFormat | undefined {
  const wire = optionalObject(format, 'response_format')
  if (wire === undefined) return undefined
  switch (wire['type']) {
    case 'text':
      return { type: 'text' }
    case 'json_object':
      return { type: 'json' }
    case 'json_schema': {
      const { output, unknown } = decodeSchema(asObject(wire['json_schema']))
      return { ...output, ...keepUnknown(unknown) }
    }
    default:
      throw invalidRequest(
        'response_format.type must be text, json_object or json_schema',
        'response_format.type',
      )
  }
}

type Thinks = { readonly config: ReasoningConfig | undefined; readonly unknown: JsonObject }

/**
 * Three spellings of one wish: OpenAI's `reasoning_effort`, OpenRouter's `reasoning: {effort, max_tokens, enabled}`,
 * DeepSeek's and Z.ai's `thinking: {type}`. Fields that the IR has no place for stay under their own name.
 */
function decodeReasoning(effortField: unknown, reasoning: unknown, thinking: unknown): Thinks {
  const { effort, max_tokens, enabled, ...reasoningRest } = withoutNulls(
    optionalObject(reasoning, 'reasoning') ?? {},
  )
  const { type, budget_tokens, ...thinkingRest } = withoutNulls(optionalObject(thinking, 'thinking') ?? {})
  const level = asEffort(effortField) ?? asEffort(effort)
  const budget = asNumber(max_tokens) ?? asNumber(budget_tokens)
  const said =
    type === 'enabled' || type === 'adaptive' || type === 'disabled'
      ? type
      : enabled === undefined
        ? undefined
        : enabled === false
          ? 'disabled'
          : 'enabled'
  // A level says already that the model is to think.
  const mode = said === 'enabled' && level !== undefined && level !== 'none' ? undefined : said
  const nested = {
    ...(Object.keys(reasoningRest).length > 0 && { reasoning: reasoningRest }),
    ...(Object.keys(thinkingRest).length > 0 && { thinking: thinkingRest }),
  }
  const ext: { ext?: Extensions } = keepUnknown(nested)
  const config: ReasoningConfig = { ...compact({ mode, budgetTokens: budget, effort: level }), ...ext }
  return {
    config: Object.keys(config).length === 0 ? undefined : config,
    // A level that only this upstream knows (`default`) goes back to it as it came.
    unknown: typeof effortField === 'string' && level === undefined ? { reasoning_effort: effortField } : {},
  }
}
