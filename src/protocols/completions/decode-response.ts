import { GatewayError } from '../../errors.ts'
import { asArray, asNumber, asString, compact, isObject } from '../../ir/json.ts'
import type { JsonObject } from '../../ir/json.ts'
import type { Part } from '../../ir/part.ts'
import type { Finish, ModelResponse } from '../../ir/response.ts'
import { decodeFailure } from '../upstream-failure.ts'
import { keepUnknown } from './extensions.ts'
import { decodeFinish } from './finish.ts'
import { decodeUsage } from './usage.ts'

/**
 * An upstream's whole answer. Choices after the first become `alternatives`.
 * @throws what an error in its place means, or `upstream-broken` when it is no answer.
 */
export function decodeResponse(wire: JsonObject): ModelResponse {
  const { id, object: _, created, model, choices, usage, error, ...rest } = wire
  if (error !== undefined && error !== null)
    throw decodeFailure({ status: 200, headers: {}, body: JSON.stringify(wire) })
  const [first, ...others] = asArray(choices)
    .filter(isObject)
    .toSorted((a, b) => (asNumber(a['index']) ?? 0) - (asNumber(b['index']) ?? 0))
    .map(decodeChoice)
  if (first === undefined) throw new GatewayError('upstream-broken', 'the upstream answered without a choice')
  return {
    id: asString(id) ?? '',
    model: asString(model) ?? '',
    ...first,
    ...compact({ created: asNumber(created), usage: decodeUsage(usage) }),
    ...(others.length > 0 && { alternatives: others }),
    ...keepUnknown(rest),
  }
}

function decodeChoice(choice: JsonObject): { readonly parts: readonly Part[]; readonly finish: Finish } {
  const text = asString(choice['text']) ?? ''
  return {
    parts: text === '' ? [] : [{ kind: 'text', text }],
    finish: decodeFinish(asString(choice['finish_reason']), choice['stop_reason']),
  }
}
