import type { Losses } from '../../ir/dropped.ts'
import { asArray, asString, isObject, type JsonObject } from '../../ir/json.ts'
import type { Part } from '../../ir/part.ts'
import type { Adapt } from '../adapt/adaptation.ts'

/** Tells the seals that the target cannot read; an empty one stands for reasoning without a seal. */
export type IsUnreadable = (seal: string) => boolean

const NOTE = 'reasoning that this upstream cannot read'

/**
 * A request of the target's own protocol without the reasoning that the target cannot read; the same request when
 * there is none. A message that held nothing else goes too.
 */
export function withoutReasoning(wire: JsonObject, isUnreadable: IsUnreadable, losses: Losses): JsonObject {
  const changes: Record<string, unknown> = {}
  for (const key of ['messages', 'input']) {
    const given = wire[key]
    if (!Array.isArray(given)) continue
    const kept = given.flatMap((item, index) => withoutIn(item, isUnreadable, `${key}[${index}]`, losses))
    if (kept.length < given.length || kept.some((item, index) => item !== given[index])) changes[key] = kept
  }
  return Object.keys(changes).length === 0 ? wire : { ...wire, ...changes }
}

/** Nothing, the message as it is, or the message with less in it. */
function withoutIn(
  item: unknown,
  isUnreadable: IsUnreadable,
  path: string,
  losses: Losses,
): readonly unknown[] {
  if (!isObject(item)) return [item]
  const goes = (block: unknown, at: string): boolean => {
    if (!isObject(block) || !isReasoning(block) || !isUnreadable(sealOf(block))) return false
    losses.foreignSeal(at, NOTE)
    return true
  }
  if (goes(item, path)) return []
  let kept: Record<string, unknown> = item
  for (const field of ['content', 'reasoning_details']) {
    const blocks = item[field]
    if (!Array.isArray(blocks)) continue
    const readable = blocks.filter((block, at) => !goes(block, `${path}.${field}[${at}]`))
    if (readable.length < blocks.length) kept = { ...kept, [field]: readable }
  }
  if (asArray(kept['reasoning_details']).length === 0 && kept !== item) {
    const { reasoning_details: _, ...rest } = kept
    kept = rest
  }
  const saidSomething = asArray(item['content']).length > 0
  return saidSomething && asArray(kept['content']).length === 0 && item['tool_calls'] === undefined
    ? []
    : [kept]
}

/** Anthropic's blocks, OpenAI's items, and the details that servers of Chat Completions put on a message. */
function isReasoning({ type }: JsonObject): boolean {
  return (
    type === 'thinking' ||
    type === 'redacted_thinking' ||
    (typeof type === 'string' && /^reasoning(?:\.|$)/.test(type))
  )
}

function sealOf(block: JsonObject): string {
  return asString(block['signature'] ?? block['data'] ?? block['encrypted_content']) ?? ''
}

/** The same for a translated request: reasoning goes, and the seals of calls, which stay. */
export function dropReasoning(isUnreadable: IsUnreadable): Adapt {
  return (request, losses) => {
    const turns = request.turns.map((turn, index) => {
      const parts = turn.parts.flatMap((part, at) =>
        dropPart(part, isUnreadable, `messages[${index}].content[${at}]`, losses),
      )
      return { ...turn, parts }
    })
    return { request: { ...request, turns: turns.filter(({ parts }) => parts.length > 0) } }
  }
}

function dropPart(part: Part, isUnreadable: IsUnreadable, path: string, losses: Losses): readonly Part[] {
  const isSealedCall = part.kind === 'tool-call' && part.seal !== undefined
  if (part.kind !== 'reasoning' && !isSealedCall) return [part]
  if (!isUnreadable(part.seal?.value ?? '')) return [part]
  losses.foreignSeal(path, NOTE)
  if (part.kind === 'reasoning') return []
  const { seal: _, ...bare } = part
  return [bare]
}
