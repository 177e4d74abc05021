import { asArray, asString, isObject } from '../../ir/json.ts'
import type { JsonObject } from '../../ir/json.ts'
import type { Call } from '../surface.ts'
import { checkBlock, checkText } from './check-blocks.ts'
import { claudeModel } from './models.ts'
import { names, onlyKnown, refuse } from './refuse.ts'

type Turn = { readonly role: string; readonly blocks: readonly JsonObject[]; readonly index: number }

/** Refuses a conversation that the Messages API would refuse. */
export function checkTurns(call: Call): void {
  const messages = call.body.messages
  if (messages === undefined) refuse('messages: Field required')
  if (!Array.isArray(messages)) return refuse('messages: Input should be a valid list')
  if (messages.length === 0) refuse('messages: at least one message is required')
  const turns = messages.map((message, index) => readTurn(message, index, messages.length, call))
  const spoken = merged(turns.filter(({ role }) => role !== 'system'))
  if (spoken[0]?.role !== 'user') refuse('messages: first message must use the "user" role')
  checkPairing(spoken)
  checkEnd(spoken.at(-1), call)
  checkThinkingFirst(spoken, call)
}

function readTurn(message: unknown, index: number, count: number, call: Call): Turn {
  const path = `messages.${index}`
  if (!isObject(message))
    return refuse(`${path}: Input should be a valid dictionary or object to extract fields from`)
  const role = asString(message.role) ?? ''
  checkRole(role, path, call)
  const perTurn = role === 'system' ? ' output_config' : ''
  onlyKnown(message, names(`role content${perTurn}`), path)
  const { content } = message
  if (typeof content === 'string') {
    const isLast = index === count - 1
    if (content === '' && !(role === 'assistant' && isLast)) {
      refuse('messages: text content blocks must be non-empty')
    }
    if (content !== '') checkText(content, 'messages')
    return { role, index, blocks: [{ type: 'text', text: content }] }
  }
  if (!Array.isArray(content)) return refuse(`${path}.content: Input should be a valid list`)
  if (content.length === 0 && !(role === 'assistant' && index === count - 1)) {
    refuse(
      `${path}: all messages must have non-empty content except for the optional final assistant message`,
    )
  }
  for (const [at, block] of content.entries()) checkBlock(block, role, `${path}.content.${at}`, call)
  return { role, index, blocks: asArray(content).filter(isObject) }
}

function checkRole(role: string, path: string, call: Call): void {
  if (role === 'user' || role === 'assistant') return
  if (role !== 'system') refuse(`${path}.role: Input should be 'user' or 'assistant'`)
  const onApi = call.request.surface === 'anthropic-messages'
  const allowed = call.rules.midConversationSystem ?? (onApi && claudeModel(call.model).midConversationSystem)
  if (!allowed) {
    refuse(
      'messages: Unexpected role "system". The Messages API accepts a top-level `system` parameter, not "system" as an input message role.',
    )
  }
}

/** The API reads neighbouring messages of one role as one turn. */
function merged(turns: readonly Turn[]): Turn[] {
  const out: Turn[] = []
  for (const turn of turns) {
    const last = out.at(-1)
    if (last?.role === turn.role) {
      out[out.length - 1] = { ...last, blocks: [...last.blocks, ...turn.blocks] }
    } else out.push(turn)
  }
  return out
}

/** Every call is answered at the head of the next turn, every result answers a call of the turn before. */
function checkPairing(turns: readonly Turn[]): void {
  const seen = new Set<unknown>()
  for (const [at, turn] of turns.entries()) {
    const calls = idsOf(turn, 'tool_use', 'id')
    for (const id of calls) {
      if (seen.has(id)) refuse(`messages.${turn.index}: \`tool_use\` ids must be unique`)
      seen.add(id)
    }
    const next = turns[at + 1]
    const answered = next === undefined ? [] : leadingResults(next)
    const open = calls.filter((id) => !answered.includes(id))
    if (open.length > 0) {
      refuse(
        `messages.${turn.index}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${open.join(', ')}. Each \`tool_use\` block must have a corresponding \`tool_result\` block in the next message.`,
      )
    }
    checkResults(turn, turns[at - 1])
  }
}

function checkResults(turn: Turn, before: Turn | undefined): void {
  const calls = before === undefined ? [] : idsOf(before, 'tool_use', 'id')
  const answered = new Set<unknown>()
  for (const [at, block] of turn.blocks.entries()) {
    if (block.type !== 'tool_result') continue
    const id = block.tool_use_id
    if (!calls.includes(id)) {
      refuse(
        `messages.${turn.index}.content.${at}: unexpected \`tool_use_id\` found in \`tool_result\` blocks: ${String(id)}. Each \`tool_result\` block must have a corresponding \`tool_use\` block in the previous message.`,
      )
    }
    if (answered.has(id)) {
      refuse(
        `messages.${turn.index}.content.${at}: each tool_use must have a single result. Found multiple \`tool_result\` blocks with id: ${String(id)}`,
      )
    }
    answered.add(id)
  }
}

function idsOf(turn: Turn, type: string, field: string): unknown[] {
  return turn.blocks.filter((block) => block.type === type).map((block) => block[field])
}

/** Results count only where nothing stands before them. */
function leadingResults(turn: Turn): unknown[] {
  const end = turn.blocks.findIndex((block) => block.type !== 'tool_result')
  const leading = end < 0 ? turn.blocks : turn.blocks.slice(0, end)
  return leading.map((block) => block.tool_use_id)
}

function checkEnd(last: Turn | undefined, call: Call): void {
  if (last?.role !== 'assistant') return
  if (!claudeModel(call.model).prefill) {
    refuse(
      'This model does not support assistant message prefill. The conversation must end with a user message.',
    )
  }
  const text = asString(last.blocks.at(-1)?.text)
  if (text !== undefined && text !== text.trimEnd()) {
    refuse('messages: final assistant content cannot end with trailing whitespace')
  }
}

/** With a thinking budget, the assistant's part of a running tool loop starts with its thinking. */
function checkThinkingFirst(turns: readonly Turn[], call: Call): void {
  if (!isObject(call.body.thinking) || call.body.thinking.type !== 'enabled') return
  const last = turns.at(-1)
  const inLoop = last?.role === 'user' && last.blocks.some((block) => block.type === 'tool_result')
  const assistant = inLoop ? turns.at(-2) : undefined
  const first = asString(assistant?.blocks[0]?.type)
  if (assistant === undefined || first === 'thinking' || first === 'redacted_thinking') return
  refuse(
    `messages.${assistant.index}.content.0.type: Expected \`thinking\` or \`redacted_thinking\`, but found \`${first ?? 'nothing'}\`. When \`thinking\` is enabled, a final \`assistant\` message must start with a thinking block (preceeding the lastmost set of \`tool_use\` and \`tool_result\` blocks). To avoid this requirement, disable \`thinking\`.`,
  )
}
