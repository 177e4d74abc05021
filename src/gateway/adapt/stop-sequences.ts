import { cutAtStop } from '../../stream/stop-cut.ts'
import type { Adapt } from './adaptation.ts'

/**
 * Enforces stop sequences that the target does not take: reasoning models know none, OpenAI's others four.
 * `onCut` is called when the answer was cut and the rest is of no use.
 */
export function enforceStops(maxStops: number, onCut: () => void): Adapt {
  return (request, losses) => {
    const { stop, ...rest } = request
    if (stop === undefined || stop.length <= maxStops) return { request }
    losses.approximated('stop', 'the upstream takes fewer stop sequences; Dragoman cuts the answer itself')
    const sent = stop.slice(0, maxStops)
    return {
      request: sent.length > 0 ? { ...rest, stop: sent } : rest,
      restore: cutAtStop(stop, onCut),
    }
  }
}
