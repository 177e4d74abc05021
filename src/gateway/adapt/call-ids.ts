import type { Adapt } from './adaptation.ts'
import { mapTools } from './map-tools.ts'
import { shorten } from './tool-names.ts'

/**
 * Shortens ids of tool calls that the target refuses: another model of the same conversation may have given longer
 * ones. The short id depends on the long one alone, so that calls and results keep matching, turn after turn. Nothing
 * needs undoing: an answer has ids of its own.
 */
export function fitCallIds(limit: number): Adapt {
  const fit = (id: string) => (id.length <= limit ? id : shorten(id, limit))
  return (request) => {
    const isLong = request.turns.some((turn) =>
      turn.parts.some((part) => part.kind === 'tool-call' && part.id.length > limit),
    )
    if (!isLong) return { request }
    return {
      request: mapTools(request, {
        call: (call) => ({ ...call, id: fit(call.id) }),
        result: (result) => ({ ...result, callId: fit(result.callId) }),
      }),
    }
  }
}
