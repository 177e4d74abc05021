import { GatewayError } from '../../errors.ts'
import type { ProviderCall } from '../provider.ts'

/** What of a call its credentials depend on. */
export type CredentialCall = Pick<ProviderCall, 'protocol' | 'clientKey'>

/** How a request is authorised: headers now, or after fetching a token. */
export type Credentials = {
  /** @throws GatewayError when there is nothing to authorise with */
  headers(call: CredentialCall): Promise<Readonly<Record<string, string>>>
  /** Fetches fresh credentials after a refusal: true when one retry is worth it. */
  refresh?(): Promise<boolean>
}

/** Headers that carry a key. Some upstreams look into one or the other depending on their front door. */
export type KeyHeader = 'authorization' | 'api-key' | 'x-api-key' | 'x-goog-api-key'

export type KeyOptions = {
  /** The provider's name in the config, for messages. */
  readonly name: string
  /** `client`: the client's own key; absent: none. */
  readonly apiKey: string | undefined
  readonly headers: (call: CredentialCall) => readonly KeyHeader[]
  /** What to do without a key: local servers want none, others would answer 401 in less clear words. */
  readonly missing: 'refuse' | 'send-none'
  /** The config's own headers, which may hold the credential instead. */
  readonly custom: Readonly<Record<string, string>>
}

/** Authorises with the configured key, or with the one that the client presented. */
export function keyCredentials(options: KeyOptions): Credentials {
  const custom = new Set(Object.keys(options.custom).map((name) => name.toLowerCase()))
  return {
    async headers(call) {
      const wanted = options.headers(call)
      const key = options.apiKey === 'client' ? clientKey(options.name, call) : options.apiKey
      if (key !== undefined && key !== '') return keyHeaders(key, wanted)
      if (options.missing === 'send-none' || custom.has('authorization')) return {}
      if (wanted.some((name) => custom.has(name))) return {}
      throw new GatewayError(
        'upstream-auth',
        `The provider '${options.name}' has no key: set providers.${options.name}.apiKey`,
      )
    },
  }
}

function clientKey(name: string, call: CredentialCall): string {
  if (call.clientKey !== undefined && call.clientKey !== '') return call.clientKey
  throw new GatewayError(
    'unauthenticated',
    `The provider '${name}' uses the client's own key, and this request brought none`,
  )
}

/** Subscription tokens of Anthropic's own clients are no API keys: they are taken as Bearer only. */
const ANTHROPIC_OAUTH_TOKEN = /^sk-ant-oat/

function keyHeaders(key: string, names: readonly KeyHeader[]): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const name of names) {
    if (name === 'authorization' || (name === 'x-api-key' && ANTHROPIC_OAUTH_TOKEN.test(key))) {
      headers['authorization'] = `Bearer ${key}`
    } else headers[name] = key
  }
  return headers
}
