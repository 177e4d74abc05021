import type { Adapt } from './adaptation.ts'

const ATTRIBUTION = /^x-anthropic-billing-header:[^\n]*\n*/

/**
 * Takes out the attribution line that Claude Code puts first in its system prompt. It means something to
 * Anthropic alone, and since its hash changes with every conversation it keeps any other vendor's prompt cache
 * from ever hitting.
 */
export const dropAttribution: Adapt = (request, losses) => {
  const [first, ...others] = request.turns
  const [line, ...parts] = first?.parts ?? []
  if (first?.role !== 'system' || line?.kind !== 'text' || !ATTRIBUTION.test(line.text)) return { request }
  losses.unsupported('system[0]', 'Claude Code’s attribution line means nothing to this upstream')
  const text = line.text.replace(ATTRIBUTION, '')
  const rest = text === '' ? parts : [{ ...line, text }, ...parts]
  return {
    request: { ...request, turns: [...(rest.length > 0 ? [{ ...first, parts: rest }] : []), ...others] },
  }
}
