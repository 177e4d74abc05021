import { asArray, asObject, asString, compact, isObject } from '../../ir/json.ts'
import type { JsonObject } from '../../ir/json.ts'
import type { FunctionTool, Tool, ToolChoice } from '../../ir/request.ts'
import { keepUnknown } from './extensions.ts'
import { camelFields, nested, optionalArray, optionalFields } from './fields.ts'
import { fromOpenApi } from './schema.ts'

/** Each member of a tool is a tool of its own: the list of functions, Google's search, its code execution. */
export function decodeTools(wire: unknown, strict: boolean): readonly Tool[] {
  return optionalArray(wire, 'tools').flatMap((tool) =>
    Object.entries(camelFields(tool)).flatMap(([name, value]): readonly Tool[] => {
      if (name === 'functionDeclarations')
        return asArray(value).map((declaration) => decodeFunction(declaration, strict))
      const own = { name, origin: 'gemini', value: { [name]: value } } as const
      if (name === 'googleSearch' && isObject(value)) return [{ kind: 'web-search', ...own }]
      return [{ kind: 'server', type: name, ...own }]
    }),
  )
}

function decodeFunction(wire: unknown, strict: boolean): FunctionTool {
  const { name, description, parameters, parametersJsonSchema, ...rest } = camelFields(wire)
  const schema = isObject(parametersJsonSchema)
    ? parametersJsonSchema
    : isObject(parameters)
      ? fromOpenApi(parameters)
      : undefined
  return {
    kind: 'function',
    name: asString(name) ?? '',
    ...compact({ description: asString(description), schema }),
    ...(strict && { strict }),
    ...keepUnknown(rest),
  }
}

/** What `toolConfig` says: how free the model is, and whether its calls keep to their schemas. */
export type DecodedChoice = {
  readonly choice: { readonly toolChoice?: ToolChoice }
  readonly strict: boolean
  readonly unknown: JsonObject
}

export function decodeToolConfig(wire: unknown): DecodedChoice {
  const { functionCallingConfig, ...rest } = optionalFields(wire, 'toolConfig')
  const { mode, allowedFunctionNames, ...calling } = camelFields(functionCallingConfig)
  const names = asArray(allowedFunctionNames).filter((name) => typeof name === 'string')
  const toolChoice = choiceOf(mode, names)
  return {
    choice: compact({ toolChoice }),
    strict: mode === 'VALIDATED',
    unknown: {
      ...rest,
      ...nested('functionCallingConfig', {
        ...calling,
        ...(toolChoice === undefined && compact({ mode, allowedFunctionNames })),
      }),
    },
  }
}

function choiceOf(mode: unknown, tools: readonly string[]): ToolChoice | undefined {
  const [name, ...others] = tools
  switch (mode) {
    case 'AUTO':
      return { mode: 'auto' }
    case 'NONE':
      return { mode: 'none' }
    case 'ANY':
      if (name === undefined) return { mode: 'required' }
      return others.length === 0 ? { mode: 'tool', name } : { mode: 'allowed', tools, required: true }
    case 'VALIDATED':
      return name === undefined ? { mode: 'auto' } : { mode: 'allowed', tools, required: false }
    default:
      return undefined
  }
}

/** The schema of the answer, in whichever of the two members it stands. */
export function schemaOf(config: JsonObject): JsonObject | undefined {
  const { responseJsonSchema, responseSchema } = config
  if (isObject(responseJsonSchema)) return responseJsonSchema
  return isObject(responseSchema) ? fromOpenApi(asObject(responseSchema)) : undefined
}
