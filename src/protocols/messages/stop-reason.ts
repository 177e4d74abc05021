import { asString, compact, isObject } from '../../ir/json.ts'
import type { JsonObject } from '../../ir/json.ts'
import type { Finish, FinishReason } from '../../ir/response.ts'

const REASON_OF: Readonly<Record<string, FinishReason>> = {
  end_turn: 'stop',
  stop_sequence: 'stop-sequence',
  tool_use: 'tool-calls',
  max_tokens: 'length',
  model_context_window_exceeded: 'context-window',
  refusal: 'refusal',
  pause_turn: 'pause',
  compaction: 'compaction',
}

const WORD_OF: Readonly<Record<FinishReason, string>> = {
  stop: 'end_turn',
  'stop-sequence': 'stop_sequence',
  'tool-calls': 'tool_use',
  length: 'max_tokens',
  'context-window': 'model_context_window_exceeded',
  refusal: 'refusal',
  filtered: 'refusal',
  pause: 'pause_turn',
  compaction: 'compaction',
}

/** What the answer held, for the rule that it stopped for tools if and only if it called one. */
export type Emitted = { readonly toolCalls: boolean; readonly refusal: boolean }

/** Why an upstream stopped, from the fields of a message or a `message_delta`. */
export function decodeFinish(wire: JsonObject, emitted: Emitted): Finish {
  const raw = asString(wire['stop_reason'])
  const details = wire['stop_details']
  const reason = (raw === undefined ? undefined : REASON_OF[raw]) ?? 'stop'
  return {
    reason: settle(reason, emitted),
    ...compact({ raw, stop: asString(wire['stop_sequence']) }),
    ...(isObject(details) && { detail: decodeDetail(details) }),
  }
}

function decodeDetail(details: JsonObject): NonNullable<Finish['detail']> {
  const { type: _, category, explanation, ...rest } = details
  return {
    ...compact({ category: asString(category), explanation: asString(explanation) }),
    ...(Object.keys(rest).length > 0 && { ext: rest }),
  }
}

/** The stop fields of a message or a `message_delta`. */
export function encodeFinish(finish: Finish, emitted: Emitted): JsonObject {
  const reason = settle(finish.reason, emitted)
  return {
    stop_reason: WORD_OF[reason],
    stop_sequence: reason === 'stop-sequence' ? (finish.stop ?? null) : null,
    ...((reason === 'refusal' || reason === 'filtered') && {
      stop_details: {
        type: 'refusal',
        category: finish.detail?.category ?? null,
        explanation: finish.detail?.explanation ?? null,
      },
    }),
  }
}

/** True when the answer was cut at a limit, within its last part perhaps. */
export function isTruncation({ reason }: Finish): boolean {
  return reason === 'length' || reason === 'context-window'
}

/** Clients loop on `tool_use`; whatever the upstream claimed, the content decides. */
function settle(reason: FinishReason, { toolCalls, refusal }: Emitted): FinishReason {
  if (reason === 'tool-calls' && !toolCalls) return refusal ? 'refusal' : 'stop'
  if (reason === 'stop' || reason === 'stop-sequence') {
    if (toolCalls) return 'tool-calls'
    if (refusal) return 'refusal'
  }
  return reason
}
