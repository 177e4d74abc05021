import type { Losses } from '../../ir/dropped.ts'
import { isObject } from '../../ir/json.ts'
import type { JsonObject } from '../../ir/json.ts'
import type { CustomTool, FunctionTool, ModelRequest, ToolChoice } from '../../ir/request.ts'
import { conformsToStrict } from '../../ir/strict-schema.ts'

/** A function's schema as OpenAI takes it, and whether it is enforced. */
export function encodeParametersOf(
  tool: FunctionTool,
  path: string,
  { strictTools }: { readonly strictTools: boolean },
  losses: Losses,
): { readonly parameters: JsonObject; readonly strict: boolean } {
  const parameters = objectSchema(tool.schema)
  const strict = tool.strict === true && strictTools && conformsToStrict(parameters)
  if (tool.strict === true && !strict)
    losses.approximated(`${path}.strict`, 'the schema is outside what this upstream enforces')
  return { parameters, strict }
}

/** OpenAI wants an object schema with `properties`; some clients leave them out, or write null for an empty list. */
function objectSchema(schema: JsonObject | undefined): JsonObject {
  if (schema === undefined) return { type: 'object', properties: {} }
  const { required, ...rest } = schema
  return {
    ...rest,
    ...(rest['type'] !== 'object' && { type: 'object' }),
    ...(!isObject(rest['properties']) && { properties: {} }),
    ...(Array.isArray(required) && { required }),
  }
}

/** Azure refuses an empty description. */
export function described({ description }: FunctionTool | CustomTool): { readonly description?: string } {
  return description === undefined || description === '' ? {} : { description }
}

/** `parallel_tool_calls`, where the upstream has the switch. */
export function encodeParallel(
  { parallelToolCalls }: ModelRequest,
  dialect: { readonly parallelToolCalls: boolean },
  losses: Losses,
): boolean | undefined {
  if (parallelToolCalls === undefined || dialect.parallelToolCalls) return parallelToolCalls
  if (!parallelToolCalls) losses.unsupported('parallel_tool_calls', 'this upstream has no switch for it')
  return undefined
}

/** True for a choice that leaves the model no way but a call. */
export function isForced(choice: ToolChoice | undefined): boolean {
  return (
    choice?.mode === 'required' || choice?.mode === 'tool' || (choice?.mode === 'allowed' && choice.required)
  )
}
