import { invalidRequest } from '../../errors.ts'
import type { GatewayError } from '../../errors.ts'
import { Losses } from '../../ir/dropped.ts'
import type { Encoded } from '../../ir/dropped.ts'
import { asArray, compact } from '../../ir/json.ts'
import type { JsonObject } from '../../ir/json.ts'
import type { ModelRequest, Turn } from '../../ir/request.ts'
import { Breakpoints } from '../openai/cache-hint.ts'
import { encodeCache } from '../openai/encode-cache.ts'
import type { ResponsesDialect } from './dialect.ts'
import { encodeTurns } from './encode-items.ts'
import { encodeOutput } from './encode-output.ts'
import { encodeParameters, wantsLogprobs } from './encode-parameters.ts'
import { encodeReasoningConfig } from './encode-reasoning.ts'
import { encodeTools, searchesTheWeb } from './encode-tools.ts'
import { ownFields, reportForeign } from './extensions.ts'

/**
 * A request for an upstream that speaks Responses. Nothing is stored there unless the client asks for it: the whole
 * history goes along, reasoning as the secret that only the upstream can read.
 * @throws `invalid-request` for what would be answered wrongly without: files that cannot go along, foreign state.
 */
export function encodeRequest(request: ModelRequest, dialect: ResponsesDialect): Encoded<JsonObject> {
  const losses = new Losses()
  reportForeign('', request.ext, losses)
  const state = encodeState(request, dialect, losses)
  const output = encodeOutput(request, dialect, losses)
  const reasoning = encodeReasoningConfig(request.reasoning, dialect, losses)
  const held = 'previous_response_id' in state || 'conversation' in state
  const { instructions, input } = encodeTurns(
    {
      turns: withInstruction(request.turns, output.instruction),
      history: held ? 'upstream' : 'complete',
    },
    {
      dialect,
      losses,
      breakpoints: new Breakpoints(dialect.cacheBreakpoints),
      ids: state['store'] === true ? 'send' : 'omit',
    },
  )
  const { include: own, tool_choice: _, text: __, ...fields } = ownFields(request.ext)
  if (input.length === 0 && !held && !('prompt' in state))
    throw invalidRequest('input: nothing in it can be sent to this upstream', 'input')
  const parameters = encodeParameters(request, reasoning?.['effort'], dialect, losses)
  const include = [
    ...new Set([
      ...asArray(own),
      ...(wantsSeals(state, dialect) ? ['reasoning.encrypted_content'] : []),
      ...(wantsLogprobs(request, reasoning?.['effort'], dialect) ? ['message.output_text.logprobs'] : []),
      ...(searchesTheWeb(request, dialect) ? ['web_search_call.action.sources'] : []),
    ]),
  ]
  const body = {
    model: request.model,
    ...fields,
    ...compact({ instructions }),
    input,
    ...encodeTools(request, dialect, losses),
    ...parameters,
    ...compact({ reasoning }),
    ...output.fields,
    ...(include.length > 0 && { include }),
    ...encodeCache(request, dialect, losses),
    ...state,
    ...(request.stream && { stream: true }),
  }
  return { body: withoutRefused(body, dialect, losses), dropped: losses.list }
}

/** What the upstream is to keep, and what it is to remember. Left out, `store` would mean true. */
function encodeState({ state }: ModelRequest, dialect: ResponsesDialect, losses: Losses): JsonObject {
  const { store, previousResponseId, conversation, prompt } = state ?? {}
  if (!dialect.storedConversations) {
    if (previousResponseId !== undefined) throw unknownState('previous_response_id', previousResponseId)
    if (conversation !== undefined) throw unknownState('conversation', 'of the client')
    if (prompt !== undefined)
      throw invalidRequest('prompt: this upstream keeps no prompt templates', 'prompt')
    if (store === true) losses.unsupported('store', 'this upstream keeps no answers')
    return { store: false }
  }
  return {
    store: store === true,
    ...compact({ previous_response_id: previousResponseId, conversation, prompt }),
  }
}

function unknownState(field: string, value: string): GatewayError {
  return invalidRequest(
    `${field}: ${value} is not known: this upstream keeps no conversations; send the whole history`,
    field,
  )
}

/** Where nothing is stored, reasoning that does not come along sealed is lost after each turn. */
function wantsSeals(state: JsonObject, dialect: ResponsesDialect): boolean {
  return dialect.efforts.length > 0 && dialect.encryptedReasoning && state['store'] !== true
}

/** An instruction stands after the leading system turns: the same place every turn, so that prompt caches hold. */
function withInstruction(turns: readonly Turn[], instruction: string | undefined): readonly Turn[] {
  if (instruction === undefined) return turns
  const first = turns.findIndex((turn) => turn.role !== 'system')
  const at = first < 0 ? turns.length : first
  return [
    ...turns.slice(0, at),
    { role: 'system', parts: [{ kind: 'text', text: instruction }] },
    ...turns.slice(at),
  ]
}

function withoutRefused(body: JsonObject, dialect: ResponsesDialect, losses: Losses): JsonObject {
  const refused = dialect.refusedFields.filter((field) => field in body)
  if (refused.length === 0) return body
  for (const field of refused) losses.unsupported(field, 'this upstream refuses it')
  return Object.fromEntries(Object.entries(body).filter(([field]) => !refused.includes(field)))
}
