import { Losses } from '../../ir/dropped.ts'
import { asArray, asObject } from '../../ir/json.ts'
import type { JsonObject } from '../../ir/json.ts'
import type { Usage } from '../../ir/usage.ts'
import { Breakpoints } from '../openai/cache-hint.ts'
import type { ReplyContext } from '../protocol.ts'
import { responsesDialect } from './dialect.ts'
import { encodeTurns } from './encode-items.ts'
import { encodeOutput } from './encode-output.ts'
import { encodeTools } from './encode-tools.ts'
import { ownFields } from './extensions.ts'
import { encodeUsage } from './usage.ts'
import type { ResponsesItem, ResponsesStatus } from './wire.ts'

/** What changes of a response while it is written. */
export type ResponseState = {
  readonly status: ResponsesStatus
  readonly output: readonly ResponsesItem[]
  readonly error?: JsonObject
  readonly incompleteReason?: string
  readonly usage?: Usage
  /** Fields of a Responses upstream that the IR does not model. */
  readonly extra?: JsonObject
}

/**
 * The response object around an answer, at any stage of it: every field that the official SDK declares, the request's
 * settings said again.
 */
export function responseObject(context: ReplyContext): (state: ResponseState) => JsonObject {
  const echo = echoOf(context)
  const {
    request: { model, serviceTier },
    id,
    created,
  } = context
  return ({ status, output, error, incompleteReason, usage, extra }) => ({
    id: `resp_${id}`,
    object: 'response',
    created_at: created,
    status,
    error: error ?? null,
    incomplete_details: incompleteReason === undefined ? null : { reason: incompleteReason },
    model,
    output,
    ...echo,
    service_tier: usage?.serviceTier ?? serviceTier ?? 'default',
    usage: usage === undefined ? null : encodeUsage(usage),
    ...extra,
  })
}

/** The request's settings as the client would read them at OpenAI. Nothing is lost here: the client has them. */
function echoOf({ request }: ReplyContext): JsonObject {
  const losses = new Losses()
  const own = ownFields(request.ext)
  const { instructions } = encodeTurns(
    { turns: request.turns.filter((turn) => turn.role === 'system').slice(0, 1), history: 'upstream' },
    { dialect: responsesDialect, losses, breakpoints: new Breakpoints(false), ids: 'omit' },
  )
  const { tools, tool_choice } = encodeTools(request, responsesDialect, losses)
  const { text } = encodeOutput(request, responsesDialect, losses).fields
  const { reasoning, state, cache } = request
  return {
    background: false,
    instructions: instructions ?? null,
    max_output_tokens: request.maxOutputTokens ?? null,
    max_tool_calls: own['max_tool_calls'] ?? null,
    metadata: request.metadata ?? {},
    parallel_tool_calls: request.parallelToolCalls ?? true,
    previous_response_id: state?.previousResponseId ?? null,
    prompt_cache_key: cache?.key ?? null,
    prompt_cache_retention: cache?.retention ?? null,
    reasoning: {
      effort: reasoning?.effort ?? null,
      summary: reasoning?.display ?? null,
      ...ownFields(reasoning?.ext),
    },
    safety_identifier: request.user ?? null,
    // Nothing can be fetched by its id, whatever was asked; what is remembered for a next turn is soon forgotten.
    store: false,
    temperature: request.temperature ?? 1,
    text: { format: { type: 'text' }, ...asObject(text) },
    tool_choice: tool_choice ?? 'auto',
    tools: asArray(tools),
    top_logprobs: request.logprobs?.top ?? 0,
    top_p: request.topP ?? 1,
    truncation: own['truncation'] ?? 'disabled',
    user: own['user'] ?? null,
  }
}

/** True when the client asked for reasoning as the secret that it is to send back. */
export function wantsSeals({ request }: ReplyContext): boolean {
  return asArray(ownFields(request.ext)['include']).includes('reasoning.encrypted_content')
}
