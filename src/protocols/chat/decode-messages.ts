import { invalidRequest } from '../../errors.ts'
import { asArray, asObject, asString, compact, isObject } from '../../ir/json.ts'
import type { JsonObject } from '../../ir/json.ts'
import type { CacheHint, Part, ReasoningPart, ToolCallPart, ToolResultPart } from '../../ir/part.ts'
import type { Role, Turn } from '../../ir/request.ts'
import { decodeCacheHint } from '../openai/cache-hint.ts'
import { decodeContent } from './decode-content.ts'
import { keepUnknown } from './extensions.ts'
import { decodeDetails } from './reasoning-details.ts'

/**
 * A client's history as turns. Consecutive `tool` messages are one user turn of results.
 * @throws `invalid-request` naming the message and field that cannot be read.
 */
export function decodeMessages(messages: readonly unknown[]): Turn[] {
  const turns: Turn[] = []
  let calls: readonly ToolCallPart[] = []
  let results: ToolResultPart[] | undefined
  for (const [index, message] of messages.entries()) {
    const path = `messages[${index}]`
    if (!isObject(message)) throw invalidRequest(`${path} must be an object`, path)
    const { role } = message
    if (role === 'tool' || role === 'function') {
      const result = decodeResult(message, path, index, calls, results ?? [])
      if (results === undefined) {
        results = []
        turns.push({ role: 'user', parts: results })
      }
      results.push(result)
      continue
    }
    results = undefined
    if (role === 'assistant') {
      const turn = decodeAssistant(message, path, index)
      calls = turn.parts.filter((part) => part.kind === 'tool-call')
      turns.push(turn)
    } else turns.push(decodeSpoken(message, roleOf(role, path), path))
  }
  return turns
}

function roleOf(role: unknown, path: string): Role {
  if (role === 'system' || role === 'developer' || role === 'user') return role
  throw invalidRequest(
    `${path}.role must be system, developer, user, assistant, tool or function, not ${JSON.stringify(role)}`,
    `${path}.role`,
  )
}

function decodeSpoken(message: JsonObject, role: Role, path: string): Turn {
  const { role: _, content, name, cache_control, ...rest } = message
  return {
    role,
    parts: markLast(decodeContent(content, `${path}.content`), cache_control),
    ...compact({ name: asString(name) }),
    ...keepUnknown(rest),
  }
}

function decodeAssistant(message: JsonObject, path: string, index: number): Turn {
  const {
    role: _,
    content,
    name,
    refusal,
    tool_calls,
    function_call,
    reasoning_content,
    reasoning,
    reasoning_details,
    cache_control,
    ...rest
  } = message
  const plain = asString(reasoning_content) ?? asString(reasoning)
  const details = decodeDetails(reasoning_details, plain ?? '')
  // An empty `content` stands beside calls for form's sake.
  const said = decodeContent(content, `${path}.content`).filter(
    (part) => part.kind !== 'text' || part.text !== '',
  )
  const parts: Part[] = [
    ...(details.parts.length > 0 || plain === undefined ? details.parts : plainReasoning(plain)),
    ...said,
    ...asArray(tool_calls).map((call, at) => decodeCall(call, `${path}.tool_calls[${at}]`)),
    ...(isObject(function_call) ? [decodeLegacyCall(function_call, index)] : []),
    ...(typeof refusal === 'string' && refusal !== '' ? [{ kind: 'refusal', text: refusal } as const] : []),
  ]
  const foreign = details.foreign.length === 0 ? {} : { reasoning_details: details.foreign }
  return {
    role: 'assistant',
    parts: markLast(parts, cache_control),
    ...compact({ name: asString(name) }),
    ...keepUnknown({ ...rest, ...foreign }),
  }
}

function plainReasoning(text: string): ReasoningPart[] {
  return text === '' ? [] : [{ kind: 'reasoning', text }]
}

function decodeCall(wire: unknown, path: string): ToolCallPart {
  if (!isObject(wire)) throw invalidRequest(`${path} must be an object`, path)
  const { id, type, function: called, custom, extra_content, cache_control, index: _, ...rest } = wire
  if (typeof id !== 'string') throw invalidRequest(`${path}.id must be a string`, `${path}.id`)
  const isCustom = type === 'custom' || (!isObject(called) && isObject(custom))
  const { name } = asObject(isCustom ? custom : called)
  if (typeof name !== 'string' || name === '')
    throw invalidRequest(`${path} needs a tool name`, `${path}.function.name`)
  const signature = asString(asObject(asObject(extra_content)['google'])['thought_signature'])
  return {
    kind: 'tool-call',
    id,
    name,
    input: isCustom
      ? (asString(asObject(custom)['input']) ?? '')
      : argumentsText(asObject(called)['arguments']),
    ...(isCustom && { custom: true }),
    ...(signature !== undefined && { seal: { value: signature } }),
    ...decodeCacheHint(cache_control),
    ...keepUnknown(signature === undefined ? { ...rest, extra_content } : rest),
  }
}

/** `arguments` is JSON text, but some clients send the object itself. */
function argumentsText(value: unknown): string {
  if (typeof value === 'string') return value
  return value === undefined || value === null ? '' : JSON.stringify(value)
}

function decodeLegacyCall(call: JsonObject, index: number): ToolCallPart {
  const name = asString(call['name']) ?? ''
  return { kind: 'tool-call', id: legacyCallId(index, name), name, input: argumentsText(call['arguments']) }
}

/** Legacy calls have no id; one made from place and name is the same every turn, so prompt caches hold. */
function legacyCallId(index: number, name: string): string {
  return `call_${index}_${name}`
}

function decodeResult(
  message: JsonObject,
  path: string,
  index: number,
  calls: readonly ToolCallPart[],
  earlier: readonly ToolResultPart[],
): ToolResultPart {
  const { role, content, tool_call_id, name, cache_control, ...rest } = message
  const isOpen = (call: ToolCallPart): boolean => !earlier.some((result) => result.callId === call.id)
  const call =
    typeof tool_call_id === 'string' && tool_call_id !== ''
      ? (calls.find((candidate) => candidate.id === tool_call_id) ?? { id: tool_call_id })
      : role === 'function'
        ? (calls.find((candidate) => candidate.name === name && isOpen(candidate)) ?? {
            id: legacyCallId(index, asString(name) ?? ''),
          })
        : // Some clients leave the id out: results come in the order of the calls.
          calls.find(isOpen)
  if (call === undefined)
    throw invalidRequest(`${path}.tool_call_id must be a string`, `${path}.tool_call_id`)
  return {
    kind: 'tool-result',
    callId: call.id,
    content: decodeContent(content, `${path}.content`),
    ...('custom' in call && call.custom && { custom: true }),
    ...decodeCacheHint(cache_control),
    ...keepUnknown(role === 'function' ? rest : { name, ...rest }),
  }
}

/** A cache mark on a message means "up to here": it moves to the last part. */
function markLast(parts: Part[], mark: unknown): Part[] {
  const hint: { readonly cache?: CacheHint } = decodeCacheHint(mark)
  const last = parts.at(-1)
  if (hint.cache === undefined || last === undefined || last.cache !== undefined) return parts
  return [...parts.slice(0, -1), { ...last, ...hint }]
}
