import { asNumber, asObject, asString, isObject } from '../../ir/json.ts'
import { countPrompt } from '../tokens.ts'
import { checkAccess } from '../openai/access.ts'
import type { Call } from '../surface.ts'
import { checkMessages } from './check-messages.ts'
import { checkTools } from './check-tools.ts'
import { openaiModel } from '../openai/models.ts'
import type { OpenAiModel } from '../openai/models.ts'
import { atMost, missing, refuse } from '../openai/refuse.ts'

/** Every top-level parameter of the API reference. */
const KNOWN = new Set(
  `audio frequency_penalty function_call functions logit_bias logprobs max_completion_tokens max_tokens messages
  metadata modalities model moderation n parallel_tool_calls prediction presence_penalty prompt_cache_key
  prompt_cache_options prompt_cache_retention reasoning_effort response_format safety_identifier seed service_tier
  stop store stream stream_options temperature tool_choice tools top_logprobs top_p user verbosity
  web_search_options`.split(/\s+/),
)

/** Azure's own: the extension for its data sources, and its security context. */
const AZURE_ONLY = new Set(['data_sources', 'user_security_context'])

/** Refuses what Azure OpenAI, OpenAI or (leniently) an imitation would refuse on Chat Completions. */
export function checkChat(call: Call): void {
  const surface = call.request.surface
  checkAccess(call)
  if (surface !== 'compatible-chat') {
    checkParameters(call)
    checkModelLimits(call, openaiModel(call.model))
    checkTools(call.body)
  }
  checkMessages(call)
  checkWindow(call)
}

// Parameters

function checkParameters({ body, request }: Call): void {
  const unknown = Object.keys(body).filter(
    (name) => !KNOWN.has(name) && !(request.surface === 'azure-chat' && AZURE_ONLY.has(name)),
  )
  if (unknown.length > 0) {
    refuse(`Unrecognized request argument${unknown.length > 1 ? 's' : ''} supplied: ${unknown.join(', ')}`)
  }
  if (isObject(body.stream_options) && body.stream !== true) {
    refuse("The 'stream_options' parameter is only allowed when 'stream' is enabled.", 'stream_options')
  }
  if (Array.isArray(body.stop) && body.stop.length > 4) {
    refuse(
      `Invalid 'stop': array too long. Expected an array with maximum length 4, but got an array with length ${body.stop.length} instead.`,
      'stop',
      'array_above_max_length',
    )
  }
  atMost(body.user, 64, 'user')
  atMost(body.safety_identifier, 128, 'safety_identifier')
  atMost(body.prompt_cache_key, 64, 'prompt_cache_key')
  for (const [name, value] of Object.entries(asObject(body.metadata))) {
    atMost(name, 64, 'metadata')
    atMost(value, 512, `metadata.${name}`)
  }
  const temperature = asNumber(body.temperature)
  if (temperature !== undefined && (temperature < 0 || temperature > 2)) {
    const [bound, code] =
      temperature < 0
        ? ['minimum value. Expected a value >= 0', 'below_min']
        : ['maximum value. Expected a value <= 2', 'above_max']
    refuse(
      `Invalid 'temperature': decimal ${temperature < 0 ? 'below' : 'above'} ${bound}, but got ${temperature} instead.`,
      'temperature',
      `decimal_${code}_value`,
    )
  }
}

const SAMPLING = [
  'temperature',
  'top_p',
  'presence_penalty',
  'frequency_penalty',
  'logit_bias',
  'logprobs',
  'top_logprobs',
]
const SAMPLING_DEFAULTS: Readonly<Record<string, unknown>> = {
  temperature: 1,
  top_p: 1,
  presence_penalty: 0,
  frequency_penalty: 0,
  logprobs: false,
}

function checkModelLimits({ body }: Call, model: OpenAiModel): void {
  const effort = asString(body.reasoning_effort)
  if (effort !== undefined && model.efforts.length === 0) {
    refuse('Unrecognized request argument supplied: reasoning_effort')
  }
  if (effort !== undefined && !model.efforts.includes(effort)) {
    refuse(
      `Unsupported value: 'reasoning_effort' does not support '${effort}' with this model. Supported values are: ${model.efforts.map((level) => `'${level}'`).join(', ')}.`,
      'reasoning_effort',
      'unsupported_value',
    )
  }
  if (model.reasoning) checkReasoning(body, model, effort)
  if (!model.toolsWithReasoning && body.tools !== undefined && effort !== undefined && effort !== 'none') {
    refuse(
      'Function tools with reasoning_effort are not supported for this model in /v1/chat/completions. Please use /v1/responses instead.',
      'reasoning_effort',
    )
  }
  for (const name of ['max_tokens', 'max_completion_tokens']) {
    const limit = asNumber(body[name])
    if (limit === undefined) continue
    if (limit < 1) {
      refuse(
        `Invalid '${name}': integer below minimum value. Expected a value >= 1, but got ${limit} instead.`,
        name,
        'integer_below_min_value',
      )
    }
    if (limit > model.maxOutput) {
      refuse(
        `max_tokens is too large: ${limit}. This model supports at most ${model.maxOutput} completion tokens, whereas you provided ${limit}.`,
        name,
        'invalid_value',
      )
    }
  }
}

function checkReasoning(body: Call['body'], model: OpenAiModel, effort: string | undefined): void {
  if (body.max_tokens !== undefined && body.max_tokens !== null) {
    refuse(
      "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
      'max_tokens',
      'unsupported_parameter',
    )
  }
  if (!model.stop && body.stop !== undefined && body.stop !== null) unsupported('stop')
  if (model.samplingWithoutEffort && (effort === undefined || effort === 'none')) return
  for (const name of SAMPLING) {
    const value = body[name]
    if (value === undefined || value === null || value === SAMPLING_DEFAULTS[name]) continue
    if (name !== 'temperature') unsupported(name)
    refuse(
      `Unsupported value: 'temperature' does not support ${String(value)} with this model. Only the default (1) value is supported.`,
      'temperature',
      'unsupported_value',
    )
  }
}

function unsupported(name: string): never {
  return refuse(
    `Unsupported parameter: '${name}' is not supported with this model.`,
    name,
    'unsupported_parameter',
  )
}

function checkWindow(call: Call): void {
  const { contextWindow, body } = call
  if (contextWindow === undefined) return
  if (body.messages === undefined) return missing('messages')
  const tokens = countPrompt(body.messages, body.tools)
  if (tokens <= contextWindow) return
  refuse(
    `This model's maximum context length is ${contextWindow} tokens. However, your messages resulted in ${tokens} tokens. Please reduce the length of the messages.`,
    'messages',
    'context_length_exceeded',
  )
}
