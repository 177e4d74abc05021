import { GatewayError } from '../errors.ts'

/** What a provider can say about the ways in which it fails. A hint is a sentence or two without a key in it. */
export type Hints = {
  /** 404: the model or deployment, or the path. */
  readonly notFound: (model: string, error: GatewayError) => string
  /** 401 and 403. */
  readonly refused: (status: number, error: GatewayError) => string
  /** The API is there but does not serve this model. */
  readonly unsupported?: (model: string) => string
  /** Nobody answers at the address. */
  readonly unreachable?: string
}

/** Codes for "this model is not to be had on this API": Foundry for Claude, Azure for models without Chat. */
const UNSUPPORTED = /^(?:api_not_supported|OperationNotSupported|unsupported_api_for_model)$/i
const NOT_FOUND = /^(?:DeploymentNotFound|model_not_found|ModelNotFound)$/i

/** The same error with what this provider's owner can do about it; unchanged when nothing is known. */
export function explain(error: GatewayError, model: string, hints: Hints): GatewayError {
  const hint = hintFor(error, model, hints)
  if (hint === undefined) return error
  return new GatewayError(error.code, `${error.message.replace(/[\s.]+$/, '')}. ${hint}`, {
    status: error.status,
    retry: error.retry,
    details: error.details,
    cause: error.cause,
  })
}

function hintFor(error: GatewayError, model: string, hints: Hints): string | undefined {
  const { upstream, upstreamCode = '' } = error.details
  if (error.code === 'content-filtered') return filterHint(error)
  if (UNSUPPORTED.test(upstreamCode)) return hints.unsupported?.(model)
  if (error.code === 'not-found' || NOT_FOUND.test(upstreamCode)) return hints.notFound(model, error)
  // Only what the upstream refused: a missing key or a client's own is explained where it is noticed.
  if (upstream !== undefined && (upstream.status === 401 || upstream.status === 403)) {
    return hints.refused(upstream.status, error)
  }
  if (error.code === 'upstream-failed' && upstream === undefined) return hints.unreachable
  return undefined
}

function filterHint(error: GatewayError): string {
  const categories = error.details.categories ?? []
  return categories.length === 0
    ? "The provider's content filter stopped this and did not say in which category"
    : `The provider's content filter stopped this: ${categories.join(', ')}`
}

/** Where the key of a provider came from and went, for "refused" hints. */
export function keyHint(name: string, apiKey: string | undefined, header: string, host: string): string {
  if (apiKey === 'client') return `The key is the client's own, sent to ${host} as ${header}`
  const sent = apiKey === undefined ? `no key was sent to ${host}` : `it was sent to ${host} as ${header}`
  return `Check providers.${name}.apiKey: ${sent}`
}
