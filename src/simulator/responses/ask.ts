import { asArray, asNumber, asObject, asString, isObject } from '../../ir/json.ts'
import type { JsonObject } from '../../ir/json.ts'
import { parseDataUrl } from '../../ir/media.ts'
import { base64Bytes } from '../ask.ts'
import type { Ask, Medium, OfferedTool, ToolOutcome } from '../ask.ts'
import { openaiModel, thinksAt } from '../openai/models.ts'
import type { Call } from '../surface.ts'
import { countPrompt } from '../tokens.ts'

/** A request's input as items: a plain string is one user message. */
export function itemsOf(body: JsonObject): JsonObject[] {
  if (typeof body.input === 'string') return [{ role: 'user', content: body.input }]
  return asArray(body.input).filter(isObject)
}

/** A declared tool and the namespace it stands in. */
export type DeclaredTool = { readonly tool: JsonObject; readonly namespace?: string }

/** Every tool of a request that is the client's to run: top level, in namespaces, and brought by input items. */
export function declaredTools(body: JsonObject): DeclaredTool[] {
  const brought = itemsOf(body).flatMap((item) =>
    item.type === 'additional_tools' ? asArray(item.tools) : [],
  )
  return [...asArray(body.tools), ...brought].filter(isObject).flatMap((tool): DeclaredTool[] => {
    if (tool.type === 'function' || tool.type === 'custom') return [{ tool }]
    const namespace = asString(tool.name)
    if (tool.type !== 'namespace' || namespace === undefined) return []
    return asArray(tool.tools)
      .filter(isObject)
      .map((inner) => ({ tool: inner, namespace }))
  })
}

/** What a Responses request asks for. */
export function askOfResponses({ body, model }: Call): Ask {
  const items = itemsOf(body)
  const user = items.findLast((item) => item.role === 'user')
  const maxTokens = asNumber(body.max_output_tokens)
  const effort = asString(asObject(body.reasoning).effort)
  const format = asObject(asObject(body.text).format)
  return {
    model,
    userText: textsOf(user?.content).at(-1) ?? '',
    media: items.at(-1) === user ? mediaOf(user?.content) : [],
    outcomes: outcomesOf(items),
    tools: declaredTools(body).map(({ tool }) => offered(tool)),
    toolChoice: choiceOf(body.tool_choice),
    parallelToolCalls: body.parallel_tool_calls !== false,
    thinking: thinksAt(openaiModel(model), effort),
    ...(maxTokens !== undefined && { maxTokens }),
    stops: [],
    ...(format.type === 'json_schema' && { json: asObject(format.schema) }),
    ...(format.type === 'json_object' && { json: true as const }),
    promptTokens: countPrompt(body.instructions, body.input, body.tools),
  }
}

function textsOf(content: unknown): string[] {
  if (typeof content === 'string') return [content]
  return asArray(content).flatMap((part) => asString(asObject(part).text) ?? [])
}

function mediaOf(content: unknown): Medium[] {
  return asArray(content)
    .filter(isObject)
    .flatMap((part) => {
      if (part.type === 'input_image') return [fromUrl('image', asString(part.image_url) ?? '')]
      return part.type === 'input_file' ? [fromUrl('document', asString(part.file_data) ?? '')] : []
    })
}

function fromUrl(kind: Medium['kind'], url: string): Medium {
  const inline = parseDataUrl(url)
  if (inline === undefined) return { kind, mimeType: kind }
  return { kind, mimeType: inline.mimeType, bytes: base64Bytes(inline.data) }
}

function isOutput(item: JsonObject): boolean {
  return asString(item.type)?.endsWith('_call_output') === true
}

/** The outputs at the end of the input; a message behind them ends the turn that they belong to. */
function outcomesOf(items: readonly JsonObject[]): ToolOutcome[] {
  const first = items.findLastIndex((item) => !isOutput(item)) + 1
  const names = new Map(
    items.map((item) => [item.call_id, asString(item.name)] as const).filter(([, name]) => name),
  )
  return items.slice(first).map((item) => ({
    name: names.get(item.call_id) ?? 'tool',
    text: textsOf(item.output).join('\n'),
    isError: false,
    media: mediaOf(item.output),
  }))
}

function offered(tool: JsonObject): OfferedTool {
  const name = asString(tool.name) ?? ''
  return tool.type === 'custom' ? { name } : { name, schema: asObject(tool.parameters) }
}

function choiceOf(choice: unknown): Ask['toolChoice'] {
  if (choice === 'none' || choice === 'required') return choice
  const { type, mode, name } = asObject(choice)
  if (type === 'allowed_tools') return mode === 'required' ? 'required' : 'auto'
  return typeof name === 'string' ? { name } : 'auto'
}
