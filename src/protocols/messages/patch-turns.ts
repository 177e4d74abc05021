import type { Losses } from '../../ir/dropped.ts'
import { asArray, asString, isObject } from '../../ir/json.ts'
import type { JsonObject } from '../../ir/json.ts'
import { CONTINUE, isPaused, tagged } from './conversation.ts'
import type { MessagesDialect } from './dialect.ts'
import { withoutForeignSearches } from './patch-searches.ts'

type Turns = readonly JsonObject[]

/** The conversation, mended where this upstream would refuse it; the same array when there is nothing to mend. */
export function patchTurns(turns: Turns, dialect: MessagesDialect, losses: Losses): Turns {
  const own = withoutForeignSearches(withoutBlankTurns(turns, losses), losses)
  return withUserEnd(withoutSystemTurns(own, dialect, losses), dialect, losses)
}

/** A list of blocks without texts that say nothing, which every Claude refuses; the same list when there are none. */
export function withoutBlankBlocks(
  blocks: readonly unknown[],
  path: string,
  losses: Losses,
): readonly unknown[] {
  let changed = false
  const kept = blocks.flatMap((block, at): readonly unknown[] => {
    if (!isObject(block)) return [block]
    const here = `${path}[${at}]`
    if (block['type'] === 'text' && isBlank(block['text'])) {
      losses.approximated(here, 'a blank text was left out')
      changed = true
      return []
    }
    const inner = block['type'] === 'tool_result' ? block['content'] : undefined
    if (!Array.isArray(inner)) return [block]
    const content = withoutBlankBlocks(inner, `${here}.content`, losses)
    if (content === inner) return [block]
    changed = true
    return [{ ...block, content }]
  })
  return changed ? kept : blocks
}

export const isBlank = (text: unknown): boolean => typeof text === 'string' && text.trim() === ''

/** A message that is left without content goes too; the last may be empty where it asks to be continued. */
function withoutBlankTurns(turns: Turns, losses: Losses): Turns {
  let changed = false
  const kept = turns.flatMap((turn, index): Turns => {
    const { content, role } = turn
    const path = `messages[${index}]`
    const isPrefill = role === 'assistant' && index === turns.length - 1
    if (isBlank(content) && !isPrefill && turns.length > 1) {
      losses.approximated(path, 'a blank message was left out')
      changed = true
      return []
    }
    if (!Array.isArray(content)) return [turn]
    const blocks = withoutBlankBlocks(content, `${path}.content`, losses)
    if (blocks === content) return [turn]
    changed = true
    return blocks.length === 0 && turns.length > 1 ? [] : [{ ...turn, content: blocks }]
  })
  return changed && kept.length > 0 ? kept : turns
}

/**
 * Each system turn as tagged text in a user turn: at the end of the one before it, else in the next one, behind the
 * results that answer the calls before: those must come first.
 */
function withoutSystemTurns(turns: Turns, { midConversationSystem }: MessagesDialect, losses: Losses): Turns {
  if (midConversationSystem || !turns.some(({ role }) => role === 'system')) return turns
  const out: JsonObject[] = []
  let waiting: JsonObject[] = []
  const take = (turn: JsonObject, at: number): JsonObject => {
    const content = blocksOf(turn['content']).toSpliced(at, 0, ...waiting)
    waiting = []
    return { ...turn, content }
  }
  for (const [index, turn] of turns.entries()) {
    const last = out.at(-1)
    if (turn['role'] === 'system') {
      waiting.push(...instructionBlocks(turn, `messages[${index}]`, losses))
      const next = turns.slice(index + 1).find(({ role }) => role !== 'system')
      const resultsFollow = next?.['role'] === 'user' && leadingResults(next) > 0
      if (last?.['role'] === 'user' && !resultsFollow)
        out[out.length - 1] = take(last, blocksOf(last['content']).length)
    } else if (turn['role'] === 'user') out.push(waiting.length > 0 ? take(turn, leadingResults(turn)) : turn)
    else {
      if (waiting.length > 0) out.push(take({ role: 'user' }, 0))
      out.push(turn)
    }
  }
  if (waiting.length > 0) out.push(take({ role: 'user' }, 0))
  return out
}

function leadingResults(turn: JsonObject): number {
  const blocks = blocksOf(turn['content'])
  const end = blocks.findIndex(({ type }) => type !== 'tool_result')
  return end < 0 ? blocks.length : end
}

function instructionBlocks(turn: JsonObject, path: string, losses: Losses): readonly JsonObject[] {
  losses.approximated(path, 'an instruction within the conversation, as tagged user text')
  const { role: _, content, ...fields } = turn
  for (const field of Object.keys(fields)) losses.unsupported(`${path}.${field}`, 'outside a system turn')
  return blocksOf(content).flatMap((block) => {
    if (block['type'] === 'text') return [{ ...block, text: tagged(asString(block['text']) ?? '') }]
    losses.content(path, `${String(block['type'])} outside a system turn`)
    return []
  })
}

function withUserEnd(turns: Turns, { prefill }: MessagesDialect, losses: Losses): Turns {
  const last = turns.at(-1)
  if (prefill || last?.['role'] !== 'assistant' || isPaused(blocksOf(last['content']))) return turns
  losses.approximated(
    'messages',
    'the model continues no assistant turn; a user turn that asks for it was added',
  )
  return [...turns, { role: 'user', content: CONTINUE }]
}

/**
 * True in the middle of a tool loop in which nothing was thought: `enabled` thinking demands that the loop begins
 * with thinking. A loop is everything since the last user turn that answers no call.
 */
export function isUnthinkingLoop(turns: Turns): boolean {
  const spoken = turns.filter(({ role }) => role !== 'system')
  const start = spoken.findLastIndex((turn) => turn['role'] === 'user' && leadingResults(turn) === 0)
  const loop = spoken.slice(start + 1)
  const assistant = loop.filter(({ role }) => role === 'assistant')
  return (
    loop.at(-1)?.['role'] === 'user' &&
    assistant.length > 0 &&
    !assistant.some(({ content }) => blocksOf(content).some(({ type }) => String(type).endsWith('thinking')))
  )
}

function blocksOf(content: unknown): readonly JsonObject[] {
  if (typeof content === 'string') return content === '' ? [] : [{ type: 'text', text: content }]
  return asArray(content).filter(isObject)
}
