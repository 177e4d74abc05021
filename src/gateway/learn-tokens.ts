import { estimateTokens } from '../models/estimate.ts'
import { tokenRatesOf } from '../models/token-rates.ts'
import { totalInput } from '../ir/usage.ts'
import type { Exchange } from './exchange.ts'

/** Longer requests are not read again for this. Bytes. */
const LONGEST_BODY = 2 * 1024 * 1024

/** True when there is to be learnt from this request; the next ones of its model are then let be for a while. */
export function isLesson({ call, deps, target }: Exchange): boolean {
  if (target === undefined || call.body.length > LONGEST_BODY) return false
  return deps.tokenFactors.isDue(target.name, deps.clock.now())
}

/**
 * Learns from an answer's usage how this model counts, for the estimates to come. Seldom, and in a turn of its own, after
 * the client has had its answer. Nothing is learnt from a request that was released.
 */
export function learnTokens(exchange: Exchange): void {
  const { deps, target, usage } = exchange
  if (target === undefined || usage === undefined || exchange.isReleased) return
  const counted = totalInput({ ...usage, uncached: usage.uncached ?? 0 })
  if (usage.estimated === true || counted === 0) return
  if (!exchange.isLesson && !isLesson(exchange)) return
  deps.clock.setTimeout(() => {
    try {
      if (!isWholePrompt(exchange)) return
      const estimated = estimateTokens(exchange.request, tokenRatesOf(target.model, target.profile.family))
      deps.tokenFactors.learn(target.name, estimated, counted)
    } catch {
      // A request that only the upstream can read teaches nothing.
    }
  }, 0)
}

/** The model read what the client sent, no more and no less: no pages that it searched for, no history kept elsewhere. */
function isWholePrompt({ request }: Exchange): boolean {
  const { state, tools } = request
  const held = state?.previousResponseId !== undefined || (state?.conversation ?? null) !== null
  return !held && tools.every((tool) => tool.kind === 'function' || tool.kind === 'custom')
}
