import { asArray, asNumber, asObject, asString, isObject } from '../../ir/json.ts'
import type { JsonObject } from '../../ir/json.ts'
import { base64Bytes } from '../ask.ts'
import type { Ask, Medium, OfferedTool, ToolOutcome } from '../ask.ts'
import type { Call } from '../surface.ts'
import { countPrompt } from '../tokens.ts'

/** What a Messages request asks for. */
export function askOfMessages({ body, model }: Call): Ask {
  const messages = asArray(body.messages).filter(isObject)
  const turns = messages.filter((message) => message.role !== 'system')
  const from = turns.findLastIndex((message) => message.role !== 'user') + 1
  const blocks = turns.slice(from).flatMap((message) => blocksOf(message.content))
  const maxTokens = asNumber(body.max_tokens)
  const schema = asObject(asObject(body.output_config).format).schema
  const choice = asObject(body.tool_choice)
  const thinking = asObject(body.thinking).type
  return {
    model,
    userText: textsOf(blocks).at(-1) ?? '',
    media: mediaOf(blocks),
    outcomes: outcomesOf(blocks, asArray(turns[from - 1]?.content)),
    tools: asArray(body.tools).filter(isObject).flatMap(offered),
    toolChoice: choiceOf(choice),
    parallelToolCalls: choice.disable_parallel_tool_use !== true,
    thinking: thinking !== undefined && thinking !== 'disabled',
    ...(maxTokens !== undefined && { maxTokens }),
    stops: asArray(body.stop_sequences).filter((stop) => typeof stop === 'string'),
    ...(isObject(schema) && { json: schema }),
    promptTokens: countPrompt(body.system, body.messages, body.tools),
  }
}

function blocksOf(content: unknown): JsonObject[] {
  return typeof content === 'string' ? [{ type: 'text', text: content }] : asArray(content).filter(isObject)
}

function textsOf(blocks: readonly JsonObject[]): string[] {
  return blocks.flatMap((block) => (block.type === 'text' ? (asString(block.text) ?? []) : []))
}

function mediaOf(blocks: readonly JsonObject[]): Medium[] {
  return blocks.flatMap((block) => {
    if (block.type !== 'image' && block.type !== 'document') return []
    const source = asObject(block.source)
    const mimeType = asString(source.media_type) ?? block.type
    const data = asString(source.data)
    if (data === undefined) return [{ kind: block.type, mimeType }]
    const bytes = source.type === 'base64' ? base64Bytes(data) : Buffer.byteLength(data)
    return [{ kind: block.type, mimeType, bytes }]
  })
}

function outcomesOf(blocks: readonly JsonObject[], before: readonly unknown[]): ToolOutcome[] {
  const names = new Map(before.map((block) => [asObject(block).id, asString(asObject(block).name)]))
  return blocks
    .filter((block) => block.type === 'tool_result')
    .map((block) => {
      const content = blocksOf(block.content)
      const references = content.flatMap((inner) => asString(inner.tool_name) ?? [])
      return {
        name: names.get(block.tool_use_id) ?? 'tool',
        text: [...textsOf(content), ...references].join('\n'),
        isError: block.is_error === true,
        media: mediaOf(content),
      }
    })
}

/** Tools that run at the vendor are not the client's to answer: the simulator never calls them. */
function offered(tool: JsonObject): OfferedTool[] {
  const name = asString(tool.name)
  if (name === undefined || !isObject(tool.input_schema)) return []
  return [{ name, schema: tool.input_schema }]
}

function choiceOf(choice: JsonObject): Ask['toolChoice'] {
  if (choice.type === 'none') return 'none'
  if (choice.type === 'any') return 'required'
  const name = asString(choice.name)
  return choice.type === 'tool' && name !== undefined ? { name } : 'auto'
}
