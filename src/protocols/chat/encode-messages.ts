import { compact } from '../../ir/json.ts'
import type { Part, ToolResultPart } from '../../ir/part.ts'
import { repairHistory } from '../../ir/repair.ts'
import type { Turn } from '../../ir/request.ts'
import { encodeAssistant } from './encode-assistant.ts'
import { collapse, encodePart, isNative } from './encode-content.ts'
import type { Encoding } from './encode-content.ts'
import { reportForeign } from './extensions.ts'
import type { ChatContentPart, ChatMessage } from './wire.ts'

/**
 * Turns as messages. Deterministic and append-only: a longer history begins with the same messages, so that the
 * upstream's prompt cache holds.
 */
export function encodeMessages(turns: readonly Turn[], encoding: Encoding): ChatMessage[] {
  const repaired = repairHistory(turns, encoding.losses)
  const messages: ChatMessage[] = []
  for (const [index, turn] of mergeAssistants(repaired, encoding).entries()) {
    const path = `messages[${index}]`
    if (turn.role === 'assistant') messages.push(...encodeAssistant(turn, path, encoding))
    else messages.push(...encodeTurn(turn, path, encoding))
  }
  const last = turns.at(-1)
  if (last?.role === 'assistant' && !encoding.dialect.prefill)
    encoding.losses.approximated(`messages[${turns.length - 1}]`, 'taken as history, not continued')
  return messages
}

/**
 * Other protocols split one answer into several turns (Responses: an item each). Chat wants it as one message, for the
 * results of its calls must follow at once. Two turns of words alone stay two messages.
 */
function mergeAssistants(turns: readonly Turn[], { losses }: Encoding): readonly Turn[] {
  const out: Turn[] = []
  for (const [index, turn] of turns.entries()) {
    const last = out.at(-1)
    if (last?.role !== 'assistant' || turn.role !== 'assistant' || !belongTogether(last, turn)) {
      out.push(turn)
      continue
    }
    if (hasText(last) && hasText(turn))
      losses.approximated(`messages[${index}]`, 'joined to the message before it')
    out[out.length - 1] = { ...last, ...turn, parts: [...last.parts, ...turn.parts] }
  }
  return out
}

function belongTogether(first: Turn, second: Turn): boolean {
  if (first.parts.some((part) => part.kind === 'tool-call')) return true
  return !(hasText(first) && hasText(second)) && first.ext === undefined && second.ext === undefined
}

const hasText = (turn: Turn): boolean =>
  turn.parts.some((part) => part.kind === 'text' || part.kind === 'refusal')

/** A turn of the user or the system: its tool results first, each a message, then one message with all the rest. */
function encodeTurn(turn: Turn, path: string, encoding: Encoding): ChatMessage[] {
  const { dialect, losses } = encoding
  reportForeign(path, turn.ext, losses)
  const messages: ChatMessage[] = []
  const content: ChatContentPart[] = []
  const rest: Part[] = []
  for (const [index, part] of turn.parts.entries()) {
    if (part.kind !== 'tool-result') {
      rest.push(part)
      continue
    }
    const { message, media } = encodeResult(part, `${path}.content[${index}]`, encoding)
    messages.push(message)
    content.push(...media)
  }
  const offset = turn.parts.length - rest.length
  content.push(
    ...rest.flatMap((part, index) => encodePart(part, `${path}.content[${index + offset}]`, encoding)),
  )
  if (content.length === 0) return messages
  if (!dialect.textArrays && content.length > 1 && content.every((part) => part.type === 'text'))
    losses.approximated(path, 'several texts, joined by blank lines')
  messages.push({
    role: roleOf(turn, encoding),
    content: collapse(content, dialect.textArrays ? undefined : '\n\n'),
    ...compact({ name: turn.name }),
    ...turn.ext?.chat,
  })
  return messages
}

function roleOf(turn: Turn, { dialect }: Encoding): ChatMessage['role'] {
  if (turn.role !== 'system' && turn.role !== 'developer') return turn.role
  return dialect.systemRole === 'as-given' ? turn.role : dialect.systemRole
}

/**
 * A result as a `tool` message, which holds text only. Its media follow in the user message after all results; the
 * text says where.
 */
function encodeResult(
  part: ToolResultPart,
  path: string,
  encoding: Encoding,
): { readonly message: ChatMessage; readonly media: readonly ChatContentPart[] } {
  const { losses, dialect, breakpoints } = encoding
  reportForeign(path, part.ext, losses)
  const texts: ChatContentPart[] = []
  const media: ChatContentPart[] = []
  const counts = { image: 0, document: 0, audio: 0, video: 0 }
  for (const [index, inner] of part.content.entries()) {
    const at = `${path}.content[${index}]`
    const encoded = encodePart(inner, at, encoding)
    if (inner.kind !== 'media' || !isNative(inner, dialect)) {
      texts.push(...encoded)
      continue
    }
    losses.approximated(at, 'moved to the user message after the results')
    const label = `${inner.media} ${++counts[inner.media]} of the tool result ${part.callId}`
    texts.push({ type: 'text', text: `[${label} follows]` })
    media.push({ type: 'text', text: `[${label}]` }, ...encoded)
  }
  if (part.isError) {
    losses.approximated(`${path}.is_error`, 'told by a prefix')
    texts.unshift({ type: 'text', text: 'Error:' })
  }
  if (texts.length > 1 && !part.isError) losses.approximated(path, 'several texts, joined by line breaks')
  const last = texts.at(-1)
  if (last !== undefined) texts[texts.length - 1] = { ...last, ...breakpoints.take(part.cache) }
  return {
    message: {
      ...part.ext?.chat,
      role: 'tool',
      tool_call_id: part.callId,
      content: texts.some(isMarked) ? texts : joinTexts(texts, part.isError === true),
    },
    media,
  }
}

const isMarked = (part: ChatContentPart): boolean => 'prompt_cache_breakpoint' in part

function joinTexts(parts: readonly ChatContentPart[], isError: boolean): string {
  const texts = parts.map((part) => String(part['text'] ?? part['refusal'] ?? JSON.stringify(part)))
  const [head = '', ...tail] = texts
  return isError ? `${head} ${tail.join('\n')}` : texts.join('\n')
}
