import { Losses } from '../../ir/dropped.ts'
import type { Encoded } from '../../ir/dropped.ts'
import { asEffort } from '../../ir/effort.ts'
import { asArray, asNumber, asObject, asString, compact, isObject } from '../../ir/json.ts'
import type { JsonObject } from '../../ir/json.ts'
import { CONTINUE, isPaused, tagged } from './conversation.ts'
import { decodeReasoning } from './decode-request.ts'
import type { MessagesDialect } from './dialect.ts'
import { callsWithoutThinking, withoutRefused } from './encode-request.ts'
import { encodeSampling } from './settings.ts'
import { encodeThinking } from './thinking.ts'

type Fields = Record<string, unknown>

/**
 * A client's own request, mended where this upstream is known to refuse it and nowhere else. Undefined when there is
 * nothing to mend. Whatever it does not know passes: unknown fields, blocks and tools are the client's and the
 * upstream's business.
 */
export function patchRequest(wire: JsonObject, dialect: MessagesDialect): Encoded<JsonObject> | undefined {
  const losses = new Losses()
  const body: Fields = { ...withoutRefused(wire, dialect, losses) }
  const messages = asArray(body['messages']).filter(isObject)
  const fixed = withUserEnd(withoutSystemTurns(messages, dialect, losses), dialect, losses)
  if (fixed !== messages) body['messages'] = fixed
  patchLimit(body, dialect, losses)
  patchTools(body, dialect, losses)
  patchThinking(body, dialect, losses)
  patchSampling(body, dialect, losses)
  return losses.list.length === 0 ? undefined : { body, dropped: losses.list }
}

/**
 * Each system turn as tagged text at the end of the user turn before it, or of the next one when calls wait for
 * their results: those must come first.
 */
function withoutSystemTurns(
  messages: readonly JsonObject[],
  { midConversationSystem }: MessagesDialect,
  losses: Losses,
): readonly JsonObject[] {
  if (midConversationSystem || !messages.some(({ role }) => role === 'system')) return messages
  const out: JsonObject[] = []
  let waiting: JsonObject[] = []
  const append = (message: JsonObject): JsonObject => {
    const content = [...blocksOf(message['content']), ...waiting]
    waiting = []
    return { ...message, content }
  }
  for (const [index, message] of messages.entries()) {
    const last = out.at(-1)
    if (message['role'] === 'system') {
      waiting.push(...instructionBlocks(message, `messages[${index}]`, losses))
      if (last?.['role'] === 'user') out[out.length - 1] = append(last)
    } else if (message['role'] === 'user') out.push(waiting.length > 0 ? append(message) : message)
    else {
      if (waiting.length > 0) out.push(append({ role: 'user' }))
      out.push(message)
    }
  }
  if (waiting.length > 0) out.push(append({ role: 'user' }))
  return out
}

function instructionBlocks(message: JsonObject, path: string, losses: Losses): readonly JsonObject[] {
  losses.approximated(path, 'an instruction within the conversation, as tagged user text')
  return blocksOf(message['content']).flatMap((block) => {
    if (block['type'] === 'text') return [{ ...block, text: tagged(asString(block['text']) ?? '') }]
    losses.content(path, `${String(block['type'])} outside a system turn`)
    return []
  })
}

function withUserEnd(
  messages: readonly JsonObject[],
  { prefill }: MessagesDialect,
  losses: Losses,
): readonly JsonObject[] {
  const last = messages.at(-1)
  if (prefill || last?.['role'] !== 'assistant' || isPaused(blocksOf(last['content']))) return messages
  losses.approximated(
    'messages',
    'the model continues no assistant turn; a user turn that asks for it was added',
  )
  return [...messages, { role: 'user', content: CONTINUE }]
}

function patchLimit(body: Fields, { maxOutputTokens }: MessagesDialect, losses: Losses): void {
  const wish = asNumber(body['max_tokens'])
  if (wish === undefined || maxOutputTokens === undefined || wish <= maxOutputTokens) return
  losses.approximated('max_tokens', `${maxOutputTokens} instead of ${wish}`)
  body['max_tokens'] = maxOutputTokens
}

function patchTools(body: Fields, dialect: MessagesDialect, losses: Losses): void {
  const choice = asObject(body['tool_choice'])
  if (!dialect.forcedToolChoice && (choice['type'] === 'any' || choice['type'] === 'tool')) {
    losses.approximated('tool_choice', 'auto: this model takes no forced choice')
    const { name: _, ...rest } = choice
    body['tool_choice'] = { ...rest, type: 'auto' }
  }
  const tools = asArray(body['tools'])
  if (dialect.deferredTools || !tools.some((tool) => asObject(tool)['defer_loading'] === true)) return
  losses.approximated('tools', 'deferred tools were declared plainly')
  body['tools'] = tools.map((tool) => {
    const { defer_loading: _, ...rest } = asObject(tool)
    return rest
  })
}

/** Only a mode or a level that the model does not take is touched. */
function patchThinking(body: Fields, dialect: MessagesDialect, losses: Losses): void {
  const { effort, ...output } = asObject(body['output_config'])
  const config = decodeReasoning(body['thinking'], asEffort(effort))
  if (config === undefined) return
  const { mode, effort: level } = config
  const knownMode = mode === undefined || dialect.thinking.includes(mode)
  if (knownMode && (level === undefined || dialect.efforts.includes(level))) return
  const encoded = encodeThinking(config, {
    dialect,
    losses,
    maxTokens: asNumber(body['max_tokens']) ?? dialect.defaultMaxTokens,
    ownRequest: true,
    forcedTool: ['any', 'tool'].includes(String(asObject(body['tool_choice'])['type'])),
    unthinkingCalls: callsWithoutThinking(asArray(body['messages']).map(asObject)),
  })
  set(body, 'thinking', encoded.thinking)
  const kept = { ...compact({ effort: encoded.effort }), ...output }
  set(body, 'output_config', Object.keys(kept).length === 0 ? undefined : kept)
}

function patchSampling(body: Fields, dialect: MessagesDialect, losses: Losses): void {
  const given = compact({
    temperature: asNumber(body['temperature']),
    topP: asNumber(body['top_p']),
    topK: asNumber(body['top_k']),
  })
  // What thinking allows, a client of this protocol knows; what this model allows, it may not.
  const allowed = encodeSampling(given, dialect, false, losses)
  for (const name of ['temperature', 'top_p', 'top_k']) {
    if (typeof body[name] === 'number' && body[name] !== allowed[name]) set(body, name, allowed[name])
  }
}

function set(body: Fields, name: string, value: unknown): void {
  if (value === undefined) delete body[name]
  else body[name] = value
}

function blocksOf(content: unknown): readonly JsonObject[] {
  if (typeof content === 'string') return content === '' ? [] : [{ type: 'text', text: content }]
  return asArray(content).filter(isObject)
}
