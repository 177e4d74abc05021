/**
 * What two requests of one protocol may differ in and still be the same request: spellings that their vendor documents as
 * equal. The law of identity compares recorded requests with these out of the way.
 */
import { asArray, asObject, isObject, type JsonObject } from '../../src/ir/json.ts'
import type { ProtocolId } from '../../src/ir/part.ts'
import { fromOpenApi } from '../../src/protocols/gemini/schema.ts'
import { canonical } from './normalise.ts'

export const normaliseWire: Readonly<Partial<Record<ProtocolId, (body: JsonObject) => unknown>>> = {
  messages: (body) => canonical(withoutDefaults(messagesBody(body))),
  chat: (body) => canonical(withoutDefaults(chatBody(body))),
  responses: (body) => canonical(withoutDefaults(responsesBody(body))),
  completions: (body) => canonical(withoutDefaults(completionsBody(body))),
  gemini: (body) => canonical(withoutDefaults(geminiBody(body))),
}

/** A string is one text block; neighbouring messages of one role are one message; blank texts say nothing. */
function messagesBody({ messages, system, tools, ...rest }: JsonObject): JsonObject {
  const merged: { role: unknown; content: unknown[] }[] = []
  for (const message of asArray(messages).map(asObject)) {
    const content = blocks(message['content'])
    const last = merged.at(-1)
    if (last !== undefined && last.role === message['role']) last.content.push(...content)
    else merged.push({ ...message, role: message['role'], content })
  }
  return {
    ...rest,
    ...(system !== undefined && { system: blocks(system) }),
    messages: merged,
    ...(tools !== undefined && { tools: asArray(tools).map(asObject).map(messagesTool) }),
    ...(isObject(rest['tool_choice']) &&
      rest['tool_choice']['type'] === 'auto' &&
      rest['tool_choice']['disable_parallel_tool_use'] !== true && { tool_choice: null }),
  }
}

function messagesTool({ type, ...tool }: JsonObject): JsonObject {
  return type === 'custom' ? tool : { ...(type !== undefined && { type }), ...tool }
}

function blocks(content: unknown): unknown[] {
  const list = typeof content === 'string' ? [{ type: 'text', text: content }] : asArray(content)
  return list
    .map(asObject)
    .filter((block) => block['type'] !== 'text' || String(block['text']).trim() !== '')
    .map((block) => {
      const { cache_control: cache, ...rest } = block
      const marked = isObject(cache) ? { ...rest, cache_control: { ttl: '5m', ...cache } } : rest
      return block['type'] === 'tool_result' ? { ...marked, content: blocks(block['content']) } : marked
    })
}

/**
 * `max_tokens`, `user` and `functions` have newer names, OpenRouter's `reasoning` is OpenAI's `reasoning_effort`; a lone stop
 * may stand bare; usage is always asked for; an effort says that there is thinking.
 */
function chatBody(body: JsonObject): JsonObject {
  const { messages, max_tokens, user, stop, tools, stream_options: _, thinking, reasoning, ...others } = body
  const {
    functions,
    function_call: forced,
    tool_choice: choice = forced,
    parallel_tool_calls: parallel,
    ...rest
  } = others
  const effort = asObject(reasoning)['effort'] ?? rest['reasoning_effort']
  const declared = [
    ...asArray(tools),
    ...asArray(functions).map((one) => ({ type: 'function', function: one })),
  ]
  return {
    ...rest,
    reasoning_effort: effort,
    thinking: effort === undefined ? thinking : undefined,
    max_completion_tokens: max_tokens ?? rest['max_completion_tokens'],
    safety_identifier: user ?? rest['safety_identifier'],
    stop: typeof stop === 'string' ? [stop] : stop,
    tools: declared.length > 0 ? declared : undefined,
    tool_choice: isObject(choice) ? { type: 'function', ...choice } : choice === 'auto' ? undefined : choice,
    parallel_tool_calls: parallel === true ? undefined : parallel,
    messages: asArray(messages).map(asObject).map(chatMessage),
  }
}

/** vLLM's `reasoning` is DeepSeek's `reasoning_content`; where there are `reasoning_details` it says the same again. */
function chatMessage({
  content,
  tool_calls: calls,
  reasoning,
  reasoning_content,
  ...message
}: JsonObject): JsonObject {
  return {
    ...message,
    reasoning_content:
      message['reasoning_details'] === undefined ? (reasoning_content ?? reasoning) : undefined,
    content: typeof content === 'string' ? blocks(content) : content,
    tool_calls: asArray(calls).length > 0 ? calls : undefined,
  }
}

/** A list of one prompt is that prompt; a lone stop may stand bare; usage is always asked for; the limit has a default. */
function completionsBody({
  prompt,
  stop,
  stream_options: _,
  max_tokens: limit = 16,
  ...rest
}: JsonObject): JsonObject {
  return {
    ...rest,
    prompt: Array.isArray(prompt) && prompt.length === 1 ? prompt[0] : prompt,
    stop: typeof stop === 'string' ? [stop] : stop,
    max_tokens: limit,
  }
}

/**
 * Members may be spelled in snake_case; a schema may be in Google's subset; neighbouring contents of one role are one; the
 * role of an instruction means nothing, and the model stands in the URL. Empty texts say nothing, and calls without an id are
 * given one that tells where they stand.
 */
function geminiBody(body: JsonObject): JsonObject {
  const { model: _, contents, systemInstruction, tools, toolConfig, generationConfig, ...rest } = camel(body)
  const merged: { role: unknown; parts: unknown[] }[] = []
  for (const content of asArray(contents).map(camel)) {
    const { role = 'user', parts } = content
    const own = asArray(parts)
      .map(geminiPart)
      .filter((part) => part['text'] !== '' || part['thoughtSignature'] !== undefined)
    const last = merged.at(-1)
    if (last !== undefined && last.role === role) last.parts.push(...own)
    else merged.push({ ...content, role, parts: own })
  }
  const { role: __, ...instruction } = asObject(systemInstruction)
  const { responseSchema, thinkingConfig, ...config } = camel(generationConfig)
  const {
    includeServerSideToolInvocations: ___,
    functionCallingConfig: calling,
    ...choice
  } = camel(toolConfig)
  return {
    ...rest,
    contents: merged,
    ...(systemInstruction !== undefined && { systemInstruction: instruction }),
    ...(tools !== undefined && { tools: geminiTools(asArray(tools)) }),
    toolConfig: {
      ...choice,
      ...(asObject(calling)['mode'] !== 'AUTO' && { functionCallingConfig: calling }),
    },
    generationConfig: {
      ...config,
      ...(isObject(responseSchema) && { responseJsonSchema: fromOpenApi(responseSchema) }),
      thinkingConfig: lowerLevel(camel(thinkingConfig)),
    },
  }
}

function geminiPart(wire: unknown): JsonObject {
  const members = Object.entries(camel(wire)).map(([name, member]) => [
    name,
    name.startsWith('function')
      ? withoutMadeId(camel(member))
      : name.endsWith('Data')
        ? camel(member)
        : member,
  ])
  return Object.fromEntries(members) as JsonObject
}

function withoutMadeId({ id, parts, ...rest }: JsonObject): JsonObject {
  const made = /^call_\d+_\d+$/.test(String(id))
  return {
    ...rest,
    ...(!made && { id }),
    ...(parts !== undefined && { parts: asArray(parts).map(geminiPart) }),
  }
}

function lowerLevel({ thinkingLevel: level, ...rest }: JsonObject): JsonObject {
  return { ...rest, ...(typeof level === 'string' && { thinkingLevel: level.toLowerCase() }) }
}

/** Each tool by itself, functions first. */
function geminiTools(tools: readonly unknown[]): unknown[] {
  const members = tools.flatMap((tool) => Object.entries(camel(tool)))
  const functions = members.flatMap(([name, value]) =>
    name === 'functionDeclarations' ? asArray(value).map(geminiFunction) : [],
  )
  return [functions, ...members.filter(([name]) => name !== 'functionDeclarations')]
}

function geminiFunction(wire: unknown): JsonObject {
  const { parameters, ...rest } = camel(wire)
  return isObject(parameters) ? { ...rest, parametersJsonSchema: fromOpenApi(parameters) } : rest
}

function camel(value: unknown): JsonObject {
  const entries = Object.entries(asObject(value)).map(([key, member]) => [
    key.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()),
    member,
  ])
  return Object.fromEntries(entries) as JsonObject
}

/**
 * A string is one message; leading system messages are instructions; nothing is stored, so items need no id, and
 * reasoning comes sealed; choices need tools; `generate_summary` and `user` have newer names.
 */
function responsesBody(body: JsonObject): JsonObject {
  const { input, instructions, tools, include, store, user, reasoning, ...others } = body
  const { tool_choice: choice, parallel_tool_calls: parallel, ...rest } = others
  const { generate_summary: older, ...thinks } = asObject(reasoning)
  const items = typeof input === 'string' ? [{ role: 'user', content: input }] : asArray(input)
  const list = items
    .map(asObject)
    .map(responsesItem)
    .filter((item) => !saysNothing(item))
  const start = list.findIndex((item) => item['role'] !== 'system')
  const leading = list.slice(0, start < 0 ? list.length : start)
  const texts = leading.flatMap((item) => asArray(item['content'])).map((part) => asObject(part)['text'])
  const declared = asArray(tools).length > 0 || list.some((item) => item['type'] === 'additional_tools')
  return {
    ...rest,
    instructions: [instructions, ...texts].filter(Boolean).join('\n\n') || null,
    input: list.slice(leading.length),
    tools: asArray(tools).length > 0 ? tools : null,
    tool_choice: declared ? choice : null,
    parallel_tool_calls: declared ? parallel : null,
    safety_identifier: user ?? rest['safety_identifier'],
    reasoning: isObject(reasoning) ? { summary: older, ...thinks } : null,
    include: asArray(include).filter((each) => each !== 'reasoning.encrypted_content'),
    store: store === true ? true : null,
  }
}

const UNNAMED = new Set([
  'message',
  'reasoning',
  'function_call',
  'function_call_output',
  'custom_tool_call',
  'custom_tool_call_output',
])

/** A search for tools that the client executed is a call and a result like those of functions. */
const isClientSearch = ({ type, execution }: JsonObject): boolean =>
  String(type).startsWith('tool_search_') && execution === 'client'

function responsesItem({ type = 'message', id, status, content, ...item }: JsonObject): JsonObject {
  const kind = item['role'] === 'assistant' ? 'output_text' : 'input_text'
  const parts = typeof content === 'string' ? [{ type: kind, text: content }] : content
  return {
    ...item,
    type,
    id: UNNAMED.has(String(type)) || isClientSearch({ type, ...item }) ? null : id,
    status: status === 'completed' ? null : status,
    content: Array.isArray(parts)
      ? parts
          .map(asObject)
          .filter((part) => part['text'] !== '')
          .map(responsesPart)
      : null,
  }
}

function responsesPart({ type, text, refusal, annotations, logprobs, ...part }: JsonObject): JsonObject {
  return {
    ...part,
    type,
    ...(type === 'refusal' ? { refusal: refusal ?? text } : { text }),
    annotations: asArray(annotations).length > 0 ? annotations : null,
    logprobs: asArray(logprobs).length > 0 ? logprobs : null,
  }
}

const saysNothing = (item: JsonObject): boolean =>
  item['type'] === 'message' && asArray(item['content']).length === 0

/** `null`, `false` and empty descriptions, where they say what leaving them out says. */
function withoutDefaults(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutDefaults)
  if (!isObject(value)) return value
  const out: Record<string, unknown> = {}
  for (const [key, member] of Object.entries(value)) {
    if (member === null || (key === 'description' && member === '')) continue
    if (member === false && (key === 'stream' || key === 'is_error' || key === 'strict')) continue
    if (key === 'content' && Array.isArray(member) && member.length === 0) continue
    out[key] = withoutDefaults(member)
  }
  return out
}
