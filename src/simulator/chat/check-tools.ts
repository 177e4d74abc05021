import { asArray, asObject, asString, isObject } from '../../ir/json.ts'
import type { JsonObject } from '../../ir/json.ts'
import {
  filledArray,
  legalName,
  missing,
  onlyKnown,
  refuse,
  wrongType,
  wrongValue,
} from '../openai/refuse.ts'

/** Refuses tools, a choice of them, or an output schema that the Chat Completions API would refuse. */
export function checkTools(body: JsonObject): void {
  const names = new Set<string>()
  if (body.tools !== undefined && body.tools !== null) {
    for (const [index, tool] of filledArray(body.tools, 'tools', 128).entries()) {
      names.add(checkTool(tool, `tools[${index}]`))
    }
  }
  checkChoice(body, names)
  checkFormat(body)
}

function checkTool(tool: unknown, path: string): string {
  if (!isObject(tool)) return wrongType(path, 'object', tool)
  if (tool.type === 'custom') {
    const name = asObject(tool.custom).name
    legalName(name, `${path}.custom.name`)
    return String(name)
  }
  if (tool.type !== 'function') wrongValue(`${path}.type`, tool.type, ['function', 'custom'])
  onlyKnown(tool, new Set(['type', 'function']), path)
  if (!isObject(tool.function)) return missing(`${path}.function`)
  const definition = tool.function
  onlyKnown(definition, new Set(['name', 'description', 'parameters', 'strict']), `${path}.function`)
  legalName(definition.name, `${path}.function.name`)
  const name = String(definition.name)
  const description = definition.description
  if (description !== undefined && typeof description !== 'string') {
    wrongType(`${path}.function.description`, 'string', description)
  }
  if (definition.parameters !== undefined) {
    const at = `${path}.function.parameters`
    const fail: Fail = (why) =>
      refuse(`Invalid schema for function '${name}': ${why}`, at, 'invalid_function_parameters')
    checkRoot(definition.parameters, definition.strict === true, fail)
  }
  return name
}

type Fail = (why: string) => never

function checkRoot(schema: unknown, strict: boolean, fail: Fail): void {
  if (!isObject(schema)) return fail('schema must be a JSON Schema object.')
  if (schema.type !== 'object') {
    fail(
      `schema must be a JSON Schema of 'type: "object"', got 'type: "${asString(schema.type) ?? 'None'}"'.`,
    )
  }
  checkSchema(schema, strict, [], fail)
}

function checkSchema(schema: JsonObject, strict: boolean, context: readonly string[], fail: Fail): void {
  const where = `In context=(${context.map((step) => `'${step}'`).join(', ')}${context.length === 1 ? ',' : ''})`
  if (schema.type === null) fail(`${where}, null is not a valid type.`)
  if (schema.type === 'array' && schema.items === undefined) fail(`${where}, array schema missing items.`)
  if (schema.required !== undefined && !Array.isArray(schema.required)) {
    fail(`${where}, 'required' must be an array of strings.`)
  }
  const properties = schema.properties
  if (schema.type === 'object') {
    if (context.length === 0 && !isObject(properties)) fail(`${where}, object schema missing properties.`)
    if (strict) checkStrictObject(schema, where, fail)
  }
  for (const [name, member] of Object.entries(asObject(properties))) {
    if (isObject(member)) checkSchema(member, strict, [...context, 'properties', name], fail)
  }
  if (isObject(schema.items)) checkSchema(schema.items, strict, [...context, 'items'], fail)
  for (const [index, choice] of asArray(schema.anyOf).entries()) {
    if (isObject(choice)) checkSchema(choice, strict, [...context, 'anyOf', String(index)], fail)
  }
}

const NOT_STRICT = [
  'oneOf',
  'allOf',
  'not',
  'if',
  'patternProperties',
  'propertyNames',
  'uniqueItems',
  'minLength',
  'maxLength',
  'default',
]

function checkStrictObject(schema: JsonObject, where: string, fail: Fail): void {
  if (schema.additionalProperties !== false) {
    fail(`${where}, 'additionalProperties' is required to be supplied and to be false.`)
  }
  const names = Object.keys(asObject(schema.properties))
  const absent = names.find((name) => !asArray(schema.required).includes(name))
  if (absent !== undefined) {
    fail(
      `${where}, 'required' is required to be supplied and to be an array including every key in properties. Missing '${absent}'.`,
    )
  }
  for (const member of [schema, ...Object.values(asObject(schema.properties))]) {
    const keyword = NOT_STRICT.find((name) => isObject(member) && name in member)
    if (keyword !== undefined) fail(`${where}, '${keyword}' is not permitted.`)
  }
}

function checkChoice(body: JsonObject, names: ReadonlySet<string>): void {
  const choice = body.tool_choice
  for (const name of ['tool_choice', 'parallel_tool_calls']) {
    const given = body[name] !== undefined && body[name] !== null
    if (given && names.size === 0 && body.functions === undefined) {
      refuse(`Invalid value for '${name}': '${name}' is only allowed when 'tools' are specified.`, name)
    }
  }
  if (typeof choice === 'string' && !['none', 'auto', 'required'].includes(choice)) {
    wrongValue('tool_choice', choice, ['none', 'auto', 'required'])
  }
  if (!isObject(choice) || choice.type === 'allowed_tools') return
  const wanted = asString(asObject(choice.function ?? choice.custom).name)
  if (wanted === undefined) return missing('tool_choice.function.name')
  if (!names.has(wanted)) {
    refuse(
      `Invalid value for 'tool_choice': no tool named '${wanted}' was specified in the 'tools' parameter.`,
      'tool_choice',
    )
  }
}

function checkFormat(body: JsonObject): void {
  const format = asObject(body.response_format)
  if (format.type === 'json_object' && !/json/i.test(JSON.stringify(body.messages))) {
    refuse(
      `'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'.`,
      'messages',
    )
  }
  if (format.type !== 'json_schema') return
  if (!isObject(format.json_schema)) return missing('response_format.json_schema')
  const wanted = format.json_schema
  onlyKnown(wanted, new Set(['name', 'description', 'schema', 'strict']), 'response_format.json_schema')
  legalName(wanted.name, 'response_format.json_schema.name')
  if (wanted.schema === undefined) return
  const fail: Fail = (why) =>
    refuse(`Invalid schema for response_format '${String(wanted.name)}': ${why}`, 'response_format')
  checkRoot(wanted.schema, wanted.strict === true, fail)
}
