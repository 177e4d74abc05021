import type { CommonDialect } from '../../protocols/protocol.ts'
import { cutAtStop } from '../../stream/stop-cut.ts'
import type { Adapt } from './adaptation.ts'

/**
 * Enforces stop sequences that the target does not take: reasoning models know none, OpenAI's others four, Claude none
 * of white space alone. `onCut` is called when the answer was cut and the rest is of no use.
 */
export function enforceStops(
  { maxStops, blankStops = true }: Pick<CommonDialect, 'maxStops' | 'blankStops'>,
  onCut: () => void,
): Adapt {
  return (request, losses) => {
    const { stop, ...rest } = request
    if (stop === undefined) return { request }
    const sent = stop.filter((sequence) => blankStops || sequence.trim() !== '').slice(0, maxStops)
    if (sent.length === stop.length) return { request }
    losses.approximated('stop', 'the upstream takes fewer stop sequences; Dragoman cuts the answer itself')
    return {
      request: sent.length > 0 ? { ...rest, stop: sent } : rest,
      restore: cutAtStop(stop, onCut),
    }
  }
}
