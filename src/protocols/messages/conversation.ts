import { invalidRequest } from '../../errors.ts'
import { asString } from '../../ir/json.ts'
import type { JsonObject } from '../../ir/json.ts'
import { repairHistory } from '../../ir/repair.ts'
import type { Turn } from '../../ir/request.ts'
import { encodePart, encodeParts, textBlock } from './encode-content.ts'
import type { ContentContext } from './encode-content.ts'
import { ownFields, reportForeign } from './extensions.ts'
import type { Block, WireMessage } from './wire.ts'

export type Conversation = { readonly system: readonly Block[]; readonly messages: readonly WireMessage[] }

/** What stands for a user's words where the API needs a user turn and the client gave none. */
const OPENING = 'Begin.'
/** What asks for more where an assistant turn cannot be continued. */
export const CONTINUE = 'Continue.'

/** A turn on its way: its place in the client's list is kept for reports. */
type Placed = { readonly turn: Turn; readonly path: string }

/**
 * The turns as `system` and `messages`. Leading instructions become system blocks, one for each text. The rest is put
 * into the form that the API demands: it starts with the user, roles alternate (runs of one role are one message),
 * every call is answered at the head of the next user message, nothing is blank.
 *
 * Content is always a list of blocks, never a plain string, so that a cache mark that moves on next turn changes
 * nothing else in what was sent before.
 */
export function encodeConversation(turns: readonly Turn[], context: ContentContext): Conversation {
  const count = turns.findIndex((turn) => !isLeadingInstruction(turn))
  const leading = count < 0 ? turns : turns.slice(0, count)
  const system = leading.flatMap((turn, index) => {
    reportTurn(turn, `messages[${index}]`, context)
    return encodeParts(turn.parts, turn.role, `messages[${index}].content`, context)
  })
  const rest = repairHistory(turns.slice(leading.length), context.losses)
  const messages: WireMessage[] = []
  for (const [index, turn] of rest.entries()) {
    const path = `messages[${leading.length + index}]`
    reportTurn(turn, path, context)
    const message = encodeTurn({ turn, path }, context)
    if (message !== undefined) append(messages, message)
  }
  return { system, messages: withUserEnds(messages, system.length > 0 ? 'instructed' : 'bare', context) }
}

/** Instructions with fields of their own, or that change the tools, only make sense where they are. */
function isLeadingInstruction({ role, parts, ext }: Turn): boolean {
  return (
    (role === 'system' || role === 'developer') &&
    ext?.messages === undefined &&
    parts.every((part) => part.kind !== 'opaque' || !String(part.value['type']).startsWith('tool_'))
  )
}

function reportTurn(turn: Turn, path: string, { losses }: ContentContext): void {
  reportForeign(path, turn.ext, losses)
  if (turn.name !== undefined) losses.unsupported(`${path}.name`)
  if (turn.phase !== undefined) losses.unsupported(`${path}.phase`)
}

function encodeTurn(placed: Placed, context: ContentContext): WireMessage | undefined {
  const { turn, path } = placed
  const own = ownFields(turn.ext)
  switch (turn.role) {
    case 'user':
    case 'assistant': {
      const content = encodeParts(turn.parts, turn.role, `${path}.content`, context)
      return content.length === 0 ? undefined : { role: turn.role, content, ...own }
    }
    case 'system':
    case 'developer':
      return context.dialect.midConversationSystem
        ? instruction(placed, context)
        : instructionAsUser(placed, context)
    default:
      return turn.role satisfies never
  }
}

function instruction({ turn, path }: Placed, context: ContentContext): WireMessage | undefined {
  const content = encodeParts(turn.parts, turn.role, `${path}.content`, context)
  const own = ownFields(turn.ext)
  return content.length === 0 && Object.keys(own).length === 0
    ? undefined
    : { role: 'system', content, ...own }
}

/** In its place, never hoisted: that would rewrite the cached prefix. The tag is the one Claude Code itself uses. */
function instructionAsUser({ turn, path }: Placed, context: ContentContext): WireMessage | undefined {
  const { losses } = context
  losses.approximated(path, 'an instruction within the conversation, as tagged user text')
  for (const field of Object.keys(ownFields(turn.ext))) losses.unsupported(`${path}.${field}`)
  const content = turn.parts.flatMap((part, at): readonly Block[] => {
    const blocks = encodePart(part, 'user', `${path}.content[${at}]`, context)
    return blocks.flatMap((block) => {
      if (block.type !== 'text') {
        losses.content(`${path}.content[${at}]`, `${block.type} outside a system turn`)
        return []
      }
      return [{ ...block, text: tagged(String(block['text'])) }]
    })
  })
  return content.length === 0 ? undefined : { role: 'user', content }
}

/** An instruction as a user would pass it on. */
export const tagged = (text: string): string => `<system-reminder>\n${text}\n</system-reminder>`

/** Adds a message; one of the same role as the last becomes part of it. */
function append(messages: WireMessage[], message: WireMessage): void {
  const last = messages.at(-1)
  if (last === undefined || last.role !== message.role || message.role === 'system') {
    messages.push(message)
    return
  }
  messages[messages.length - 1] = { ...last, ...message, content: [...last.content, ...message.content] }
}

function withUserEnds(
  messages: readonly WireMessage[],
  system: 'instructed' | 'bare',
  context: ContentContext,
): readonly WireMessage[] {
  const { dialect, losses } = context
  const out = [...messages]
  const first = out.find(({ role }) => role !== 'system')
  if (first === undefined && system === 'bare')
    throw invalidRequest('messages: at least one message with content is required', 'messages')
  // Instructions alone are a question elsewhere: OpenAI's models answer them.
  if (first === undefined || first.role === 'assistant') {
    losses.approximated('messages[0]', 'the API wants the user to speak first; a minimal turn was put in')
    out.unshift({ role: 'user', content: textBlock(OPENING) })
  }
  const last = out.at(-1)
  if (last?.role !== 'assistant' || isPaused(last.content)) return out
  if (!dialect.prefill) {
    losses.approximated(
      'messages',
      'the model continues no assistant turn; a user turn that asks for it was added',
    )
    out.push({ role: 'user', content: textBlock(CONTINUE) })
    return out
  }
  out[out.length - 1] = { ...last, content: withTrimmedEnd(last.content, context) }
  return out
}

/** An answer that stopped within a server tool is sent back as it is, to be gone on with. */
export function isPaused(content: readonly JsonObject[]): boolean {
  const type = asString(content.at(-1)?.['type']) ?? ''
  return type === 'server_tool_use' || type === 'mcp_tool_use' || type.endsWith('_tool_result')
}

/** The API refuses a text to be continued that ends in white space. */
function withTrimmedEnd(content: readonly Block[], { losses }: ContentContext): readonly Block[] {
  const last = content.at(-1)
  if (last?.type !== 'text') return content
  const text = String(last['text'])
  if (text === text.trimEnd()) return content
  losses.approximated('messages', 'white space at the end of the text to be continued was left out')
  return [...content.slice(0, -1), { ...last, text: text.trimEnd() }]
}
