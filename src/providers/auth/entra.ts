import { GatewayError } from '../../errors.ts'
import type { AzureCloud } from '../endpoint.ts'
import type { Credentials } from './key.ts'
import { signInError } from './sign-in-error.ts'

/** A token and when it ends, in milliseconds since 1970. */
export type AccessToken = { readonly token: string; readonly expiresOnTimestamp: number }

/** What `@azure/identity` and everything compatible with it offers. */
export type TokenCredential = { getToken(scope: string): Promise<AccessToken | null> }

/** Makes a credential for a cloud. Called again when a token was refused, so that nothing old is cached. */
export type CredentialSource = (cloud: AzureCloud) => Promise<TokenCredential>

/** Tokens are renewed this long before they end, so that none ends on its way. Milliseconds. */
const MARGIN = 5 * 60_000
/** A refused token is replaced at most this often: a missing role is not cured by new tokens. Milliseconds. */
const LEAST_AGE = 30_000

/** Where the sign-in of each cloud lives; learn.microsoft.com, "National clouds". */
const AUTHORITIES: Readonly<Record<Exclude<AzureCloud, 'public'>, string>> = {
  us: 'https://login.microsoftonline.us',
  china: 'https://login.chinacloudapi.cn',
}

/**
 * The scope to ask a token for. The v1 API and Claude take the Foundry scope, dated paths the older one; in
 * sovereign clouds only the older one is documented.
 */
export function entraScope(cloud: AzureCloud, api: 'v1' | 'dated'): string {
  switch (cloud) {
    case 'public':
      return api === 'v1' ? 'https://ai.azure.com/.default' : 'https://cognitiveservices.azure.com/.default'
    case 'us':
      return 'https://cognitiveservices.azure.us/.default'
    case 'china':
      return 'https://cognitiveservices.azure.cn/.default'
    default:
      throw new Error(`no such cloud: ${cloud satisfies never}`)
  }
}

export type EntraOptions = {
  readonly name: string
  readonly scope: string
  readonly cloud: AzureCloud
  readonly credential: CredentialSource
  /** Milliseconds since 1970. */
  readonly now: () => number
}

/**
 * Authorises with a token of Entra ID. A token serves until five minutes before its end; requests that come while
 * one is being fetched share it.
 */
export function entraCredentials(options: EntraOptions): Credentials {
  const { now } = options
  let credential: TokenCredential | undefined
  let held: (AccessToken & { readonly fetchedAt: number }) | undefined
  let fetching: Promise<string> | undefined
  let replacedAt = -Infinity

  async function fetchToken(): Promise<string> {
    try {
      credential ??= await options.credential(options.cloud)
      const token = await credential.getToken(options.scope)
      if (token === null) throw new Error('no credential of the chain could sign in')
      held = { ...token, fetchedAt: now() }
      return token.token
    } catch (cause) {
      throw signInError(options.name, cause)
    }
  }

  function token(): Promise<string> {
    if (held !== undefined && now() < held.expiresOnTimestamp - MARGIN) return Promise.resolve(held.token)
    fetching ??= fetchToken().finally(() => {
      fetching = undefined
    })
    return fetching
  }

  return {
    async headers() {
      return { authorization: `Bearer ${await token()}` }
    },
    async refresh() {
      // Another request was refused just before and has replaced the token already.
      if (fetching === undefined && now() - replacedAt < LEAST_AGE) return true
      const refused = held
      if (fetching === undefined) {
        held = undefined
        credential = undefined
      }
      try {
        const fresh = await token()
        replacedAt = now()
        return fresh !== refused?.token
      } catch {
        return false
      }
    },
  }
}

type IdentityModule = {
  readonly DefaultAzureCredential: new (options: { readonly authorityHost?: string }) => TokenCredential
}

/**
 * The chain of `@azure/identity`: environment, workload and managed identity, Azure CLI and its like. The package is
 * large and few need it, so it is installed by those who do and loaded when first asked for.
 *
 * @throws GatewayError with the install command when it is absent
 */
export async function defaultCredential(
  cloud: AzureCloud,
  load: () => Promise<unknown> = loadIdentity,
): Promise<TokenCredential> {
  const { DefaultAzureCredential } = (await load().catch((cause: unknown) => {
    throw new GatewayError(
      'upstream-auth',
      "'auth: entra' needs the package @azure/identity, which is not installed: npm install @azure/identity",
      { cause },
    )
  })) as IdentityModule
  // In the public cloud the package's own default stands, which AZURE_AUTHORITY_HOST may change.
  return new DefaultAzureCredential(cloud === 'public' ? {} : { authorityHost: AUTHORITIES[cloud] })
}

function loadIdentity(): Promise<unknown> {
  // Not a literal: the package is optional and the compiler must not look for it.
  const name: string = '@azure/identity'
  return import(name)
}
