import { asArray, asObject, asString, compact } from '../../ir/json.ts'
import type { JsonObject } from '../../ir/json.ts'
import type { Finish, FinishReason } from '../../ir/response.ts'
import { filterDetail, filterVerdicts, firedCategories } from '../content-filter.ts'

/** What was in an answer, which says more about why it ended than its status. */
export type Seen = { readonly calls: boolean; readonly refusal: boolean }

const REASONS: Readonly<Record<string, FinishReason>> = {
  max_output_tokens: 'length',
  content_filter: 'filtered',
}

/** Why an answer ended that did not fail. */
export function decodeFinish(response: JsonObject, seen: Seen): Finish {
  const { status, incomplete_details } = response
  if (status === 'incomplete') {
    const raw = asString(asObject(incomplete_details)['reason'])
    const reason = REASONS[raw ?? ''] ?? naturalReason(seen)
    return {
      reason,
      ...compact({ raw }),
      ...(reason === 'filtered' && filterDetail(firedIn(response['content_filters']))),
    }
  }
  return { reason: naturalReason(seen), ...compact({ raw: asString(status) }) }
}

/** Azure's filters, one for the prompt and one for every stretch of the answer that was looked at. */
function firedIn(filters: unknown): readonly string[] {
  return asArray(filters).flatMap((filter) => firedCategories(asObject(filter)['content_filter_results']))
}

/** The same for a client, of an answer that was cut off. */
export function encodeFilters(finish: Finish): JsonObject {
  const verdicts = filterVerdicts(finish)
  if (verdicts.content_filter_results === undefined) return {}
  return { content_filters: [{ blocked: true, source_type: 'completion', ...verdicts }] }
}

function naturalReason({ calls, refusal }: Seen): FinishReason {
  if (calls) return 'tool-calls'
  return refusal ? 'refusal' : 'stop'
}

/** How an answer ended, as a client of this protocol reads it. */
export type Ending = {
  readonly status: 'completed' | 'incomplete'
  readonly reason?: 'max_output_tokens' | 'content_filter'
}

export function encodeFinish(finish: Finish, seen: Seen): Ending {
  switch (finish.reason) {
    case 'length':
    case 'context-window':
      return { status: 'incomplete', reason: 'max_output_tokens' }
    case 'filtered':
      return { status: 'incomplete', reason: 'content_filter' }
    case 'refusal':
      // A refusal in words is an answer; one by the provider's classifier is a filter that cut in.
      return seen.refusal ? { status: 'completed' } : { status: 'incomplete', reason: 'content_filter' }
    case 'stop':
    case 'stop-sequence':
    case 'tool-calls':
    case 'pause':
    case 'compaction':
      return { status: 'completed' }
    default:
      return finish.reason satisfies never
  }
}
