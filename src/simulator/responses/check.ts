import { asArray, asNumber, asObject, asString, isObject } from '../../ir/json.ts'
import type { JsonObject } from '../../ir/json.ts'
import { checkAccess } from '../openai/access.ts'
import { openaiModel } from '../openai/models.ts'
import { atMost, legalName, missing, refuse, wrongType, wrongValue } from '../openai/refuse.ts'
import { verifies } from '../signature.ts'
import type { Call } from '../surface.ts'
import { countPrompt } from '../tokens.ts'
import { declaredTools, itemsOf } from './ask.ts'

/** Every top-level parameter of the API reference. */
const KNOWN = new Set(
  `access_programs background client_metadata context_management conversation include input instructions
  max_output_tokens max_tool_calls metadata model moderation parallel_tool_calls previous_response_id prompt
  prompt_cache_key prompt_cache_options prompt_cache_retention reasoning safety_identifier service_tier store stream
  stream_options temperature text tool_choice tools top_logprobs top_p truncation user`.split(/\s+/),
)

/** Parameters of `input_tokens`. */
const COUNTED = new Set(
  `conversation input instructions model parallel_tool_calls personality previous_response_id reasoning text
  tool_choice tools truncation`.split(/\s+/),
)

/** Refuses what Azure OpenAI or OpenAI would refuse on the Responses API. */
export function checkResponses(call: Call): void {
  checkAccess(call)
  const { body, route } = call
  const known = route.operation === 'count' ? COUNTED : KNOWN
  const unknown = Object.keys(body).find((name) => !known.has(name))
  if (unknown !== undefined) refuse(`Unknown parameter: '${unknown}'.`, unknown, 'unknown_parameter')
  if (body.input === undefined && body.previous_response_id === undefined && body.prompt === undefined) {
    missing('input')
  }
  if (body.input !== undefined && typeof body.input !== 'string' && !Array.isArray(body.input)) {
    wrongType('input', 'string', body.input)
  }
  atMost(body.user, 64, 'user')
  atMost(body.safety_identifier, 128, 'safety_identifier')
  checkStored(body)
  checkLimits(call)
  for (const [index, item] of itemsOf(body).entries()) checkItem(item, `input[${index}]`, call)
  if (body.previous_response_id === undefined && body.conversation === undefined) checkPairing(itemsOf(body))
  checkTools(body)
  checkWindow(call)
}

function checkStored(body: JsonObject): void {
  const previous = body.previous_response_id
  if (typeof previous !== 'string' || /^resp_Sim\d+$/.test(previous)) return
  refuse(
    `Previous response with id '${previous}' not found.`,
    'previous_response_id',
    'previous_response_not_found',
  )
}

function checkLimits({ body, model }: Call): void {
  const facts = openaiModel(model)
  const reasoning = asObject(body.reasoning)
  const effort = asString(reasoning.effort)
  if (effort !== undefined && facts.efforts.length === 0) unsupported('reasoning.effort')
  if (effort !== undefined && !facts.efforts.includes(effort)) {
    refuse(
      `Unsupported value: '${effort}' is not supported with the '${model}' model. Supported values are: ${facts.efforts.map((level) => `'${level}'`).join(', ')}.`,
      'reasoning.effort',
      'unsupported_value',
    )
  }
  const thinks =
    facts.reasoning && !(facts.samplingWithoutEffort && (effort === undefined || effort === 'none'))
  for (const name of ['temperature', 'top_p', 'top_logprobs']) {
    const value = body[name]
    if (thinks && value !== undefined && value !== null && value !== 1 && value !== 0) unsupported(name)
  }
  const limit = asNumber(body.max_output_tokens)
  if (limit === undefined) return
  if (limit < 16) {
    refuse(
      `Invalid 'max_output_tokens': integer below minimum value. Expected a value >= 16, but got ${limit} instead.`,
      'max_output_tokens',
      'integer_below_min_value',
    )
  }
  if (limit > facts.maxOutput) {
    refuse(
      `Invalid 'max_output_tokens': integer above maximum value. Expected a value <= ${facts.maxOutput}, but got ${limit} instead.`,
      'max_output_tokens',
      'integer_above_max_value',
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

// Items

const PARTS: Readonly<Record<string, readonly string[]>> = {
  assistant: ['output_text', 'refusal'],
  user: ['input_text', 'input_image', 'input_file', 'input_audio'],
  system: ['input_text', 'input_image', 'input_file'],
  developer: ['input_text', 'input_image', 'input_file'],
}

const ID_STARTS: Readonly<Record<string, string>> = {
  message: 'msg',
  function_call: 'fc',
  custom_tool_call: 'ctc',
  reasoning: 'rs',
  web_search_call: 'ws',
}

function checkItem(item: JsonObject, path: string, call: Call): void {
  const type = asString(item.type) ?? (item.role === undefined ? undefined : 'message')
  if (type === undefined) return missing(`${path}.type`)
  const start = ID_STARTS[type]
  if (start !== undefined && typeof item.id === 'string' && !item.id.startsWith(start)) {
    refuse(
      `Invalid '${path}.id': '${item.id}'. Expected an ID that begins with '${start}'.`,
      `${path}.id`,
      'invalid_value',
    )
  }
  switch (type) {
    case 'message':
      return checkMessage(item, path)
    case 'reasoning':
      return checkReasoning(item, path, call)
    case 'function_call':
    case 'custom_tool_call':
      atMost(item.call_id, 64, `${path}.call_id`)
      for (const name of ['call_id', 'name', type === 'function_call' ? 'arguments' : 'input']) {
        if (item[name] === undefined) missing(`${path}.${name}`)
        if (typeof item[name] !== 'string') wrongType(`${path}.${name}`, 'string', item[name])
      }
      return
    case 'web_search_call':
      if (typeof item.status !== 'string') missing(`${path}.status`)
      if (asString(asObject(item.action).type) === undefined) missing(`${path}.action`)
      return
    case 'function_call_output':
    case 'custom_tool_call_output':
      if (typeof item.call_id !== 'string') missing(`${path}.call_id`)
      if (item.output === undefined) missing(`${path}.output`)
      if (typeof item.output === 'string') return
      for (const [index, part] of asArray(item.output).entries()) {
        checkPart(part, 'system', `${path}.output[${index}]`)
      }
  }
}

function checkMessage(item: JsonObject, path: string): void {
  const role = asString(item.role) ?? ''
  const allowed = PARTS[role]
  if (allowed === undefined)
    return wrongValue(`${path}.role`, role, ['assistant', 'system', 'developer', 'user'])
  if (typeof item.content === 'string') return
  if (!Array.isArray(item.content)) return wrongType(`${path}.content`, 'array', item.content)
  for (const [index, part] of item.content.entries()) checkPart(part, role, `${path}.content[${index}]`)
}

function checkPart(part: unknown, role: string, path: string): void {
  const { type, ...fields } = asObject(part)
  const allowed = PARTS[role] ?? []
  if (!allowed.includes(asString(type) ?? '')) wrongValue(`${path}.type`, type, allowed)
  if ((type === 'input_text' || type === 'output_text') && typeof fields.text !== 'string') {
    missing(`${path}.text`)
  }
  if (type === 'input_image' && typeof fields.image_url !== 'string' && typeof fields.file_id !== 'string') {
    missing(`${path}.image_url`)
  }
  if (type !== 'input_file' || typeof fields.file_data !== 'string') return
  if (!/^data:[\w.+-]+\/[\w.+-]+;base64,/.test(fields.file_data)) {
    refuse(
      `Invalid file data: '${path}.file_data'. Expected a base64-encoded data URL with a valid file MIME type (e.g. 'data:application/pdf;base64,aGVsbG8=').`,
      `${path}.file_data`,
      'invalid_value',
    )
  }
  if (typeof fields.filename !== 'string') missing(`${path}.filename`)
}

function checkReasoning(item: JsonObject, path: string, call: Call): void {
  if (!Array.isArray(item.summary)) missing(`${path}.summary`)
  const sealed = asString(item.encrypted_content)
  if (sealed === undefined || verifies(sealed, '', issuerOf(call))) return
  refuse(
    `The encrypted content ${sealed.slice(0, 4)}...${sealed.slice(-4)} could not be verified. Reason: Encrypted content could not be decrypted or parsed.`,
    null,
    'invalid_encrypted_content',
  )
}

/** Reasoning is readable to the resource that made it, whatever the model. */
export function issuerOf(call: Pick<Call, 'rules'>): string {
  return `${call.rules.account} responses`
}

/** Calls and outputs belong together, wherever they stand; reasoning leads to something. */
function checkPairing(items: readonly JsonObject[]): void {
  const idsOf = (suffix: string) =>
    new Set(items.filter((item) => asString(item.type)?.endsWith(suffix)).map((item) => item.call_id))
  const [called, answered] = [idsOf('_call'), idsOf('_call_output')]
  for (const item of items) {
    if (item.type === 'function_call' || item.type === 'custom_tool_call') {
      const kind = item.type === 'function_call' ? 'function call' : 'custom tool call'
      if (!answered.has(item.call_id))
        refuse(`No tool output found for ${kind} ${String(item.call_id)}.`, 'input')
    }
    if (item.type === 'function_call_output' && !called.has(item.call_id)) {
      refuse(`No tool call found for function call output with call_id ${String(item.call_id)}.`, 'input')
    }
  }
  for (const [index, item] of items.entries()) {
    const next = items[index + 1]
    if (item.type !== 'reasoning' || typeof item.id !== 'string') continue
    if (next !== undefined && next.role !== 'user' && next.role !== 'developer') continue
    refuse(`Item '${item.id}' of type 'reasoning' was provided without its required following item.`, 'input')
  }
}

function checkTools(body: JsonObject): void {
  for (const [index, tool] of asArray(body.tools).entries()) {
    if (!isObject(tool)) return wrongType(`tools[${index}]`, 'object', tool)
    if (tool.type === undefined) missing(`tools[${index}].type`)
  }
  const declared = declaredTools(body)
  for (const [index, { tool }] of declared.entries()) {
    const path = `tools[${index}]`
    legalName(tool.name, `${path}.name`)
    if (tool.type === 'custom') continue
    const parameters = asObject(tool.parameters)
    const fail = (why: string) =>
      refuse(
        `Invalid schema for function '${String(tool.name)}': In context=(), ${why}`,
        `${path}.parameters`,
        'invalid_function_parameters',
      )
    if (tool.parameters === undefined || tool.parameters === null) continue
    if (parameters.type === 'object' && !isObject(parameters.properties))
      fail('object schema missing properties.')
    if (tool.strict === true && parameters.additionalProperties !== false) {
      fail("'additionalProperties' is required to be supplied and to be false.")
    }
  }
  const { type, name } = asObject(body.tool_choice)
  if ((type === 'function' || type === 'custom') && !declared.some(({ tool }) => tool.name === name)) {
    refuse(`Tool choice '${type}' not found in 'tools' parameter.`, 'tool_choice')
  }
}

function checkWindow({ body, contextWindow, route }: Call): void {
  if (contextWindow === undefined || route.operation !== 'generate') return
  if (countPrompt(body.instructions, body.input, body.tools) <= contextWindow) return
  refuse(
    'Your input exceeds the context window of this model. Please adjust your input and try again.',
    'input',
    'context_length_exceeded',
  )
}
