import type { ProtocolId } from '../ir/part.ts'

const KINDS = ['requests', 'tokens', 'input-tokens', 'output-tokens'] as const
/** Resets are not translated: see below. */
const FIELDS = ['limit', 'remaining'] as const
const PAIRS = KINDS.flatMap((kind) =>
  FIELDS.map((field) => ({
    anthropic: `anthropic-ratelimit-${kind}-${field}`,
    openai: `x-ratelimit-${field}-${kind}`,
  })),
)

/**
 * Adds an upstream's rate-limit headers as it sent them, and again in the client's family: Anthropic's
 * `anthropic-ratelimit-<kind>-<field>` with reset times, OpenAI's `x-ratelimit-<field>-<kind>` with durations. Counts of
 * zero or less are Azure's way of saying "unknown" and are left out of the translation. Reset times are
 * passed only within their own family: the other would need a clock that agrees with the upstream's.
 */
export function addRateLimits(
  headers: Record<string, string>,
  client: ProtocolId,
  upstream: Readonly<Record<string, string>>,
): void {
  let found = false
  for (const name in upstream) {
    if (!name.startsWith('anthropic-ratelimit-') && !name.startsWith('x-ratelimit-')) continue
    headers[name] = upstream[name] ?? ''
    found = true
  }
  if (!found) return
  for (const { anthropic, openai } of PAIRS) {
    const [wanted, other] = client === 'messages' ? [anthropic, openai] : [openai, anthropic]
    const value = upstream[other]
    if (value !== undefined && upstream[wanted] === undefined && Number(value) > 0) headers[wanted] = value
  }
}
