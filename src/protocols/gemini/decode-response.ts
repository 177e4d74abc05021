import { GatewayError } from '../../errors.ts'
import { Fold } from '../../ir/fold.ts'
import { asArray, asNumber, isObject } from '../../ir/json.ts'
import type { JsonObject } from '../../ir/json.ts'
import type { ModelResponse } from '../../ir/response.ts'
import { AnswerReader } from './answer-reader.ts'
import { camelFields } from './fields.ts'

/**
 * An upstream's whole answer. Candidates after the first become `alternatives`.
 * @throws what an error in its place means, or `upstream-broken` when it is no answer.
 */
export function decodeResponse(wire: JsonObject): ModelResponse {
  const { candidates, ...rest } = camelFields(wire)
  const [first, ...others] = asArray(candidates)
    .filter(isObject)
    .toSorted((a, b) => (asNumber(a['index']) ?? 0) - (asNumber(b['index']) ?? 0))
  if (first === undefined && rest['promptFeedback'] === undefined && rest['error'] === undefined)
    throw new GatewayError('upstream-broken', 'the upstream answered without a candidate')
  const response = readCandidate(rest, first)
  if (others.length === 0) return response
  const alternatives = others.map((candidate) => {
    const { parts, finish } = readCandidate({}, candidate)
    return { parts, finish }
  })
  return { ...response, alternatives }
}

function readCandidate(wire: JsonObject, candidate: JsonObject | undefined): ModelResponse {
  const folding = new Fold()
  const reader = new AnswerReader({ write: (event) => folding.push(event), end() {} })
  reader.chunk({ ...wire, candidates: candidate === undefined ? [] : [{ ...candidate, index: 0 }] })
  reader.end()
  if (folding.error !== undefined) throw folding.error
  return folding.result()
}
