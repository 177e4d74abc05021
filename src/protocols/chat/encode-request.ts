import { invalidRequest } from '../../errors.ts'
import { Losses } from '../../ir/dropped.ts'
import type { Encoded } from '../../ir/dropped.ts'
import { asObject } from '../../ir/json.ts'
import type { JsonObject } from '../../ir/json.ts'
import type { ModelRequest, Turn } from '../../ir/request.ts'
import { Breakpoints } from '../openai/cache-hint.ts'
import { encodeCache } from '../openai/encode-cache.ts'
import type { ChatDialect } from './dialect.ts'
import { encodeMessages } from './encode-messages.ts'
import { encodeOutput } from './encode-output.ts'
import { encodeParameters } from './encode-parameters.ts'
import { encodeReasoningConfig } from './encode-reasoning.ts'
import { encodeTools } from './encode-tools.ts'
import { reportForeign } from './extensions.ts'

/**
 * A request for an upstream that speaks Chat Completions.
 * @throws `invalid-request` for what would be answered wrongly without: files that cannot go along, server-held state.
 */
export function encodeRequest(request: ModelRequest, dialect: ChatDialect): Encoded<JsonObject> {
  const losses = new Losses()
  refuseState(request)
  reportForeign('', request.ext, losses)
  const output = encodeOutput(request.output, dialect, losses)
  const reasoning = encodeReasoningConfig(request.reasoning, dialect, losses)
  const breakpoints = new Breakpoints(dialect.cacheBreakpoints)
  const turns = withInstruction(request.turns, output.instruction)
  const { stream_options: streamOptions, ...own } = request.ext?.chat ?? {}
  const messages = encodeMessages(turns, { dialect, losses, breakpoints })
  if (messages.length === 0)
    throw invalidRequest('messages: nothing in them can be sent to this upstream', 'messages')
  const body = {
    model: request.model,
    ...own,
    messages,
    ...encodeTools(request, dialect, losses),
    ...encodeParameters(request, reasoning['reasoning_effort'], dialect, losses),
    ...reasoning,
    ...output.fields,
    ...encodeCache(request, dialect, losses),
    ...(request.stream && encodeStreaming(asObject(streamOptions), dialect)),
  }
  return { body: withoutRefused(body, dialect, losses), dropped: losses.list }
}

function refuseState({ state }: ModelRequest): void {
  if (state?.previousResponseId !== undefined)
    throw invalidRequest(
      'previous_response_id: this upstream keeps no conversations; send the whole history',
      'previous_response_id',
    )
  if (state?.conversation !== undefined)
    throw invalidRequest(
      'conversation: this upstream keeps no conversations; send the whole history',
      'conversation',
    )
  if (state?.prompt !== undefined)
    throw invalidRequest('prompt: this upstream keeps no prompt templates', 'prompt')
}

/** Usage is always asked for where it can be: the gateway counts with it, whether the client wants it or not. */
function encodeStreaming(options: JsonObject, dialect: ChatDialect): JsonObject {
  const all = { ...options, ...(dialect.streamUsage && { include_usage: true }) }
  return { stream: true, ...(Object.keys(all).length > 0 && { stream_options: all }) }
}

/** An instruction stands after the leading system turns: the same place every turn, so that prompt caches hold. */
function withInstruction(turns: readonly Turn[], instruction: string | undefined): readonly Turn[] {
  if (instruction === undefined) return turns
  const first = turns.findIndex((turn) => turn.role !== 'system' && turn.role !== 'developer')
  const at = first < 0 ? turns.length : first
  return [
    ...turns.slice(0, at),
    { role: 'system', parts: [{ kind: 'text', text: instruction }] },
    ...turns.slice(at),
  ]
}

function withoutRefused(body: JsonObject, dialect: ChatDialect, losses: Losses): JsonObject {
  const refused = dialect.refusedFields.filter((field) => field in body)
  if (refused.length === 0) return body
  for (const field of refused) losses.unsupported(field, 'this upstream refuses it')
  return Object.fromEntries(Object.entries(body).filter(([field]) => !refused.includes(field)))
}
