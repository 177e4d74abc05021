import { asArray, asNumber, asObject, asString, isObject, parseJson } from '../../ir/json.ts'
import type { JsonObject } from '../../ir/json.ts'
import { parseDataUrl } from '../../ir/media.ts'
import { base64Bytes } from '../ask.ts'
import type { Ask, Medium, OfferedTool, ToolOutcome } from '../ask.ts'
import type { Call } from '../surface.ts'
import { countPrompt } from '../tokens.ts'
import { openaiModel, thinksAt } from '../openai/models.ts'

/** What a Chat Completions request asks for. */
export function askOfChat({ body, model }: Call): Ask {
  const messages = asArray(body.messages).filter(isObject)
  const user = messages.findLast((message) => message.role === 'user')
  const maxTokens = asNumber(body.max_completion_tokens) ?? asNumber(body.max_tokens)
  const json = wantedJson(body.response_format)
  const effort = asString(body.reasoning_effort)
  return {
    model,
    userText: textsOf(user?.content).at(-1) ?? '',
    media: messages.at(-1) === user ? mediaOf(user?.content) : [],
    outcomes: outcomesOf(messages),
    tools: asArray(body.tools).filter(isObject).map(offered),
    toolChoice: choiceOf(body.tool_choice),
    parallelToolCalls: body.parallel_tool_calls !== false,
    thinking: thinksAt(openaiModel(model), effort),
    ...(maxTokens !== undefined && { maxTokens }),
    stops:
      typeof body.stop === 'string'
        ? [body.stop]
        : asArray(body.stop).filter((stop) => typeof stop === 'string'),
    ...(json !== undefined && { json }),
    promptTokens: countPrompt(body.messages, body.tools),
  }
}

function textsOf(content: unknown): string[] {
  if (typeof content === 'string') return [content]
  return asArray(content).flatMap((part) => asString(asObject(part).text) ?? [])
}

function mediaOf(content: unknown): Medium[] {
  return asArray(content).filter(isObject).flatMap(mediumOf)
}

function mediumOf(part: JsonObject): Medium[] {
  if (part.type === 'image_url') return [fromUrl('image', asString(asObject(part.image_url).url) ?? '')]
  if (part.type === 'file') return [fromUrl('document', asString(asObject(part.file).file_data) ?? '')]
  if (part.type !== 'input_audio') return []
  const audio = asObject(part.input_audio)
  const bytes = base64Bytes(asString(audio.data) ?? '')
  return [{ kind: 'audio', mimeType: `audio/${asString(audio.format) ?? 'wav'}`, bytes }]
}

function fromUrl(kind: Medium['kind'], url: string): Medium {
  const inline = parseDataUrl(url)
  if (inline === undefined) return { kind, mimeType: kind }
  return { kind, mimeType: inline.mimeType, bytes: base64Bytes(inline.data) }
}

/** The tool messages at the end; media that followed them in a user message belong to the last one. */
function outcomesOf(messages: readonly JsonObject[]): ToolOutcome[] {
  const last = messages.at(-1)
  const carried = last?.role === 'user' ? mediaOf(last.content) : []
  const upTo = carried.length > 0 && messages.at(-2)?.role === 'tool' ? messages.slice(0, -1) : messages
  const first = upTo.findLastIndex((message) => message.role !== 'tool') + 1
  const names = new Map(
    asArray(upTo[first - 1]?.tool_calls)
      .filter(isObject)
      .map((call) => [call.id, asString(asObject(call.function ?? call.custom).name)]),
  )
  return upTo.slice(first).map((message, index, all) => ({
    name: names.get(message.tool_call_id) ?? 'tool',
    text: textsOf(message.content).join('\n'),
    isError: false,
    media: index === all.length - 1 && upTo !== messages ? carried : [],
  }))
}

function offered(tool: JsonObject): OfferedTool {
  if (tool.type === 'custom') return { name: asString(asObject(tool.custom).name) ?? '' }
  const definition = asObject(tool.function)
  return { name: asString(definition.name) ?? '', schema: asObject(definition.parameters) }
}

function choiceOf(choice: unknown): Ask['toolChoice'] {
  if (choice === 'none' || choice === 'required') return choice
  if (!isObject(choice)) return 'auto'
  if (choice.type === 'allowed_tools') {
    return asObject(choice.allowed_tools).mode === 'required' ? 'required' : 'auto'
  }
  const name = asString(asObject(choice.function ?? choice.custom).name)
  return name === undefined ? 'auto' : { name }
}

function wantedJson(format: unknown): Ask['json'] {
  const { type, json_schema } = asObject(format)
  if (type === 'json_schema') return asObject(asObject(json_schema).schema)
  return type === 'json_object' ? true : undefined
}

/** Names of the free-form tools that a request declares. */
export function customTools(body: JsonObject): ReadonlySet<unknown> {
  const custom = asArray(body.tools).filter((tool) => asObject(tool).type === 'custom')
  return new Set(custom.map((tool) => asObject(asObject(tool).custom).name))
}

/** A tool's arguments as a custom tool takes them: text, even where the script gave JSON. */
export function customInput(input: string): string {
  const parsed = parseJson(input)
  return typeof parsed === 'string' ? parsed : input
}
