import { asNumber, type JsonObject } from '../../ir/json.ts'
import type { Adapt } from './adaptation.ts'

/** Raises a wish for less output than the config allows; no wish stays none. Tokens. */
export function raiseOutput(least: number | undefined): Adapt {
  return (request) => {
    const wish = request.maxOutputTokens
    return {
      request:
        least === undefined || wish === undefined || wish >= least
          ? request
          : { ...request, maxOutputTokens: least },
    }
  }
}

/** Where the protocols keep that wish. */
const FIELDS = ['max_tokens', 'max_completion_tokens', 'max_output_tokens']

/** The same in a wire body, for requests that are passed through; the body itself when there is nothing to raise. */
export function withRaisedOutput(wire: JsonObject, least: number | undefined): JsonObject {
  if (least === undefined) return wire
  const low = FIELDS.filter((field) => (asNumber(wire[field]) ?? least) < least)
  return low.length === 0 ? wire : { ...wire, ...Object.fromEntries(low.map((field) => [field, least])) }
}
