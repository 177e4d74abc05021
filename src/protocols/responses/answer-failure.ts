import { GatewayError } from '../../errors.ts'
import { asObject, asString } from '../../ir/json.ts'
import type { JsonObject } from '../../ir/json.ts'
import { decodeFailure } from '../upstream-failure.ts'

/** Codes of failed answers that do not say by themselves which status they deserve. */
const STATUS_OF: Readonly<Record<string, number>> = {
  server_is_overloaded: 503,
  slow_down: 503,
  vector_store_timeout: 504,
  data_residency_mismatch: 400,
}

/** What an `error` event, flat or nested, or the `error` of a failed answer means. */
export function decodeAnswerFailure(wire: JsonObject): GatewayError {
  const error = asObject(wire['error'] ?? asObject(wire['response'])['error'] ?? wire)
  const code = asString(error['code']) ?? ''
  // `bio_policy`, `misalignment_policy_violation`, `image_content_policy_violation`.
  if (code.includes('policy'))
    return new GatewayError('content-filtered', asString(error['message']) ?? code, {
      details: { upstreamCode: code, categories: [code] },
    })
  const status = STATUS_OF[code] ?? (/^(?:invalid|empty|unsupported)_|image/.test(code) ? 400 : 200)
  const body = JSON.stringify(Object.keys(error).length > 0 ? { error } : wire)
  return decodeFailure({ status, headers: {}, body })
}
