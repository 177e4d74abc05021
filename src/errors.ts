/**
 * What went wrong, independent of any protocol. `protocols/X/errors.ts` turns these into wire bodies and wire
 * bodies into these.
 */
export type ErrorCode =
  | 'invalid-request' // malformed, or something the target cannot do
  | 'context-overflow' // the prompt is longer than the model's context window
  | 'output-overflow' // prompt and max_tokens together exceed the window
  | 'content-filtered' // refused by the provider's content filter before an answer
  | 'unauthenticated' // the client's credentials
  | 'forbidden'
  | 'billing'
  | 'not-found'
  | 'method-not-allowed'
  | 'conflict'
  | 'too-large'
  | 'rate-limited'
  | 'overloaded'
  | 'upstream-auth' // the gateway's own credentials were refused upstream
  | 'upstream-failed' // 5xx, unreachable, or not an answer at all
  | 'upstream-broken' // the answer broke off, or lied
  | 'timeout'
  | 'not-supported' // a route or capability that no configured provider has
  | 'client-closed' // the client went away: nobody reads the answer
  | 'internal'

/** What is known about an error beyond its message. */
export type ErrorDetails = {
  /** The request field that is at fault. */
  readonly param?: string
  /** The upstream's own code or type, e.g. `context_length_exceeded`, `DeploymentNotFound`. */
  readonly upstreamCode?: string
  /** Prompt size and limit in tokens, where the upstream told or the gateway estimated. */
  readonly tokens?: number
  readonly limit?: number
  /** The requested output budget in an `output-overflow`. */
  readonly maxTokens?: number
  /** Content-filter categories that fired, e.g. `jailbreak`, `violence`. */
  readonly categories?: readonly string[]
  /** How long to wait, in milliseconds. */
  readonly retryAfterMs?: number
  /** The upstream's answer, for passthrough of error bodies. Never holds our credentials. */
  readonly upstream?: {
    readonly status: number
    readonly headers: Readonly<Record<string, string>>
    readonly body: string
  }
}

/** The HTTP status that fits a code when nothing better is known. */
export const STATUS_OF: Readonly<Record<ErrorCode, number>> = {
  'invalid-request': 400,
  'context-overflow': 400,
  'output-overflow': 400,
  'content-filtered': 400,
  unauthenticated: 401,
  forbidden: 403,
  billing: 402,
  'not-found': 404,
  'method-not-allowed': 405,
  conflict: 409,
  'too-large': 413,
  'rate-limited': 429,
  overloaded: 529,
  'upstream-auth': 502,
  'upstream-failed': 502,
  'upstream-broken': 502,
  timeout: 504,
  'not-supported': 501,
  'client-closed': 499,
  internal: 500,
}

/**
 * The one error of the gateway.
 *
 * `retry` says whether another attempt, here or at the next target, may succeed: `never` for what the client
 * must change, `same` for passing trouble, `next` for what only another target can cure.
 */
export class GatewayError extends Error {
  readonly code: ErrorCode
  readonly status: number
  readonly retry: 'never' | 'same' | 'next'
  readonly details: ErrorDetails

  constructor(
    code: ErrorCode,
    message: string,
    options: {
      status?: number
      retry?: 'never' | 'same' | 'next'
      details?: ErrorDetails
      cause?: unknown
    } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'GatewayError'
    this.code = code
    this.status = options.status ?? STATUS_OF[code]
    this.retry = options.retry ?? RETRY_OF[code] ?? 'never'
    this.details = options.details ?? {}
  }
}

const RETRY_OF: Readonly<Partial<Record<ErrorCode, 'same' | 'next'>>> = {
  'rate-limited': 'same',
  overloaded: 'same',
  'upstream-failed': 'same',
  'upstream-broken': 'same',
  timeout: 'next',
  'upstream-auth': 'next',
  'not-found': 'next',
  billing: 'next',
}

/** Any thrown value as a GatewayError; what we did not foresee becomes `internal` and keeps its cause. */
export function toGatewayError(thrown: unknown): GatewayError {
  if (thrown instanceof GatewayError) return thrown
  return new GatewayError('internal', 'Dragoman failed to handle this request; its log has the reason', {
    cause: thrown,
  })
}

/** A request that cannot be served as written. `param` names the field. */
export function invalidRequest(message: string, param?: string): GatewayError {
  return new GatewayError('invalid-request', message, param === undefined ? {} : { details: { param } })
}

/** The end of a request that nobody waits for any more. */
export function clientGone(): GatewayError {
  return new GatewayError('client-closed', 'The client went away')
}
