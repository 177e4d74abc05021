import { createHash } from 'node:crypto'
import type { Losses } from '../../ir/dropped.ts'
import type { Part, ReasoningPart, TextPart, ToolCallPart, ToolResultPart } from '../../ir/part.ts'
import type { Role } from '../../ir/request.ts'
import { describeServerTool } from '../describe-server-tool.ts'
import { encodeCache } from './cache.ts'
import { encodeCitation, isOwnCitation } from './citations.ts'
import type { MessagesDialect } from './dialect.ts'
import { ownFields, reportForeign } from './extensions.ts'
import { encodeMedia } from './media.ts'
import { isOwnServerTool } from './server-tools.ts'
import { toolInput } from './tool-input.ts'
import type { Block } from './wire.ts'

export type ContentContext = {
  readonly dialect: MessagesDialect
  readonly losses: Losses
  /** The request came from this protocol: its ids and blocks may be the upstream's own. */
  readonly ownRequest: boolean
}

/** The parts of one turn as blocks. Blank texts are left out: the API refuses them. */
export function encodeParts(
  parts: readonly Part[],
  role: Role,
  path: string,
  context: ContentContext,
): readonly Block[] {
  return parts.flatMap((part, at) => encodePart(part, role, `${path}[${at}]`, context))
}

/** One part as blocks; none when nothing of it can go out. */
export function encodePart(part: Part, role: Role, path: string, context: ContentContext): readonly Block[] {
  const { losses } = context
  reportForeign(path, part.ext, losses)
  const cache = encodeCache(part.cache)
  switch (part.kind) {
    case 'text':
      return encodeText(part, role, path, context)
    case 'media':
      if (role === 'assistant' && !context.ownRequest) {
        losses.content(path, `${part.media} in an assistant turn`)
        return []
      }
      return [{ ...encodeMedia(part, path, mediaContext(role, context)), ...cache }]
    case 'reasoning':
      return role === 'assistant' ? encodeReasoning(part, path, context) : []
    case 'tool-call':
      return [{ ...encodeToolCall(part, path, losses), ...ownFields(part.ext), ...cache }]
    case 'tool-result':
      return [{ ...encodeToolResult(part, path, context), ...ownFields(part.ext), ...cache }]
    case 'server-tool':
      if (isOwnServerTool(part)) return [{ ...(part.value as Block), ...cache }]
      losses.approximated(path, 'a tool that ran elsewhere, told as text')
      return textBlock(describeServerTool(part), cache)
    case 'refusal':
      losses.approximated(path, 'a refusal as text')
      return textBlock(part.text, cache)
    case 'tool-reference':
      if (context.dialect.deferredTools) {
        return [{ type: 'tool_reference', tool_name: part.name, ...ownFields(part.ext), ...cache }]
      }
      losses.approximated(path, 'a tool reference as text')
      return textBlock(`Tool available: ${part.name}`, cache)
    case 'opaque':
      if (part.origin === 'messages') return [{ ...(part.value as Block), ...cache }]
      if (part.text === undefined) losses.content(path, `a part that only ${part.origin} knows`)
      else losses.approximated(path, `a part that only ${part.origin} knows, as text`)
      return textBlock(part.text ?? '', cache)
    default:
      return part satisfies never
  }
}

function encodeText(part: TextPart, role: Role, path: string, { losses }: ContentContext): readonly Block[] {
  const own = (part.citations ?? []).filter((citation) => isOwnCitation(citation))
  // In user turns the newest API version refuses citations, in others it refuses those it did not make.
  const citations = role === 'assistant' ? own.map((citation) => encodeCitation(citation, part.text)) : []
  if (citations.length < (part.citations?.length ?? 0)) losses.unsupported(`${path}.citations`)
  return textBlock(part.text, {
    ...(citations.length > 0 && { citations }),
    ...ownFields(part.ext),
    ...encodeCache(part.cache),
  })
}

/** A text block, or nothing for a blank text. */
export function textBlock(text: string, fields: object = {}): readonly Block[] {
  return text.trim() === '' ? [] : [{ type: 'text', text, ...fields }]
}

function mediaContext(role: Role, context: ContentContext) {
  return {
    losses: context.losses,
    urlSources: context.dialect.urlMedia !== 'none',
    ownRequest: context.ownRequest,
    encodeParts: (parts: readonly Part[], path: string) => encodeParts(parts, role, path, context),
  }
}

/** Claude's own thinking goes back as it came, empty texts included. */
function encodeReasoning(
  part: ReasoningPart,
  path: string,
  { dialect, losses }: ContentContext,
): readonly Block[] {
  const own = ownFields(part.ext)
  if (part.redacted && part.seal !== undefined)
    return [{ type: 'redacted_thinking', data: part.seal.value, ...own }]
  if (part.seal !== undefined)
    return [{ type: 'thinking', thinking: part.text, signature: part.seal.value, ...own }]
  if (dialect.unsignedThinking === 'keep' && part.text !== '')
    return [{ type: 'thinking', thinking: part.text, signature: '', ...own }]
  losses.foreignSeal(path, 'thinking without a signature')
  return []
}

function encodeToolCall(part: ToolCallPart, path: string, losses: Losses): Block {
  const id = toolId(part.id)
  if (part.custom) {
    losses.approximated(path, 'a free-form call as an object with one string')
    return { type: 'tool_use', id, name: part.name, input: { input: part.input } }
  }
  const { value, bent } = toolInput(part.input)
  if (bent) losses.approximated(`${path}.input`, 'arguments that are no JSON object, kept as _raw')
  return { type: 'tool_use', id, name: part.name, input: value }
}

function encodeToolResult(part: ToolResultPart, path: string, context: ContentContext): Block {
  const content = encodeParts(part.content, 'user', `${path}.content`, context)
  return {
    type: 'tool_result',
    tool_use_id: toolId(part.callId),
    ...(content.length > 0 && { content }),
    ...(part.isError && { is_error: true }),
  }
}

/**
 * A call id in the alphabet that the API takes. It depends on the given id alone, so that call and result agree and a
 * longer history keeps the ids of the shorter one; a hash keeps changed ids apart.
 */
export function toolId(id: string): string {
  if (/^[A-Za-z0-9_-]+$/.test(id)) return id
  const hash = createHash('sha256').update(id).digest('hex').slice(0, 8)
  return `${id.replaceAll(/[^A-Za-z0-9_-]/g, '_')}_${hash}`
}
