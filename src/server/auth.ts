import { hash, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { isLoopbackAddress } from './loopback.ts'
import type { ClientKey } from './options.ts'
import { Refusal } from './refusal.ts'

/** What a client shows to be let in. */
export type Visitor = {
  readonly headers: IncomingHttpHeaders
  readonly query: string
  readonly remoteAddress: string | undefined
}

export interface Auth {
  /**
   * Lets a visitor in and returns the credential to forward where a provider is set to use the client's own:
   * of several, the one that is not a key of this gateway. Throws a 401.
   */
  admit(visitor: Visitor): string | undefined
}

/** Checks clients against `keys`; with none, whoever calls from this machine may pass. */
export function createAuth(keys: readonly ClientKey[]): Auth {
  const digests = keys.map(({ key }) => digest(key))

  // Digests have one length whatever was presented, and every key is compared: the time tells nothing.
  const known = (credential: string): boolean => {
    const presented = digest(credential)
    let found = false
    for (const expected of digests) if (timingSafeEqual(presented, expected)) found = true
    return found
  }

  return {
    admit({ headers, query, remoteAddress }) {
      const presented = credentialsIn(headers, query)
      if (keys.length === 0) {
        if (remoteAddress !== undefined && isLoopbackAddress(remoteAddress)) return presented[0]
        throw unauthenticated('This gateway has no keys and serves only its own machine; set auth.keys')
      }
      if (presented.length === 0) {
        throw unauthenticated(
          'No key was sent: send one of the keys of this gateway as "Authorization: Bearer", "x-api-key" or "api-key"',
        )
      }
      const foreign = presented.filter((credential) => !known(credential))
      if (foreign.length === presented.length) {
        throw unauthenticated('The key that was sent is none of the keys of this gateway')
      }
      return foreign[0] ?? presented[0]
    },
  }
}

/** Every credential in a request, without repetitions, the most usual place first. */
function credentialsIn(headers: IncomingHttpHeaders, query: string): readonly string[] {
  const found = [
    bearer(headers.authorization),
    headers['x-api-key'],
    headers['api-key'],
    headers['x-goog-api-key'],
    query.includes('key=') ? (new URLSearchParams(query).get('key') ?? undefined) : undefined,
  ]
  const texts = found.filter((value) => typeof value === 'string').map((value) => value.trim())
  return [...new Set(texts.filter((text) => text !== ''))]
}

/** The token of a Bearer header. A bare token is taken too; other schemes carry no key. */
function bearer(header: string | undefined): string | undefined {
  const [scheme = '', token] = header?.trim().split(/\s+/, 2) ?? []
  if (token === undefined) return scheme
  return scheme.toLowerCase() === 'bearer' ? token : undefined
}

function digest(text: string): Buffer {
  return hash('sha256', text, 'buffer')
}

/** Clients would retry a plain 401 for minutes: `x-should-retry` tells them that it is final. */
function unauthenticated(message: string): Refusal {
  return new Refusal('unauthenticated', message, {
    headers: { 'x-should-retry': 'false', 'www-authenticate': 'Bearer realm="dragoman"' },
  })
}
