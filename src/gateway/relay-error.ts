import { GatewayError } from '../errors.ts'
import { isObject, parseJson, type JsonObject } from '../ir/json.ts'
import type { ClientProtocol } from './call.ts'
import type { Lane } from './lane.ts'
import type { Target } from './target.ts'

/** An error as its upstream sent it. */
export type RelayedError = {
  readonly status: number
  /** What of the upstream's headers belongs to the error itself. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/**
 * An upstream's own answer to a failed passthrough, to be sent on as it is: clients match wordings of their vendor.
 * Undefined where it would mislead: credentials that are the gateway's and not the client's, a web page or another
 * vendor's envelope, an overflow in words that the client does not know.
 */
export function relayedError(
  { code, details }: GatewayError,
  client: ClientProtocol,
  lane: Lane | undefined,
): RelayedError | undefined {
  const { upstream } = details
  if (lane !== 'passthrough' || upstream === undefined || upstream.status < 400) return undefined
  if (code === 'upstream-auth') return undefined
  const wire = parseJson(upstream.body)
  if (!isObject(wire) || !isEnvelope(wire, client)) return undefined
  const isOverflow = code === 'context-overflow' || code === 'output-overflow'
  if (isOverflow && !OVERFLOW_WORDS[client].test(upstream.body)) return undefined
  const kept = Object.entries(upstream.headers).filter(([name]) => OWN_HEADERS.has(name))
  return { status: upstream.status, headers: Object.fromEntries(kept), body: upstream.body }
}

const OWN_HEADERS = new Set(['content-type', 'x-should-retry', 'retry-after', 'retry-after-ms'])

/** What makes a client of this protocol shorten its conversation. */
const OPENAI_OVERFLOW = /context_length_exceeded/
const OVERFLOW_WORDS: Readonly<Record<ClientProtocol, RegExp>> = {
  messages: /prompt is too long|exceed context limit/i,
  chat: OPENAI_OVERFLOW,
  responses: OPENAI_OVERFLOW,
  completions: OPENAI_OVERFLOW,
}

function isEnvelope({ type, error }: JsonObject, client: ClientProtocol): boolean {
  return (
    isObject(error) && typeof error['message'] === 'string' && (client !== 'messages' || type === 'error')
  )
}

/** With `apiKey: client` a refused key is the client's: it hears so, and not that the gateway is set up wrongly. */
export function blameClient(error: GatewayError, { provider }: Pick<Target, 'provider'>): GatewayError {
  const status = error.details.upstream?.status
  if (error.code !== 'upstream-auth' || provider.forwardsClientKey !== true) return error
  return new GatewayError(status === 403 ? 'forbidden' : 'unauthenticated', error.message, {
    details: error.details,
    cause: error.cause,
  })
}
