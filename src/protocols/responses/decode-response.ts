import { Fold } from '../../ir/fold.ts'
import type { JsonObject } from '../../ir/json.ts'
import type { ModelResponse } from '../../ir/response.ts'
import { AnswerReader } from './answer-reader.ts'

/**
 * An upstream's whole answer.
 * @throws `upstream-broken` when it is none, or is none yet; what its error means when it failed.
 */
export function decodeResponse(wire: JsonObject): ModelResponse {
  const folding = new Fold()
  const reader = new AnswerReader({ write: (event) => folding.push(event), end() {} })
  if (Array.isArray(wire['output']) || wire['error']) reader.event('response.completed', { response: wire })
  reader.end()
  if (folding.error !== undefined) throw folding.error
  return folding.result()
}
