import { asObject, asString } from '../../ir/json.ts'
import type { CredentialSource } from '../../providers/auth/entra.ts'

/** What listing touches of the outside world. */
export type ListDeps = {
  readonly fetch: typeof fetch
  /** Signs in to Entra ID. */
  readonly credential?: CredentialSource
}

/** A model or deployment that an upstream says it has. */
export type UpstreamModel = {
  readonly name: string
  /** The model behind a deployment. */
  readonly model?: string
}

const PATIENCE_MS = 10_000

/**
 * The JSON at an address.
 *
 * @throws Error with the status and the upstream's words
 */
export async function getJson(
  url: string,
  headers: Readonly<Record<string, string>>,
  deps: ListDeps,
): Promise<unknown> {
  const response = await deps.fetch(url, {
    headers,
    redirect: 'error',
    signal: AbortSignal.timeout(PATIENCE_MS),
  })
  const body: unknown = await response.json().catch(() => undefined)
  if (response.ok) return body
  const message = asString(asObject(asObject(body).error).message)
  throw new Error(
    `${new URL(url).host} answered ${response.status}${message === undefined ? '' : `: ${message}`}`,
  )
}
