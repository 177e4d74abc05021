import { GatewayError } from '../errors.ts'
import { estimatePrompt } from './estimate-prompt.ts'
import type { Exchange } from './exchange.ts'
import type { Target } from './target.ts'

/**
 * The same error, with the numbers that an upstream left out when it refused a prompt as too long: the prompt's
 * estimated size, the model's known window. Clients compute from them how much of a conversation to drop.
 */
export function withOverflowNumbers(error: GatewayError, exchange: Exchange, target: Target): GatewayError {
  const { code, message, status, retry, details, cause } = error
  const limit = details.limit ?? target.profile.contextWindow
  if (code !== 'context-overflow' || limit === undefined) return error
  if (details.tokens !== undefined && details.limit !== undefined) return error
  const tokens = Math.max(details.tokens ?? estimated(exchange, target), limit + 1)
  return new GatewayError(code, message, { status, retry, cause, details: { ...details, tokens, limit } })
}

/** A request that only its upstream can read has no size here. */
function estimated(exchange: Exchange, target: Target): number {
  try {
    return estimatePrompt(exchange, target)
  } catch {
    return 0
  }
}
