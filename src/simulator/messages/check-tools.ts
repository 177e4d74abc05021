import { asArray, asObject, asString, isObject } from '../../ir/json.ts'
import type { JsonObject } from '../../ir/json.ts'
import type { Call } from '../surface.ts'
import { checkCacheControl } from './check-blocks.ts'
import { claudeModel } from './models.ts'
import { names, onlyKnown, refuse, required } from './refuse.ts'

const CUSTOM = names(
  'type name description input_schema strict cache_control defer_loading allowed_callers input_examples eager_input_streaming',
)

/** Refuses tools, or a choice of them, that the Messages API would refuse. */
export function checkTools(call: Call): void {
  const { body } = call
  const seen = new Set<string>()
  for (const [index, tool] of asArray(body.tools).entries()) {
    if (!isObject(tool))
      return refuse(`tools.${index}: Input should be a valid dictionary or object to extract fields from`)
    const typed = tool.type !== undefined && tool.type !== null && tool.type !== 'custom'
    if (!typed) checkCustom(tool, `tools.${index}.custom`)
    const name = asString(tool.name) ?? ''
    if (seen.has(name)) refuse('tools: Tool names must be unique.')
    seen.add(name)
  }
  if (seen.size === 0 && usesTools(body)) {
    refuse('Requests which include `tool_use` or `tool_result` blocks must define tools.')
  }
  checkChoice(call, seen)
}

function checkCustom(tool: JsonObject, path: string): void {
  onlyKnown(tool, CUSTOM, path)
  required(tool.name, `${path}.name`)
  if (!/^[a-zA-Z0-9_-]{1,128}$/.test(asString(tool.name) ?? '')) {
    refuse(`${path}.name: String should match pattern '^[a-zA-Z0-9_-]{1,128}$'`)
  }
  if (tool.description !== undefined && typeof tool.description !== 'string') {
    refuse(`${path}.description: Input should be a valid string`)
  }
  required(tool.input_schema, `${path}.input_schema`)
  const schema = asObject(tool.input_schema)
  required(schema.type, `${path}.input_schema.type`)
  if (schema.type !== 'object') refuse(`${path}.input_schema.type: Input should be 'object'`)
  for (const keyword of ['oneOf', 'allOf', 'anyOf']) {
    if (keyword in schema)
      refuse(`${path}.input_schema: input_schema does not support oneOf, allOf, or anyOf at the top level`)
  }
  if (schema.required !== undefined && !Array.isArray(schema.required)) {
    refuse(`${path}.input_schema: JSON schema is invalid. It must match JSON Schema draft 2020-12`)
  }
  checkCacheControl(tool, path)
}

function usesTools(body: JsonObject): boolean {
  return asArray(body.messages).some((message) =>
    asArray(asObject(message).content).some((block) =>
      ['tool_use', 'tool_result'].includes(asString(asObject(block).type) ?? ''),
    ),
  )
}

function checkChoice({ body, model }: Call, offered: ReadonlySet<string>): void {
  const choice = body.tool_choice
  if (choice === undefined || choice === null) return
  if (!isObject(choice))
    return refuse('tool_choice: Input should be a valid dictionary or object to extract fields from')
  const type = asString(choice.type) ?? ''
  if (!['auto', 'any', 'tool', 'none'].includes(type)) {
    refuse(
      `tool_choice: Input tag '${type}' found using 'type' does not match any of the expected tags: 'auto', 'any', 'tool', 'none'`,
    )
  }
  const own = type === 'tool' ? ' name' : ''
  const parallel = type === 'none' ? '' : ' disable_parallel_tool_use'
  onlyKnown(choice, names(`type${own}${parallel}`), `tool_choice.${type}`)
  if (offered.size === 0) refuse('tool_choice: tool_choice may only be specified while providing tools')
  if (type === 'tool' && !offered.has(asString(choice.name) ?? '')) {
    refuse(`Tool '${String(choice.name)}' not found in provided tools`)
  }
  if (type !== 'any' && type !== 'tool') return
  if (!claudeModel(model).forcedToolChoice)
    refuse(`tool_choice: type '${type}' is not supported for this model.`)
  if (asObject(body.thinking).type === 'enabled') {
    refuse('Thinking may not be enabled when tool_choice forces tool use.')
  }
}
