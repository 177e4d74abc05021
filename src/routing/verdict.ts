import type { GatewayError } from '../errors.ts'

/**
 * What a failure says about the target:
 *
 * - `limited`: it is there, and asks to be left alone for a while
 * - `failed`: it does not do its work
 * - `unreachable`: its host does not answer, whatever the model
 * - `answered`: it works; the request or the configuration is at fault
 * - `nothing`: it was not asked, or the client left before it could answer
 */
export type Verdict = 'limited' | 'failed' | 'unreachable' | 'answered' | 'nothing'

/** Codes of Node and undici for connections that did not come about. */
const NO_CONNECTION =
  /^(?:ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|ETIMEDOUT|UND_ERR_CONNECT_TIMEOUT|UND_ERR_PRX_TLS|EPROTO|CERT_.*|ERR_(?:SSL|TLS)_.*)$/

/** Reads a failure for what it says about the target. */
export function verdictOf(error: GatewayError): Verdict {
  switch (error.code) {
    case 'rate-limited':
    case 'overloaded':
      return 'limited'
    case 'upstream-failed':
    case 'timeout':
      return error.details.upstream === undefined && neverConnected(error) ? 'unreachable' : 'failed'
    case 'upstream-broken':
      return 'failed'
    case 'client-closed':
    case 'internal':
      return 'nothing'
    case 'invalid-request':
    case 'context-overflow':
    case 'output-overflow':
    case 'content-filtered':
    case 'unauthenticated':
    case 'forbidden':
    case 'billing':
    case 'not-found':
    case 'method-not-allowed':
    case 'conflict':
    case 'too-large':
    case 'upstream-auth':
    case 'not-supported':
      return error.details.upstream === undefined ? 'nothing' : 'answered'
    default:
      error.code satisfies never
      return 'nothing'
  }
}

function neverConnected(error: Error): boolean {
  for (let at: unknown = error.cause, depth = 0; at instanceof Error && depth < 4; at = at.cause, depth++) {
    if ('code' in at && typeof at.code === 'string' && NO_CONNECTION.test(at.code)) return true
  }
  return false
}
