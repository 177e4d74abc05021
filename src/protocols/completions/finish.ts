import type { Losses } from '../../ir/dropped.ts'
import { asString, compact } from '../../ir/json.ts'
import type { Finish, FinishReason } from '../../ir/response.ts'
import type { CompletionFinishReason } from './wire.ts'

/** Why a completion ended. vLLM names the stop string that matched. */
export function decodeFinish(raw: string | undefined, matched: unknown): Finish {
  if (raw === 'length') return { reason: 'length', raw }
  if (raw === 'content_filter') return { reason: 'filtered', raw }
  const stop = asString(matched)
  return { reason: stop === undefined ? 'stop' : 'stop-sequence', ...compact({ raw, stop }) }
}

const WORD_OF: Readonly<Record<FinishReason, CompletionFinishReason>> = {
  stop: 'stop',
  'stop-sequence': 'stop',
  'tool-calls': 'stop',
  length: 'length',
  'context-window': 'length',
  filtered: 'content_filter',
  refusal: 'content_filter',
  pause: 'stop',
  compaction: 'stop',
}

const EXACT: ReadonlySet<FinishReason> = new Set(['stop', 'stop-sequence', 'length', 'filtered'])

/** The finish reason for a client. A refusal that `spoke` is an answer; one without words is a filter that cut in. */
export function encodeFinish({ reason }: Finish, spoke: boolean, losses: Losses): CompletionFinishReason {
  const word = reason === 'refusal' && spoke ? 'stop' : WORD_OF[reason]
  if (!EXACT.has(reason)) losses.approximated('finish_reason', `${reason} as ${word}`)
  return word
}
