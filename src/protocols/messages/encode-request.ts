import { Losses } from '../../ir/dropped.ts'
import type { Encoded } from '../../ir/dropped.ts'
import { asArray, asObject } from '../../ir/json.ts'
import type { JsonObject } from '../../ir/json.ts'
import type { ModelRequest } from '../../ir/request.ts'
import { encodeCache, hasMarks, limitMarks } from './cache.ts'
import { encodeConversation } from './conversation.ts'
import type { MessagesDialect } from './dialect.ts'
import { encodeTools } from './encode-tools.ts'
import { reportForeign } from './extensions.ts'
import { encodeJsonOutput } from './json-output.ts'
import {
  encodeMetadata,
  encodeSampling,
  encodeStops,
  encodeTier,
  maxTokens,
  reportUnsupported,
} from './settings.ts'
import { encodeThinking } from './thinking.ts'

/**
 * A request for an upstream that speaks Messages. The same request always gives the same bytes, and a longer
 * history extends the shorter one: prompt caches and Claude's bound thinking depend on it.
 * @throws `invalid-request` for what must not be left out silently: media the API does not take, another vendor's
 * file ids, several answers, server-held state.
 */
export function encodeRequest(request: ModelRequest, dialect: MessagesDialect): Encoded<JsonObject> {
  const losses = new Losses()
  const ownRequest = request.ext?.messages !== undefined
  reportUnsupported(request, losses)
  reportForeign('', request.ext, losses)
  const { system, messages } = encodeConversation(request.turns, { dialect, losses, ownRequest })
  const wanted = encodeTools(request, dialect, losses)
  const { tools, format, instruction } = encodeJsonOutput(request, wanted, dialect, losses)
  const tokens = maxTokens(request, dialect, losses)
  const { thinking, effort } = encodeThinking(request.reasoning, {
    dialect,
    losses,
    maxTokens: tokens,
    ownRequest,
    forcedTool: tools.forced,
    unthinkingCalls: callsWithoutThinking(messages),
  })
  const thinks = thinking !== undefined && thinking['type'] !== 'disabled'
  const { output_config, metadata: _, ...own } = request.ext?.messages ?? {}
  const output = {
    ...(effort !== undefined && { effort }),
    ...(format !== undefined && { format }),
    ...asObject(output_config),
  }
  const head = {
    model: request.model,
    max_tokens: tokens,
    ...(tools.tools.length > 0 && { tools: tools.tools }),
    ...(tools.choice !== undefined && { tool_choice: tools.choice }),
    ...withSystem(instruction === undefined ? system : [...system, instruction]),
  }
  const body: JsonObject = {
    ...head,
    messages: ownRequest ? messages : limitMarks(head, messages, losses),
    ...(request.stream && { stream: true }),
    ...(thinking !== undefined && { thinking }),
    ...(Object.keys(output).length > 0 && { output_config: output }),
    ...encodeSampling(request, dialect, thinks, losses),
    ...encodeStops(request, dialect, losses),
    ...encodeMetadata(request),
    ...encodeTier(request, dialect, losses),
    ...encodeCache(request.cache?.automatic),
    ...own,
  }
  const marked = dialect.automaticCache && !ownRequest && !hasMarks(body)
  return {
    body: withoutRefused(marked ? { ...body, ...encodeCache({}) } : body, dialect, losses),
    dropped: losses.list,
  }
}

const withSystem = (system: readonly JsonObject[]): JsonObject => (system.length === 0 ? {} : { system })

/** True when the calls that the last user message answers were made without thinking first. */
export function callsWithoutThinking(messages: readonly JsonObject[]): boolean {
  const last = messages.findLast(({ role }) => role === 'assistant')
  const types = asArray(last?.['content']).map((block) => asObject(block)['type'])
  return types.includes('tool_use') && types[0] !== 'thinking' && types[0] !== 'redacted_thinking'
}

/** The body without the fields that this upstream is known to refuse. */
export function withoutRefused(
  body: JsonObject,
  { refusedFields }: MessagesDialect,
  losses: Losses,
): JsonObject {
  const refused = refusedFields.filter((field) => body[field] !== undefined)
  if (refused.length === 0) return body
  for (const field of refused) losses.unsupported(field, 'this upstream refuses it')
  return Object.fromEntries(Object.entries(body).filter(([field]) => !refused.includes(field)))
}
