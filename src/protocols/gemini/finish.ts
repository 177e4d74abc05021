import { asArray, asObject, asString, compact } from '../../ir/json.ts'
import type { JsonObject } from '../../ir/json.ts'
import type { Losses } from '../../ir/dropped.ts'
import type { Finish, FinishReason } from '../../ir/response.ts'

const FILTERED = new Set([
  'SAFETY',
  'RECITATION',
  'BLOCKLIST',
  'PROHIBITED_CONTENT',
  'SPII',
  'MODEL_ARMOR',
  'IMAGE_SAFETY',
  'IMAGE_PROHIBITED_CONTENT',
  'IMAGE_RECITATION',
  'IMAGE_OTHER',
])

/** The model wrote something that is no answer: the same request may well succeed. */
const FAILURES = new Set([
  'MALFORMED_FUNCTION_CALL',
  'UNEXPECTED_TOOL_CALL',
  'TOO_MANY_TOOL_CALLS',
  'MALFORMED_RESPONSE',
  'MISSING_THOUGHT_SIGNATURE',
])

/** True for a finish reason that says the answer failed. */
export function isFailure(raw: string): boolean {
  return FAILURES.has(raw)
}

/**
 * Why an answer ended. `STOP` stands for tool calls too: the content decides. Google continues an answer on request after
 * `CONTINUATION`; to a client it is one that was cut.
 */
export function decodeFinish(candidate: JsonObject, calls: boolean): Finish {
  const raw = asString(candidate['finishReason'])
  if (raw !== undefined && FILTERED.has(raw)) return filtered(raw, candidate)
  const cut = raw === 'MAX_TOKENS' || raw === 'CONTINUATION'
  return { reason: cut ? 'length' : calls ? 'tool-calls' : 'stop', ...compact({ raw }) }
}

function filtered(raw: string, { finishMessage, safetyRatings }: JsonObject): Finish {
  const blocked = asArray(safetyRatings)
    .map(asObject)
    .filter(({ blocked: isBlocked }) => isBlocked === true)
    .flatMap(({ category }) => asString(category) ?? [])
  return {
    reason: 'filtered',
    raw,
    detail: {
      category: [raw, ...blocked].map(neutral).join(', '),
      ...compact({ explanation: asString(finishMessage) }),
    },
  }
}

/** `HARM_CATEGORY_HATE_SPEECH` as `hate_speech`. */
const neutral = (word: string): string => word.replace(/^HARM_CATEGORY_/, '').toLowerCase()

/** A prompt that was refused before an answer; undefined when it was not. */
export function decodeBlock(feedback: unknown): Finish | undefined {
  const { blockReason, blockReasonMessage, safetyRatings } = asObject(feedback)
  const raw = asString(blockReason)
  return raw === undefined ? undefined : filtered(raw, { finishMessage: blockReasonMessage, safetyRatings })
}

const WORD_OF: Readonly<Record<FinishReason, string>> = {
  stop: 'STOP',
  'stop-sequence': 'STOP',
  'tool-calls': 'STOP',
  length: 'MAX_TOKENS',
  'context-window': 'MAX_TOKENS',
  filtered: 'SAFETY',
  refusal: 'SAFETY',
  pause: 'STOP',
  compaction: 'STOP',
}

const EXACT: ReadonlySet<FinishReason> = new Set(['stop', 'tool-calls', 'length', 'filtered'])

/** The finish reason for a client; its own word when the answer came from this protocol. */
export function encodeFinish({ reason, raw }: Finish, losses: Losses): string {
  if (!EXACT.has(reason)) losses.approximated('finishReason', `${reason} as ${WORD_OF[reason]}`)
  return reason === 'filtered' && raw !== undefined && FILTERED.has(raw) ? raw : WORD_OF[reason]
}
