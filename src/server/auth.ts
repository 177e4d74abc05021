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
  const expected = keys.map(({ key }) => padded(key))
  const presented = Buffer.alloc(WIDTH)

  // One length whatever was presented, and every key is compared: the time tells nothing.
  const known = (credential: string): boolean => {
    fill(presented, credential)
    let found = false
    for (const key of expected) if (timingSafeEqual(presented, key)) found = true
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
  const texts: string[] = []
  const add = (value: unknown): void => {
    if (typeof value !== 'string') return
    const text = value.trim()
    if (text !== '' && !texts.includes(text)) texts.push(text)
  }
  add(bearer(headers.authorization))
  for (const name of KEY_HEADERS) add(headers[name])
  if (query.includes('key=')) add(new URLSearchParams(query).get('key'))
  return texts
}

const KEY_HEADERS = ['x-api-key', 'api-key', 'x-goog-api-key'] as const

/** The token of a Bearer header. A bare token is taken too; other schemes carry no key. */
function bearer(header: string | undefined): string | undefined {
  const [scheme = '', token] = header?.trim().split(/\s+/, 2) ?? []
  if (token === undefined) return scheme
  return scheme.toLowerCase() === 'bearer' ? token : undefined
}

/** Bytes in which credentials are compared. Longer ones, such as tokens with claims, stand there as a digest. */
const WIDTH = 256

function padded(credential: string): Buffer {
  const bytes = Buffer.alloc(WIDTH)
  fill(bytes, credential)
  return bytes
}

/** Writes a credential, its length and zeros: equal bytes mean equal credentials. */
function fill(bytes: Buffer, credential: string): void {
  const length = Buffer.byteLength(credential)
  const short = length <= WIDTH - 4
  bytes.fill(0)
  bytes.write(short ? credential : hash('sha256', credential), 0, WIDTH - 4)
  bytes.writeUInt32LE(length, WIDTH - 4)
}

/** Clients would retry a plain 401 for minutes: `x-should-retry` tells them that it is final. */
function unauthenticated(message: string): Refusal {
  return new Refusal('unauthenticated', message, {
    headers: { 'x-should-retry': 'false', 'www-authenticate': 'Bearer realm="dragoman"' },
  })
}
