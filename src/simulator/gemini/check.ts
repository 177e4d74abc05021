import { asArray, asNumber, asObject, asString, isObject, parseJson } from '../../ir/json.ts'
import type { JsonObject } from '../../ir/json.ts'
import { verifies } from '../signature.ts'
import { Refused } from '../surface.ts'
import type { Call } from '../surface.ts'
import { countPrompt } from '../tokens.ts'
import { declarations, member, partsOf } from './ask.ts'

const camel = (list: string): ReadonlySet<string> => new Set(list.trim().split(/\s+/))

const KNOWN = camel(
  'contents tools toolConfig safetySettings systemInstruction generationConfig cachedContent model serviceTier store labels modelArmorConfig',
)
const COUNT_KNOWN = camel('contents generateContentRequest model')
const CONFIG = camel(
  `stopSequences responseMimeType responseSchema responseJsonSchema responseModalities candidateCount maxOutputTokens
  temperature topP topK seed presencePenalty frequencyPenalty responseLogprobs logprobs enableEnhancedCivicAnswers
  speechConfig thinkingConfig imageConfig mediaResolution audioTimestamp responseFormat`,
)
const PART = camel(
  `text inlineData fileData functionCall functionResponse executableCode codeExecutionResult thought thoughtSignature
  videoMetadata mediaResolution partMetadata toolCall toolResponse`,
)
const DECLARATION = camel(
  'name description behavior parameters parametersJsonSchema response responseJsonSchema',
)
/** What `parameters`, an OpenAPI subset, knows; `parametersJsonSchema` takes any JSON Schema. */
const SCHEMA = camel(
  `type format title description nullable enum maxItems minItems properties required minProperties maxProperties
  minLength maxLength pattern example anyOf propertyOrdering default items minimum maximum additionalProperties ref defs
  $ref $defs`,
)

/** Refuses what the Gemini API would refuse. */
export function checkGemini(call: Call): void {
  checkAccess(call)
  const { body, route } = call
  if (!isObject(parseJson(call.request.bytes.toString('utf8')))) invalid('Invalid JSON payload received.')
  onlyKnown(body, route.operation === 'count' ? COUNT_KNOWN : KNOWN, '')
  if (route.operation === 'count') return checkCount(call)
  checkRequest(call)
}

/** countTokens takes contents, or a whole request that names its model once more. */
function checkCount(call: Call): void {
  const inner = member(call.body, 'generateContentRequest')
  if (!isObject(inner)) return checkContents(call)
  if (inner.model !== `models/${call.deployment}`)
    invalid('* CountTokensRequest.generate_content_request.model: model is not specified\n')
  onlyKnown(inner, KNOWN, 'generate_content_request')
  checkRequest({ ...call, body: inner })
}

function checkRequest(call: Call): void {
  const { body } = call
  checkConfig(call)
  checkTools(body)
  checkContents(call)
  checkWindow(call)
}

function invalid(message: string): never {
  throw new Refused({ status: 400, type: 'INVALID_ARGUMENT', message })
}

function onlyKnown(value: JsonObject, known: ReadonlySet<string>, path: string): void {
  for (const name of Object.keys(value)) {
    if (
      known.has(name) ||
      known.has(name.replace(/_([a-z])/g, (_match, letter: string) => letter.toUpperCase()))
    )
      continue
    invalid(
      `Invalid JSON payload received. Unknown name "${name}"${path === '' ? '' : ` at '${path}'`}: Cannot find field.`,
    )
  }
}

function checkAccess(call: Call): void {
  const key = call.request.headers['x-goog-api-key'] ?? call.request.query.get('key') ?? undefined
  if (key === undefined) {
    throw new Refused({
      status: 403,
      type: 'PERMISSION_DENIED',
      message:
        "Method doesn't allow unregistered callers (callers without established identity). Please use API Key or other form of API consumer identity to call this API.",
    })
  }
  if (call.rules.keys !== undefined && !call.rules.keys.includes(key)) {
    const message = 'API key not valid. Please pass a valid API key.'
    const reason = { '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: 'API_KEY_INVALID' }
    throw new Refused({
      status: 400,
      message,
      body: { error: { code: 400, message, status: 'INVALID_ARGUMENT', details: [reason] } },
    })
  }
  const { deployments } = call.rules
  if (deployments === undefined || call.deployment in deployments) return
  throw new Refused({
    status: 404,
    type: 'NOT_FOUND',
    message: `models/${call.deployment} is not found for API version v1beta, or is not supported for generateContent. Call ModelService.ListModels to see the list of available models and their supported methods.`,
  })
}

function checkConfig({ body, model }: Call): void {
  const config = asObject(member(body, 'generationConfig'))
  onlyKnown(config, CONFIG, 'generation_config')
  const thinking = asObject(member(config, 'thinkingConfig'))
  onlyKnown(
    thinking,
    camel('includeThoughts thinkingBudget thinkingLevel'),
    'generation_config.thinking_config',
  )
  const [budget, level] = [member(thinking, 'thinkingBudget'), member(thinking, 'thinkingLevel')]
  if (budget !== undefined && level !== undefined) {
    invalid('You can only set only one of thinking budget and thinking level.')
  }
  if (level !== undefined && model.startsWith('gemini-2'))
    invalid('Thinking level is not supported for this model.')
  if (budget === 0 && model.startsWith('gemini-2.5-pro'))
    invalid('Budget 0 is invalid. This model only works in thinking mode.')
  if (/^gemini-[4-9]/.test(model)) {
    for (const name of ['presencePenalty', 'frequencyPenalty']) {
      if (member(config, name) !== undefined) invalid(`${name} is not supported for this model.`)
    }
    if (budget !== undefined)
      invalid('Thinking budget is not supported for this model. Please use thinking level.')
    if ((asNumber(member(config, 'candidateCount')) ?? 1) > 1)
      invalid('Multiple candidates is not enabled for this model.')
  }
  if (asArray(member(config, 'stopSequences')).length > 5) {
    invalid('The number of stop sequences must be at most 5.')
  }
}

function checkTools(body: JsonObject): void {
  for (const [index, declaration] of declarations(body).entries()) {
    const path = `tools[0].function_declarations[${index}]`
    onlyKnown(declaration, DECLARATION, path)
    if (!/^[A-Za-z_][\w.:-]{0,127}$/.test(asString(declaration.name) ?? '')) {
      invalid(
        `* GenerateContentRequest.${path}.name: Invalid function name. Must start with a letter or an underscore. Must be alphanumeric (a-z, A-Z, 0-9), underscores (_), dots (.), colons (:), or dashes (-), with a maximum length of 128.`,
      )
    }
    if (isObject(declaration.parameters)) checkSchema(declaration.parameters, `${path}.parameters`)
    const both = isObject(declaration.parameters) && isObject(member(declaration, 'parametersJsonSchema'))
    if (both) invalid('Only one of parameters or parameters_json_schema may be set.')
  }
}

function checkSchema(schema: JsonObject, path: string): void {
  onlyKnown(schema, SCHEMA, path)
  if (Array.isArray(schema.type)) {
    invalid(
      `Invalid JSON payload received. Unknown name "type" at '${path}': Proto field is not repeating, cannot start list.`,
    )
  }
  if (asString(schema.type)?.toLowerCase() === 'array' && schema.items === undefined) {
    invalid(`* GenerateContentRequest.${path}.items: missing field.`)
  }
  for (const [name, value] of Object.entries(asObject(schema.properties))) {
    if (isObject(value)) checkSchema(value, `${path}.properties[${name}].value`)
  }
  if (isObject(schema.items)) checkSchema(schema.items, `${path}.items`)
}

// The conversation

function checkContents(call: Call): void {
  const contents = asArray(call.body.contents)
  if (contents.length === 0) invalid('* GenerateContentRequest.contents: contents is not specified\n')
  for (const [index, content] of contents.entries()) {
    const path = `contents[${index}]`
    const value = asObject(content)
    onlyKnown(value, camel('role parts'), path)
    const role = value.role ?? 'user'
    if (role !== 'user' && role !== 'model' && role !== 'function') {
      invalid('Please use a valid role: user, model.')
    }
    const parts = partsOf(value)
    if (parts.length === 0) {
      invalid(`* GenerateContentRequest.${path}.parts: contents.parts must not be empty.\n`)
    }
    for (const [at, part] of parts.entries()) checkPart(part, `${path}.parts[${at}]`, call)
  }
  checkPairing(contents)
  checkSignatures(contents, call)
}

function checkPart(part: JsonObject, path: string, call: Call): void {
  onlyKnown(part, PART, path)
  const data = [
    'text',
    'inlineData',
    'fileData',
    'functionCall',
    'functionResponse',
    'executableCode',
    'codeExecutionResult',
    'toolCall',
    'toolResponse',
  ]
  const given = data.filter((name) => member(part, name) !== undefined)
  if (given.length !== 1) {
    invalid(
      `* GenerateContentRequest.${path}.data: required oneof field 'data' must have one initialized field\n`,
    )
  }
  const result = member(part, 'functionResponse')
  if (isObject(result) && (asString(result.name) ?? '') === '') {
    invalid(`* GenerateContentRequest.${path}.function_response.name: Name cannot be empty.\n`)
  }
  const signature = asString(member(part, 'thoughtSignature'))
  if (signature === undefined || SKIP.has(signature) || verifies(signature, '', issuerOf(call))) return
  invalid('Corrupted thought signature.')
}

/** What Google documents for histories whose signatures are lost. */
const SKIP = new Set(['skip_thought_signature_validator', 'context_engineering_is_the_way_to_go'])

/** Signatures are readable to their account, whatever the model. */
export function issuerOf(call: Pick<Call, 'rules'>): string {
  return `${call.rules.account} gemini`
}

function countOf(content: unknown, name: string): number {
  return partsOf(content).filter((part) => member(part, name) !== undefined).length
}

function checkPairing(contents: readonly unknown[]): void {
  for (const [index, content] of contents.entries()) {
    const [calls, results] = [countOf(content, 'functionCall'), countOf(content, 'functionResponse')]
    const before = contents[index - 1]
    if (calls > 0 && (before === undefined || asObject(before).role === 'model')) {
      invalid(
        'Please ensure that function call turn comes immediately after a user turn or after a function response turn.',
      )
    }
    if (results > 0 && countOf(before, 'functionCall') === 0) {
      invalid('Please ensure that function response turn comes immediately after a function call turn.')
    }
    const answers = countOf(contents[index + 1], 'functionResponse')
    if (calls > 0 && contents[index + 1] !== undefined && answers !== calls) {
      invalid(
        'Please ensure that the number of function response parts is equal to the number of function call parts of the function call turn.',
      )
    }
  }
}

/** From Gemini 3 on, the first call of every step since the user last spoke carries its signature. */
function checkSignatures(contents: readonly unknown[], { model }: Call): void {
  if (!/^gemini-[3-9]/.test(model)) return
  const start = contents.findLastIndex(
    (content) => asObject(content).role !== 'model' && countOf(content, 'functionResponse') === 0,
  )
  for (const [index, content] of contents.entries()) {
    if (index <= start || asObject(content).role !== 'model') continue
    const first = partsOf(content).find((part) => member(part, 'functionCall') !== undefined)
    if (first === undefined || member(first, 'thoughtSignature') !== undefined) continue
    const name = asString(asObject(member(first, 'functionCall')).name) ?? ''
    invalid(
      `Function call is missing a thought_signature in functionCall parts. This is required for tools to work correctly, and missing thought_signature may lead to degraded model performance. Additional data, function call \`default_api:${name}\`, position ${index + 1}.`,
    )
  }
}

function checkWindow({ body, contextWindow }: Call): void {
  if (contextWindow === undefined) return
  const tokens = countPrompt(member(body, 'systemInstruction'), body.contents, body.tools)
  if (tokens <= contextWindow) return
  invalid(
    `The input token count (${tokens}) exceeds the maximum number of tokens allowed (${contextWindow}).`,
  )
}
