import { asArray, asNumber, asObject, asString, isObject, parseJson } from '../../ir/json.ts'
import type { JsonObject } from '../../ir/json.ts'
import { Refused } from '../surface.ts'
import type { Call } from '../surface.ts'
import { countPrompt } from '../tokens.ts'
import { checkCacheControl, checkText } from './check-blocks.ts'
import { checkCounted } from './check-count.ts'
import { checkTools } from './check-tools.ts'
import { checkTurns } from './check-turns.ts'
import { claudeModel } from './models.ts'
import { names, onlyKnown, refuse, required } from './refuse.ts'

const COUNTED = 'model messages system tools tool_choice thinking output_config cache_control'
const KNOWN = `${COUNTED} max_tokens container diagnostics inference_geo metadata service_tier speed stop_sequences
  stream temperature top_k top_p user_profile_id workspace_id`

/** Fields that need a value in `anthropic-beta` which begins so. */
const BETA_FIELDS: Readonly<Record<string, string>> = {
  context_management: 'context-management-',
  mcp_servers: 'mcp-client-',
  compaction: 'compact',
  output_format: 'structured-outputs-',
  fallbacks: 'fallback',
  fallback_credit_token: 'fallback-credit-',
  safeguards: 'dangerous-tool-use-',
  thread: 'thread',
}

/** Fields that Foundry does not have. Source: the vendor's comparison of its hosts. */
const NOT_ON_FOUNDRY = ['speed', 'inference_geo', 'user_profile_id', 'workspace_id']

/** Refuses what the Messages API, at Anthropic or on Azure AI Foundry, would refuse. */
export function checkMessagesCall(call: Call): void {
  checkCaller(call)
  const body = parseJson(call.request.bytes.toString('utf8'))
  if (!isObject(body)) refuse('The request body is not valid JSON')
  checkFields(call)
  checkSystem(call.body)
  checkTurns(call)
  checkTools(call)
  checkCounted(call)
  checkCacheMarks(call.body)
  checkThinking(call)
  checkSampling(call)
  checkOutput(call)
  checkWindow(call)
}

// Who asks, and for what

function checkCaller(call: Call): void {
  const { headers, surface } = call.request
  const onFoundry = surface === 'foundry-messages'
  const bearer = /^Bearer\s+(.+)$/i.exec(headers.authorization ?? '')?.[1]
  const key = headers['x-api-key'] ?? (onFoundry ? headers['api-key'] : undefined) ?? bearer
  const known = key !== undefined && (call.rules.keys === undefined || call.rules.keys.includes(key))
  if (!known && onFoundry) {
    const message =
      'Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide a valid key for an active subscription and use a correct regional API endpoint for your resource.'
    throw new Refused({ status: 401, message, body: { error: { code: '401', message } } })
  }
  if (!known) {
    throw new Refused({
      status: 401,
      type: 'authentication_error',
      message: key === undefined ? 'x-api-key header is required' : 'invalid x-api-key',
      headers: { 'x-should-retry': 'false' },
    })
  }
  if (headers['anthropic-version'] === undefined) refuse('anthropic-version: header is required')
  for (const beta of betasOf(call)) {
    if (call.rules.betas === undefined || call.rules.betas.includes(beta)) continue
    refuse(
      `Unexpected value(s) \`${beta}\` for the \`anthropic-beta\` header. Please consult our documentation at docs.anthropic.com or try again without the header.`,
    )
  }
  if (call.deployment === '') refuse('model: Field required')
  const { deployments } = call.rules
  if (deployments === undefined || call.deployment in deployments) return
  if (!onFoundry) {
    throw new Refused({ status: 404, type: 'not_found_error', message: `model: ${call.deployment}` })
  }
  const message =
    'The API deployment for this resource does not exist. If you created the deployment within the last 5 minutes, please wait a moment and try again.'
  throw new Refused({ status: 404, message, body: { error: { code: 'DeploymentNotFound', message } } })
}

function betasOf(call: Call): string[] {
  return (call.request.headers['anthropic-beta'] ?? '')
    .split(',')
    .map((beta) => beta.trim())
    .filter(Boolean)
}

function checkFields(call: Call): void {
  const { body, route, request } = call
  const betas = betasOf(call)
  const enabled = Object.entries(BETA_FIELDS)
    .filter(([, prefix]) => betas.some((beta) => beta.startsWith(prefix)))
    .map(([name]) => name)
  const known = new Set([...names(route.operation === 'count' ? COUNTED : KNOWN), ...enabled])
  if (request.surface === 'foundry-messages') for (const name of NOT_ON_FOUNDRY) known.delete(name)
  onlyKnown(body, known, '')
  if (isObject(body.metadata)) onlyKnown(body.metadata, names('user_id'), 'metadata')
  if (route.operation === 'count') return
  required(body.max_tokens, 'max_tokens')
  const limit = asNumber(body.max_tokens)
  if (limit === undefined) return refuse('max_tokens: Input should be a valid integer')
  if (limit < 0) refuse('max_tokens: Input should be greater than or equal to 0')
  const { maxOutput } = claudeModel(call.model)
  if (limit > maxOutput) {
    refuse(
      `max_tokens: ${limit} > ${maxOutput}, which is the maximum allowed number of output tokens for ${call.model}`,
    )
  }
  for (const stop of asArray(body.stop_sequences)) {
    if (typeof stop === 'string' && stop.trim() === '') {
      refuse('stop_sequences: each stop sequence must contain non-whitespace')
    }
  }
}

function checkSystem(body: JsonObject): void {
  const { system } = body
  if (system === undefined || typeof system === 'string') return
  if (!Array.isArray(system)) return refuse('system: Input should be a valid list')
  for (const [index, block] of system.entries()) {
    const value = asObject(block)
    if (value.type !== 'text') refuse(`system.${index}.type: Input should be 'text'`)
    onlyKnown(value, names('type text cache_control citations'), `system.${index}`)
    checkText(value.text, 'system')
    checkCacheControl(value, `system.${index}`)
  }
}

function checkCacheMarks(body: JsonObject): void {
  const inTurns = asArray(body.messages).flatMap((message) => asArray(asObject(message).content))
  const inResults = inTurns.flatMap((block) => asArray(asObject(block).content))
  const holders = [body, ...asArray(body.system), ...asArray(body.tools), ...inTurns, ...inResults]
  const marks = holders.filter((holder) => isObject(asObject(holder).cache_control)).length
  if (marks > 4) refuse(`A maximum of 4 blocks with cache_control may be provided. Found ${marks}.`)
}

// What the model takes

function checkThinking({ body, model, route }: Call): void {
  const { thinking } = body
  if (thinking === undefined || thinking === null) return
  const type = asString(asObject(thinking).type) ?? ''
  const modes = claudeModel(model).thinking
  if (!['adaptive', 'enabled', 'disabled', 'between_tools'].includes(type)) {
    refuse(
      `thinking: Input tag '${type}' found using 'type' does not match any of the expected tags: 'adaptive', 'disabled', 'enabled', 'between_tools'`,
    )
  }
  if (type === 'adaptive' && !modes.includes('adaptive'))
    refuse('adaptive thinking is not supported on this model')
  if (!modes.some((mode) => mode === type)) {
    refuse(
      `"thinking.type.${type}" is not supported for this model. Use "thinking.type.adaptive" and "output_config.effort" to control thinking behavior.`,
    )
  }
  if (type !== 'enabled') return
  onlyKnown(asObject(thinking), names('type budget_tokens display'), 'thinking.enabled')
  const budget = asNumber(asObject(thinking).budget_tokens)
  if (budget === undefined) return refuse('thinking.enabled.budget_tokens: Field required')
  if (budget < 1024) refuse('thinking.enabled.budget_tokens: Input should be greater than or equal to 1024')
  if (route.operation === 'generate' && budget >= (asNumber(body.max_tokens) ?? 0)) {
    refuse('`max_tokens` must be greater than `thinking.budget_tokens`.')
  }
}

function checkSampling({ body, model, request }: Call): void {
  const given = ['temperature', 'top_p', 'top_k'].filter(
    (name) => body[name] !== undefined && body[name] !== null,
  )
  const { sampling } = claudeModel(model)
  const version = request.headers['anthropic-version'] ?? ''
  for (const name of given) {
    if (version >= '2026-10-21') refuse(`${name}: Extra inputs are not permitted`)
    const neutral =
      (name === 'temperature' && body.temperature === 1) || (name === 'top_p' && Number(body.top_p) >= 0.99)
    if (sampling === 'none' && !neutral) refuse(`\`${name}\` is deprecated for this model.`)
  }
  const temperature = asNumber(body.temperature) ?? 1
  if (temperature < 0) refuse('temperature: Input should be greater than or equal to 0')
  if (temperature > 1) refuse('temperature: Input should be less than or equal to 1')
  if (sampling !== 'all' && given.includes('temperature') && given.includes('top_p')) {
    refuse('`temperature` and `top_p` cannot both be specified for this model. Please use only one.')
  }
  const mode = asObject(body.thinking).type
  if (mode !== 'enabled' && mode !== 'adaptive') return
  if (temperature !== 1)
    refuse('`temperature` may only be set to 1 when thinking is enabled or in adaptive mode.')
  if (given.includes('top_k')) refuse('`top_k` must be unset when thinking is enabled or in adaptive mode.')
  if (given.includes('top_p') && Number(body.top_p) < 0.95) {
    refuse(
      '`top_p` must be greater than or equal to 0.95 or unset when thinking is enabled or in adaptive mode.',
    )
  }
}

function checkOutput({ body, model }: Call): void {
  if (body.output_config === undefined || body.output_config === null) return
  const config = asObject(body.output_config)
  onlyKnown(config, names('effort format task_budget'), 'output_config')
  const { efforts } = claudeModel(model)
  const effort = asString(config.effort)
  if (effort !== undefined && efforts.length === 0)
    refuse('This model does not support the effort parameter.')
  if (effort !== undefined && !efforts.includes(effort)) {
    const levels = efforts.toSorted().join(', ')
    refuse(`This model does not support effort level '${effort}'. Supported levels: ${levels}.`)
  }
  if (config.format === undefined || config.format === null) return
  const format = asObject(config.format)
  if (format.type !== 'json_schema') refuse("output_config.format.type: Input should be 'json_schema'")
  onlyKnown(format, names('type schema'), 'output_config.format')
  checkClosed(asObject(format.schema))
}

function checkClosed(schema: JsonObject): void {
  if (schema.type === 'object' && schema.additionalProperties !== false) {
    refuse(
      "output_config.format.schema: For 'object' type, 'additionalProperties' must be explicitly set to false",
    )
  }
  const inner = [
    ...Object.values(asObject(schema.properties)),
    schema.items,
    ...asArray(schema.anyOf),
    ...Object.values(asObject(schema.$defs)),
  ]
  for (const member of inner) if (isObject(member)) checkClosed(member)
}

function checkWindow({ body, contextWindow, route }: Call): void {
  if (contextWindow === undefined || route.operation !== 'generate') return
  const tokens = countPrompt(body.system, body.messages, body.tools)
  if (tokens > contextWindow) refuse(`prompt is too long: ${tokens} tokens > ${contextWindow} maximum`)
  const limit = asNumber(body.max_tokens) ?? 0
  if (tokens + limit > contextWindow) {
    refuse(
      `input length and \`max_tokens\` exceed context limit: ${tokens} + ${limit} > ${contextWindow}, decrease input length or \`max_tokens\` and try again`,
    )
  }
}
