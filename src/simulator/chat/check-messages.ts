import { asArray, asObject, asString, isObject } from '../../ir/json.ts'
import type { JsonObject } from '../../ir/json.ts'
import type { Call } from '../surface.ts'
import { openaiModel } from '../openai/models.ts'
import { atMost, filledArray, missing, onlyKnown, refuse, wrongType, wrongValue } from '../openai/refuse.ts'

const ROLES = ['system', 'assistant', 'user', 'function', 'tool', 'developer']

const COMMON = ['role', 'content', 'name']
const FIELDS: Readonly<Record<string, ReadonlySet<string>>> = {
  system: new Set(COMMON),
  developer: new Set(COMMON),
  user: new Set(COMMON),
  function: new Set(COMMON),
  tool: new Set([...COMMON, 'tool_call_id']),
  assistant: new Set([...COMMON, 'refusal', 'tool_calls', 'function_call', 'audio', 'annotations']),
}

const PARTS: Readonly<Record<string, readonly string[]>> = {
  system: ['text'],
  developer: ['text'],
  tool: ['text'],
  function: ['text'],
  assistant: ['text', 'refusal'],
  user: ['text', 'image_url', 'input_audio', 'file'],
}

/** Refuses a conversation that the Chat Completions API would refuse. */
export function checkMessages(call: Call): void {
  const { body, request } = call
  if (body.messages === undefined) missing('messages')
  const messages = filledArray(body.messages, 'messages')
  for (const [index, message] of messages.entries()) {
    const path = `messages[${index}]`
    if (!isObject(message)) wrongType(path, 'object', message)
    else checkMessage(message, path, call)
  }
  checkPairing(messages.filter(isObject), request.surface === 'compatible-chat')
  checkReasoning(messages.filter(isObject), call)
}

/** DeepSeek's thinking models demand what they thought before each call back, be it nothing. */
function checkReasoning(messages: readonly JsonObject[], { body, model }: Call): void {
  const thinks =
    /^deepseek-(?:reasoner|v4|v3\.[12])/.test(model) && asObject(body.thinking).type !== 'disabled'
  if (!thinks) return
  for (const [index, message] of messages.entries()) {
    if (asArray(message.tool_calls).length === 0 || typeof message.reasoning_content === 'string') continue
    refuse(
      'The `reasoning_content` in the thinking mode must be passed back to the API.',
      `messages[${index}].reasoning_content`,
    )
  }
}

function checkMessage(message: JsonObject, path: string, call: Call): void {
  const role = asString(message.role)
  if (role === undefined) return missing(`${path}.role`)
  if (!ROLES.includes(role)) wrongValue(`${path}.role`, role, ROLES)
  const compatible = call.request.surface === 'compatible-chat'
  if (!compatible) onlyKnown(message, FIELDS[role] ?? new Set(), path)
  if (role === 'tool' && typeof message.tool_call_id !== 'string') {
    refuse(
      `Missing parameter 'tool_call_id': messages with role 'tool' must have a 'tool_call_id'.`,
      `${path}.tool_call_id`,
    )
  }
  if (message.tool_calls !== undefined)
    checkToolCalls(message.tool_calls, `${path}.tool_calls`, compatible ? Infinity : 40)
  checkContent(message, role, path, call)
}

function checkContent(message: JsonObject, role: string, path: string, call: Call): void {
  const { content } = message
  if (content === null || content === undefined) {
    const calls = message.tool_calls ?? message.function_call ?? message.refusal ?? message.audio
    if (role === 'assistant' && calls !== undefined && calls !== null) return
    refuse(`Invalid value for 'content': expected a string, got null.`, `messages.${path.slice(8)}.content`)
  }
  if (typeof content === 'string') return
  const parts = filledArray(content, `${path}.content`)
  for (const [index, part] of parts.entries()) {
    const at = `${path}.content[${index}]`
    if (!isObject(part)) wrongType(at, 'object', part)
    else checkPart(part, role, at, path, call)
  }
}

function checkPart(part: JsonObject, role: string, at: string, message: string, call: Call): void {
  const type = asString(part.type)
  if (type === undefined) return missing(`${at}.type`)
  const allowed = PARTS[role] ?? []
  if (type === 'image_url' && !allowed.includes(type)) {
    refuse(
      `Image URLs are only allowed for messages with role 'user', but this message with role '${role}' contains an image URL.`,
      `${message}.content`,
    )
  }
  if (!allowed.includes(type)) wrongValue(`${at}.type`, type, allowed)
  const extra = openaiModel(call.model).cacheBreakpoints ? ['prompt_cache_breakpoint'] : []
  if (call.request.surface !== 'compatible-chat') onlyKnown(part, new Set(['type', type, ...extra]), at)
  if (type === 'text' || type === 'refusal') {
    if (typeof part[type] !== 'string') wrongType(`${at}.${type}`, 'string', part[type])
    return
  }
  if (!isObject(part[type])) missing(`${at}.${type}`)
  if (type === 'image_url') checkImage(part.image_url as JsonObject, `${at}.image_url`)
  if (type === 'file') checkFile(part.file as JsonObject, at, call)
}

function checkImage(image: JsonObject, path: string): void {
  onlyKnown(image, new Set(['url', 'detail']), path)
  const url = asString(image.url)
  if (url === undefined) return missing(`${path}.url`)
  if (/^https?:\/\//.test(url)) return
  const match = /^data:([^;,]*);base64,(.*)$/s.exec(url)
  if (match === null) {
    refuse(
      `Invalid '${path}.url'. Expected a valid URL, but got a value with an invalid format.`,
      `${path}.url`,
      'invalid_value',
    )
  }
  if (!/^image\/(?:png|jpeg|gif|webp)$/.test(match?.[1] ?? '') || match?.[2] === '') {
    refuse(
      `You uploaded an unsupported image. Please make sure your image has of one the following formats: ['png', 'jpeg', 'gif', 'webp'].`,
      `${path}.url`,
      'invalid_image_format',
    )
  }
}

function checkFile(file: JsonObject, at: string, call: Call): void {
  if (call.request.surface === 'azure-chat') {
    refuse(`Invalid Value: 'file'. This model does not support file content types.`, at, 'invalid_value')
  }
  onlyKnown(file, new Set(['file_data', 'file_id', 'filename']), `${at}.file`)
  if (typeof file.file_id === 'string') return
  if (typeof file.file_data !== 'string') return missing(`${at}.file.file_id`)
  if (typeof file.filename !== 'string') return missing(`${at}.file.filename`)
  if (!file.file_data.startsWith('data:application/pdf;base64,')) {
    refuse(
      `Invalid file data: '${at}.file.file_data'. Expected a base64-encoded data URL with an application/pdf MIME type (e.g. 'data:application/pdf;base64,aGVsbG8='), but got a value without the 'data:' prefix.`,
      `${at}.file.file_data`,
      'invalid_value',
    )
  }
}

function checkToolCalls(value: unknown, path: string, idLimit: number): void {
  for (const [index, toolCall] of filledArray(value, path, 128).entries()) {
    const at = `${path}[${index}]`
    if (!isObject(toolCall)) return wrongType(at, 'object', toolCall)
    if (typeof toolCall.id !== 'string') return missing(`${at}.id`)
    atMost(toolCall.id, idLimit, `${at}.id`)
    if (toolCall.type === 'custom') continue
    if (toolCall.type !== 'function') wrongValue(`${at}.type`, toolCall.type, ['function', 'custom'])
    if (!isObject(toolCall.function)) return missing(`${at}.function`)
    if (typeof toolCall.function.name !== 'string') return missing(`${at}.function.name`)
    const args = toolCall.function.arguments
    if (typeof args !== 'string') wrongType(`${at}.function.arguments`, 'string', args)
  }
}

/** Every call is answered right behind it, and nothing else is. */
function checkPairing(messages: readonly JsonObject[], compatible: boolean): void {
  let open = new Set<string>()
  let callers = 0
  for (const [index, message] of messages.entries()) {
    const param = `messages.[${index}].role`
    if (message.role === 'tool') {
      const id = String(message.tool_call_id)
      if (callers === 0) {
        refuse(
          `Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls'.`,
          param,
        )
      }
      // Imitations answer a repeated id; OpenAI does not find it any more.
      if (!open.delete(id) && !compatible) {
        refuse(
          `Invalid parameter: 'tool_call_id' of '${id}' not found in 'tool_calls' of previous message.`,
          `messages.[${index}].tool_call_id`,
        )
      }
      continue
    }
    if (open.size > 0) refuseOpen(open, param)
    const calls = message.role === 'assistant' ? asArray(message.tool_calls).filter(isObject) : []
    callers = calls.length
    open = new Set(calls.map((call) => String(call.id)))
  }
  if (open.size > 0) refuseOpen(open, `messages.[${messages.length - 1}].role`)
}

function refuseOpen(open: ReadonlySet<string>, param: string): never {
  return refuse(
    `An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. The following tool_call_ids did not have response messages: ${[...open].join(', ')}`,
    param,
  )
}
