import type { ProtocolId } from '../ir/part.ts'

const KINDS = ['requests', 'tokens', 'input-tokens', 'output-tokens'] as const
const FIELDS = ['limit', 'remaining', 'reset'] as const

/**
 * An upstream's rate-limit headers as it sent them, and again in the client's family: Anthropic's
 * `anthropic-ratelimit-<kind>-<field>` with reset times, OpenAI's `x-ratelimit-<field>-<kind>` with durations. Counts of
 * zero or less are Azure's way of saying "unknown" and are left out of the translation. Reset times are
 * passed only within their own family: the other would need a clock that agrees with the upstream's.
 */
export function rateLimitHeaders(
  client: ProtocolId,
  upstream: Readonly<Record<string, string>>,
): Record<string, string> {
  const out: Record<string, string> = {}
  for (const [name, value] of Object.entries(upstream)) {
    if (name.startsWith('anthropic-ratelimit-') || name.startsWith('x-ratelimit-')) out[name] = value
  }
  for (const kind of KINDS) {
    for (const field of FIELDS) {
      const anthropic = `anthropic-ratelimit-${kind}-${field}`
      const openai = `x-ratelimit-${field}-${kind}`
      const [wanted, other] = client === 'messages' ? [anthropic, openai] : [openai, anthropic]
      const value = upstream[other]
      if (field === 'reset' || value === undefined || out[wanted] !== undefined || !(Number(value) > 0))
        continue
      out[wanted] = value
    }
  }
  return out
}
