import type { JsonObject } from '../../ir/json.ts'
import type { Finish } from '../script.ts'

const SAFE = { filtered: false, severity: 'safe' }
const CATEGORIES = { hate: SAFE, self_harm: SAFE, sexual: SAFE, violence: SAFE }
/** Azure's verdicts on the prompt: always safe. */
export const promptFilterResults = [
  {
    prompt_index: 0,
    content_filter_results: { ...CATEGORIES, jailbreak: { filtered: false, detected: false } },
  },
]

/** Azure's verdicts on an answer. */
export function filterResults(finish: Finish, otherwise: JsonObject = CATEGORIES): JsonObject {
  if (finish !== 'content-filter') return otherwise
  return { ...CATEGORIES, violence: { filtered: true, severity: 'high' } }
}

/** Verdicts come with the text they judge; the last chunk says what was filtered. */
export function chunkFilter(delta: JsonObject, end: Finish | null): JsonObject {
  if (end !== null) return filterResults(end, {})
  return typeof delta.content === 'string' && delta.content !== '' ? CATEGORIES : {}
}
