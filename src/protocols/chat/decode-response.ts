import { GatewayError } from '../../errors.ts'
import { Fold } from '../../ir/fold.ts'
import { asArray, asNumber, asObject, isObject } from '../../ir/json.ts'
import type { JsonObject } from '../../ir/json.ts'
import type { ModelResponse } from '../../ir/response.ts'
import { AnswerReader } from './answer-reader.ts'

/**
 * An upstream's whole answer. Choices after the first become `alternatives`.
 * @throws `upstream-broken` when it is no answer, or what its error means when it is an error with status 200.
 */
export function decodeResponse(wire: JsonObject): ModelResponse {
  const [first, ...others] = asArray(wire['choices'])
    .filter(isObject)
    .toSorted((a, b) => (asNumber(a['index']) ?? 0) - (asNumber(b['index']) ?? 0))
  const response = readChoice(wire, first)
  if (others.length === 0) return response
  const alternatives = others.map((choice) => {
    const { parts, finish } = readChoice({}, choice)
    return { parts, finish }
  })
  return { ...response, alternatives }
}

function readChoice(wire: JsonObject, choice: JsonObject | undefined): ModelResponse {
  const folding = new Fold()
  const reader = new AnswerReader({ write: (event) => folding.push(event), end() {} })
  reader.chunk({ ...wire, choices: choice === undefined ? [] : [asChunk(choice)] })
  if (choice === undefined)
    reader.fail(new GatewayError('upstream-broken', 'the upstream answered without a choice'))
  reader.done()
  if (folding.error !== undefined) throw folding.error
  return folding.result()
}

/** A choice as the one delta that says all of it. */
function asChunk(choice: JsonObject): JsonObject {
  const { message, ...rest } = choice
  const delta = asObject(message)
  const calls = asArray(delta['tool_calls']).map((call, index) => ({ ...asObject(call), index }))
  return { ...rest, index: 0, delta: calls.length > 0 ? { ...delta, tool_calls: calls } : delta }
}
