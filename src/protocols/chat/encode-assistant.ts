import { compact } from '../../ir/json.ts'
import type { JsonObject } from '../../ir/json.ts'
import type { Part, ReasoningPart, ServerToolPart, ToolCallPart } from '../../ir/part.ts'
import type { Turn } from '../../ir/request.ts'
import { isEnvelope } from '../../ir/seal.ts'
import { collapse, encodePart } from './encode-content.ts'
import type { Encoding } from './encode-content.ts'
import { reportForeign } from './extensions.ts'
import { encodeDetail, openDetails } from './reasoning-details.ts'
import type { ChatContentPart, ChatMessage, ChatToolCall } from './wire.ts'

/**
 * An assistant turn as one message: its words joined, its calls last, as the protocol wants it. None where all it held runs
 * at other providers only.
 */
export function encodeAssistant(turn: Turn, path: string, encoding: Encoding): readonly ChatMessage[] {
  const { losses } = encoding
  const content: ChatContentPart[] = []
  const calls: ChatToolCall[] = []
  const reasoning: ReasoningPart[] = []
  const refusals: string[] = []
  for (const [index, part] of turn.parts.entries()) {
    const at = `${path}.content[${index}]`
    if (part.kind === 'reasoning') reasoning.push(part)
    else if (part.kind === 'tool-call') calls.push(encodeCall(part, at, encoding))
    else if (part.kind === 'server-tool') content.push(...tellServerTool(part, at, encoding))
    else if (part.kind === 'refusal' && calls.length > 0) refusals.push(part.text)
    else if (part.kind === 'media') losses.content(at, 'an assistant message carries no media')
    else {
      if (isText(part) && calls.length > 0) losses.approximated(at, 'text after a tool call, moved before it')
      content.push(...encodePart(part, at, encoding))
    }
  }
  reportForeign(path, turn.ext, losses)
  if (turn.phase !== undefined) losses.unsupported(`${path}.phase`)
  const said = collapse(content, '')
  const rest = {
    ...encodeReasoning(reasoning, turn, path, calls.length > 0, encoding),
    ...(calls.length > 0 && { tool_calls: calls }),
    ...(refusals.length > 0 && { refusal: refusals.join('') }),
    ...turn.ext?.chat,
  }
  const lostAll = content.length === 0 && turn.parts.some((part) => part.kind !== 'text')
  if (lostAll && Object.keys(rest).length === 0) return []
  return [
    {
      role: 'assistant',
      content: calls.length > 0 && said.length === 0 ? null : said,
      ...compact({ name: turn.name }),
      ...rest,
    },
  ]
}

const isText = (part: Part): boolean => part.kind === 'text' && part.text.trim() !== ''

function encodeCall(part: ToolCallPart, path: string, { losses }: Encoding): ChatToolCall {
  reportForeign(path, part.ext, losses)
  if (part.namespace !== undefined)
    losses.approximated(path, `the tool's namespace ${part.namespace} is lost`)
  const common = {
    ...part.ext?.chat,
    id: part.id,
    ...(part.seal !== undefined && { extra_content: { google: { thought_signature: part.seal.value } } }),
  }
  if (part.custom) return { ...common, type: 'custom', custom: { name: part.name, input: part.input } }
  // Servers parse the arguments of the history: `""` would be refused by some.
  const input = part.input.trim() === '' ? '{}' : part.input
  return { ...common, type: 'function', function: { name: part.name, arguments: input } }
}

/**
 * Reasoning of the history in whatever form this upstream takes back: the details it sealed itself, then its readable
 * field. OpenAI takes none.
 */
function encodeReasoning(
  parts: readonly ReasoningPart[],
  turn: Turn,
  path: string,
  hasCalls: boolean,
  { dialect, losses }: Encoding,
): JsonObject {
  const { reasoningHistory: policy, reasoningField: field } = dialect
  const wanted = policy === 'always' || (policy === 'tool-turns' && hasCalls)
  const readable = parts.map((part) => part.text).join('')
  if (wanted && parts.filter((part) => part.text !== '').length > 1)
    losses.approximated(`${path}.reasoning`, 'several thoughts, joined to one')
  const text = wanted && (readable !== '' || policy === 'tool-turns') ? { [field]: readable } : {}
  // The client's own details go back verbatim with the other unknown fields of its message.
  if (turn.ext?.chat?.['reasoning_details'] !== undefined) return text

  const details: JsonObject[] = []
  for (const [index, part] of parts.entries()) {
    const at = `${path}.reasoning[${index}]`
    reportForeign(at, part.ext, losses)
    const own = isEnvelope(part.seal?.value ?? '') ? ownDetails(part, index) : openDetails(part)
    if (own !== undefined) details.push(...own)
    else if (part.seal !== undefined) losses.foreignSeal(at, 'Chat Completions has no field for it')
    else if (!wanted && part.text !== '') losses.unsupported(at, 'Chat Completions takes no reasoning back')
  }
  return { ...text, ...(details.length > 0 && { reasoning_details: details }) }
}

/** An envelope inside ours: an upstream Dragoman's, which gets it back as it gave it. */
function ownDetails(part: ReasoningPart, index: number): readonly JsonObject[] {
  const detail = encodeDetail(part, index)
  return detail === undefined ? [] : [detail]
}

/** What a provider's own tool did, in words: later turns often speak of it. */
function tellServerTool(part: ServerToolPart, path: string, { losses }: Encoding): ChatContentPart[] {
  const found = part.phase === 'result' ? (part.found ?? []) : []
  if (found.length === 0) {
    losses.unsupported(path, `the ${part.phase} of ${part.name}, which ran at another provider`)
    return []
  }
  losses.approximated(path, `what ${part.name} found, told as text`)
  const lines = found.map(({ url, title }) => `- ${title}: ${url}`)
  return [{ type: 'text', text: `[${part.name} found]\n${lines.join('\n')}\n\n` }]
}
