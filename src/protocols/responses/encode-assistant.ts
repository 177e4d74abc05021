import type { JsonObject } from '../../ir/json.ts'
import type { MediaPart, Part, ReasoningPart, ServerToolPart, TextPart, ToolCallPart } from '../../ir/part.ts'
import type { Turn } from '../../ir/request.ts'
import { encodeAnnotation } from './annotations.ts'
import { callId } from './call-ids.ts'
import type { Encoding } from './encode-content.ts'
import { ownFields, reportForeign } from './extensions.ts'
import { isItem, isToldByItsCall } from './hosted-items.ts'
import { summaryOf } from './reasoning-items.ts'
import { encodeSearchCall } from './tool-search.ts'
import type { ResponsesContentPart, ResponsesItem } from './wire.ts'

/** An item of an assistant's turn, or a piece of what its next message says. */
export type Said =
  | { readonly item: ResponsesItem }
  | { readonly content: ResponsesContentPart }
  /** Reasoning goes out only together with what it led to. */
  | { readonly reasoning: ResponsesItem; readonly path: string }

/** One part of an assistant's turn; undefined for what says nothing or cannot be said, which is reported. */
export function encodeAssistantPart(
  part: Part,
  turn: Turn,
  path: string,
  encoding: Encoding,
): Said | undefined {
  const { losses } = encoding
  reportForeign(path, part.ext, losses)
  switch (part.kind) {
    case 'text':
      return part.text === '' ? undefined : { content: encodeText(part, path, encoding) }
    case 'refusal':
      return { content: { type: 'refusal', refusal: part.text, ...ownFields(part.ext) } }
    case 'reasoning': {
      const reasoning = encodeReasoning(part, turn, path, encoding)
      return reasoning && { reasoning, path }
    }
    case 'tool-call':
      return { item: encodeCall(part, path, encoding) }
    case 'server-tool':
      return encodeServerTool(part, path, encoding)
    case 'media':
      return encodePicture(part, path, encoding)
    case 'opaque':
      if (part.origin === 'responses')
        return isItem(part)
          ? { item: part.value as ResponsesItem }
          : { content: part.value as ResponsesContentPart }
      if (part.text === undefined) {
        losses.content(path, `${part.origin} part that Responses does not know`)
        return undefined
      }
      losses.approximated(path, `${part.origin} part, kept as its text`)
      return { content: { type: 'output_text', text: part.text } }
    case 'tool-result':
    case 'tool-reference':
      losses.content(path, `${part.kind} has no place in an assistant's turn`)
      return undefined
    default:
      return part satisfies never
  }
}

function encodeText(part: TextPart, path: string, { losses }: Encoding): ResponsesContentPart {
  const { annotations, phase: _, ...own } = ownFields(part.ext)
  const cited = (part.citations ?? []).flatMap(
    (citation) => encodeAnnotation(citation, part.text.length, path, losses) ?? [],
  )
  const all = [...(Array.isArray(annotations) ? annotations : []), ...cited]
  return { type: 'output_text', text: part.text, ...own, ...(all.length > 0 && { annotations: all }) }
}

function encodeCall(part: ToolCallPart, path: string, encoding: Encoding): ResponsesItem {
  const { dialect, losses } = encoding
  if (part.seal !== undefined) losses.foreignSeal(path, 'Responses has no field for a seal on a call')
  const { namespace } = part
  if (part.search)
    return encodeSearchCall({ ...part, id: callId(part.id) }, withoutId(ownFields(part.ext), encoding))
  if (namespace !== undefined && !dialect.toolNamespaces)
    losses.approximated(path, `the tool's namespace ${namespace} is lost`)
  const common = {
    ...withoutId(ownFields(part.ext), encoding),
    call_id: callId(part.id),
    name: part.name,
    ...(namespace !== undefined && dialect.toolNamespaces && { namespace }),
  }
  if (part.custom) return { type: 'custom_tool_call', ...common, input: part.input }
  // Upstreams parse the arguments of the history: `""` would be refused.
  return { type: 'function_call', ...common, arguments: part.input.trim() === '' ? '{}' : part.input }
}

/** Sealed reasoning goes back to who sealed it; open thoughts to upstreams that ask for them. */
function encodeReasoning(
  part: ReasoningPart,
  turn: Turn,
  path: string,
  encoding: Encoding,
): ResponsesItem | undefined {
  const { dialect, losses } = encoding
  const { summary, content, ...own } = withoutId(ownFields(part.ext), encoding)
  if (part.redacted) losses.approximated(path, 'redacted reasoning, as reasoning without a summary')
  if (part.seal !== undefined && dialect.encryptedReasoning) {
    return {
      type: 'reasoning',
      ...own,
      summary: summaryOf(part.text, summary),
      ...(content !== undefined && { content }),
      encrypted_content: part.seal.value,
    }
  }
  if (part.seal !== undefined) losses.foreignSeal(path, 'this upstream takes no sealed reasoning')
  if (part.text === '') return undefined
  const { reasoningHistory: policy } = dialect
  const hasCalls = turn.parts.some((other) => other.kind === 'tool-call')
  if (policy === 'always' || (policy === 'tool-turns' && hasCalls)) {
    const thoughts = [{ type: 'reasoning_text', text: part.text }]
    return { type: 'reasoning', ...own, summary: [], content: thoughts }
  }
  losses.unsupported(path, 'this upstream takes back only reasoning that it sealed')
  return undefined
}

/** A provider's own tool: verbatim to its own protocol, in words to others, for later turns often speak of it. */
function encodeServerTool(part: ServerToolPart, path: string, { losses }: Encoding): Said | undefined {
  if (isToldByItsCall(part)) return undefined
  if (part.origin === 'responses') return { item: part.value as ResponsesItem }
  const found = part.phase === 'result' ? (part.found ?? []) : []
  if (found.length === 0) {
    losses.unsupported(path, `the ${part.phase} of ${part.name}, which ran at another provider`)
    return undefined
  }
  losses.approximated(path, `what ${part.name} found, told as text`)
  const lines = found.map(({ url, title }) => `- ${title}: ${url}`)
  return { content: { type: 'output_text', text: `[${part.name} found]\n${lines.join('\n')}\n\n` } }
}

/** Pictures that this protocol's own tool made go back; a message of the assistant holds none. */
function encodePicture(part: MediaPart, path: string, { losses }: Encoding): Said | undefined {
  const own = ownFields(part.ext)['image_generation_call']
  if (own === undefined || part.source.type !== 'base64') {
    losses.content(path, 'an assistant message carries no media')
    return undefined
  }
  return { item: { ...(own as JsonObject), type: 'image_generation_call', result: part.source.data } }
}

export function withoutId(fields: JsonObject, { ids }: Encoding): JsonObject {
  if (ids === 'send') return fields
  const { id: _, ...rest } = fields
  return rest
}
