import type { JsonObject } from '../../ir/json.ts'
import type { Finish, FinishReason } from '../../ir/response.ts'
import { filterDetail, firedCategories } from '../content-filter.ts'
import type { ChatFinishReason } from './wire.ts'

const REASONS: Readonly<Record<string, FinishReason>> = {
  stop: 'stop',
  length: 'length',
  tool_calls: 'tool-calls',
  function_call: 'tool-calls',
  content_filter: 'filtered',
}

/** Words that some servers put where a finish reason belongs when the answer failed. */
const FAILURES = new Set(['error', 'abort', 'insufficient_system_resource'])

export function isFailure(raw: string): boolean {
  return FAILURES.has(raw)
}

/**
 * Why an answer ended, from what its choice says and from what was in it: many servers say `stop` beside tool
 * calls, and some say `tool_calls` without one.
 */
export function decodeFinish(
  raw: string | undefined,
  choice: JsonObject,
  seen: { readonly calls: boolean; readonly refusal: boolean },
): Finish {
  const said = REASONS[raw ?? ''] ?? 'stop'
  const reason = actualReason(said, seen)
  const stop = reason === 'stop' ? matchedStop(choice['stop_reason']) : undefined
  return {
    reason: stop === undefined ? reason : 'stop-sequence',
    ...(raw !== undefined && { raw }),
    ...(stop !== undefined && { stop }),
    ...(reason === 'filtered' && filterDetail(firedCategories(choice['content_filter_results']))),
  }
}

function actualReason(
  said: FinishReason,
  seen: { readonly calls: boolean; readonly refusal: boolean },
): FinishReason {
  if (said === 'length' || said === 'filtered') return said
  if (seen.calls) return 'tool-calls'
  return seen.refusal ? 'refusal' : 'stop'
}

/** vLLM names the stop string that matched; other servers repeat their finish reason here. */
function matchedStop(reason: unknown): string | undefined {
  if (typeof reason !== 'string' || /^(?:stop|length|eos|end_turn|max_tokens|completed?)?$/i.test(reason))
    return undefined
  return reason
}

/** What a client needs to know of an answer besides its finish. */
export type Said = {
  readonly calls: boolean
  /** A refusal in the model's own words. */
  readonly refusal: boolean
  /** Every call's arguments are JSON. */
  readonly complete: boolean
  readonly legacy: boolean
}

/** The finish reason for a client: `tool_calls` if and only if a call that can be executed was sent. */
export function encodeFinish(finish: Finish, said: Said): ChatFinishReason {
  switch (finish.reason) {
    case 'length':
    case 'context-window':
      return 'length'
    case 'filtered':
      return 'content_filter'
    case 'refusal':
      // A refusal in words is an answer; one by the provider's classifier is a filter that cut in.
      if (!said.refusal) return 'content_filter'
      break
    case 'stop':
    case 'stop-sequence':
    case 'tool-calls':
    case 'pause':
    case 'compaction':
      break
    default:
      finish.reason satisfies never
  }
  if (!said.calls) return 'stop'
  // A call whose arguments break off was cut, whatever the upstream says: clients execute what `tool_calls` names.
  if (!said.complete) return 'length'
  return said.legacy ? 'function_call' : 'tool_calls'
}
