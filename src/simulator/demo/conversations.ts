import { asArray, asNumber, asObject, asString, parseJson } from '../../ir/json.ts'
import type { JsonObject } from '../../ir/json.ts'
import type { SseEvent } from '../../stream/sse.ts'

export const CITY = 'Zürich'
/** Travels through both protocols and back; some of it takes several bytes, so that a torn character would show. */
export const WEATHER = '21 °C, light rain 🌦, 8 km/h wind from the north-west'

const QUESTION = `What is the weather in ${CITY}?`
const TOOL = 'get_weather'
const DESCRIPTION = 'The current weather of a city'
const PARAMETERS = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] }

/** What one stream event adds to an answer. */
export type Said = {
  readonly text?: string
  readonly call?: { readonly id: string; readonly name: string }
  /** A piece of the call's arguments. */
  readonly input?: string
  readonly finish?: string
  /** Tokens. */
  readonly output?: number
}

export type ToolCall = { readonly id: string; readonly name: string; readonly input: string }

/** A client's half of a conversation of two turns, with a tool call between them. */
export type Conversation = {
  readonly title: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly first: JsonObject
  /** The turn that brings the tool's result. */
  second(call: ToolCall): JsonObject
  read(event: SseEvent): Said[]
  readonly finishes: readonly [afterCall: string, afterText: string]
  /** Where the request must arrive. */
  readonly upstreamPath: string
}

const question = { role: 'user', content: QUESTION }

/** A program written for Claude; the model behind is a GPT on Azure OpenAI. */
export const messagesToAzure: Conversation = {
  title: 'Anthropic Messages → Azure OpenAI',
  path: '/v1/messages',
  headers: { 'anthropic-version': '2023-06-01' },
  first: {
    model: 'claude-sonnet-4-6',
    max_tokens: 1024,
    stream: true,
    system: 'Be brief.',
    messages: [question],
    tools: [{ name: TOOL, description: DESCRIPTION, input_schema: PARAMETERS }],
  },
  second(call) {
    const use = { type: 'tool_use', id: call.id, name: call.name, input: parseJson(call.input) }
    const result = { type: 'tool_result', tool_use_id: call.id, content: WEATHER }
    return {
      ...this.first,
      messages: [question, { role: 'assistant', content: [use] }, { role: 'user', content: [result] }],
    }
  },
  read({ data }) {
    const event = asObject(parseJson(data))
    const block = asObject(event.content_block)
    const delta = asObject(event.delta)
    switch (event.type) {
      case 'content_block_start':
        if (block.type !== 'tool_use') return []
        return [{ call: { id: asString(block.id) ?? '', name: asString(block.name) ?? '' } }]
      case 'content_block_delta':
        if (delta.type === 'text_delta') return [{ text: asString(delta.text) ?? '' }]
        return delta.type === 'input_json_delta' ? [{ input: asString(delta.partial_json) ?? '' }] : []
      case 'message_delta':
        return [
          {
            finish: asString(delta.stop_reason) ?? '',
            output: asNumber(asObject(event.usage).output_tokens) ?? 0,
          },
        ]
      default:
        return []
    }
  },
  finishes: ['tool_use', 'end_turn'],
  upstreamPath: '/openai/v1/responses',
}

/** A program written for OpenAI; the model behind is Claude on Azure AI Foundry. */
export const chatToFoundry: Conversation = {
  title: 'OpenAI Chat Completions → Claude on Azure AI Foundry',
  path: '/v1/chat/completions',
  headers: {},
  first: {
    model: 'gpt-5.2',
    stream: true,
    stream_options: { include_usage: true },
    messages: [{ role: 'system', content: 'Be brief.' }, question],
    tools: [{ type: 'function', function: { name: TOOL, description: DESCRIPTION, parameters: PARAMETERS } }],
  },
  second(call) {
    const toolCall = { id: call.id, type: 'function', function: { name: call.name, arguments: call.input } }
    const turns = [
      { role: 'assistant', content: null, tool_calls: [toolCall] },
      { role: 'tool', tool_call_id: call.id, content: WEATHER },
    ]
    return { ...this.first, messages: [...asArray(this.first.messages), ...turns] }
  },
  read({ data }) {
    const chunk = asObject(parseJson(data))
    const choice = asObject(asArray(chunk.choices)[0])
    const delta = asObject(choice.delta)
    const call = asObject(asArray(delta.tool_calls)[0])
    const definition = asObject(call.function)
    const said: Said[] = []
    const [id, text, input] = [asString(call.id), asString(delta.content), asString(definition.arguments)]
    const [finish, output] = [
      asString(choice.finish_reason),
      asNumber(asObject(chunk.usage).completion_tokens),
    ]
    if (text !== undefined) said.push({ text })
    if (id !== undefined) said.push({ call: { id, name: asString(definition.name) ?? '' } })
    if (input !== undefined) said.push({ input })
    if (finish !== undefined) said.push({ finish })
    if (output !== undefined) said.push({ output })
    return said
  },
  finishes: ['tool_calls', 'stop'],
  upstreamPath: '/anthropic/v1/messages',
}

/** What a body adds to the one before: members that changed, and of arrays that grew the new items only. */
export function added(body: JsonObject, before: JsonObject): JsonObject {
  const changed = Object.entries(body).filter(
    ([name, member]) => JSON.stringify(member) !== JSON.stringify(before[name]),
  )
  return Object.fromEntries(
    changed.map(([name, member]) => {
      const old = asArray(before[name])
      const grew =
        old.length > 0 && JSON.stringify(asArray(member).slice(0, old.length)) === JSON.stringify(old)
      return [name, grew ? asArray(member).slice(old.length) : member]
    }),
  )
}
