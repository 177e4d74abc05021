import type { IncomingHttpHeaders } from 'node:http'
import { hostOf, isLoopbackHost } from './loopback.ts'
import { Refusal } from './refusal.ts'

export type Approach = {
  readonly method: string
  readonly headers: IncomingHttpHeaders
  /** The request line's own host, which outranks the header. */
  readonly authority?: string
  readonly httpVersion: string
}

/** How a request may go on. */
export type Passage = {
  /** True: answer 204 with `headers` and do nothing else. */
  readonly preflight: boolean
  /** CORS headers for the answer; none for origins that were not granted any. */
  readonly headers: Readonly<Record<string, string>>
}

export interface OriginPolicy {
  /** Throws a 400 or 403 for a request that must not reach anything. */
  admit(approach: Approach): Passage
}

const NO_HEADERS: Passage = { preflight: false, headers: {} }

/**
 * Keeps web pages away from a gateway that anybody on this machine may use. Without keys, a foreign `Host`
 * (DNS rebinding) or `Origin` is refused; with keys the key decides, and `cors` only grants reading the answer.
 */
export function createOriginPolicy(settings: {
  readonly cors: readonly string[]
  readonly access: 'keys' | 'loopback'
}): OriginPolicy {
  const listed = new Set(settings.cors.map((origin) => origin.trim().replace(/\/$/, '').toLowerCase()))
  const anyOrigin = settings.access === 'keys' && listed.has('*')
  const granted = (origin: string) => anyOrigin || listed.has(origin.toLowerCase())

  return {
    admit({ method, headers, authority, httpVersion }) {
      const host = authority ?? headers.host
      if (host === undefined && httpVersion === '1.1') {
        throw new Refusal('invalid-request', 'The request has no Host header')
      }
      if (settings.access === 'loopback' && host !== undefined && !isLoopbackHost(hostOf(host))) {
        throw new Refusal(
          'forbidden',
          'Without auth.keys this gateway answers only to localhost and 127.0.0.1; set a key to use another host name',
        )
      }
      const { origin } = headers
      if (origin === undefined) return NO_HEADERS
      const asksFirst = method === 'OPTIONS' && headers['access-control-request-method'] !== undefined
      if (granted(origin)) {
        return { preflight: asksFirst, headers: asksFirst ? preflightFor(origin, headers) : grant(origin) }
      }
      if (asksFirst || (settings.access === 'loopback' && !isLoopbackOrigin(origin))) {
        throw new Refusal('forbidden', 'This browser origin may not call the gateway; list it in server.cors')
      }
      return NO_HEADERS
    },
  }
}

function grant(origin: string): Record<string, string> {
  return {
    'access-control-allow-origin': origin,
    'access-control-expose-headers': '*',
    vary: 'Origin',
  }
}

function preflightFor(origin: string, headers: IncomingHttpHeaders): Record<string, string> {
  const asked = headers['access-control-request-headers']
  return {
    ...grant(origin),
    'access-control-allow-methods': 'GET, HEAD, POST, DELETE',
    // Echoed, because a wildcard does not cover Authorization.
    ...(asked !== undefined && { 'access-control-allow-headers': asked }),
    ...(headers['access-control-request-private-network'] === 'true' && {
      'access-control-allow-private-network': 'true',
    }),
    'access-control-max-age': '600',
  }
}

function isLoopbackOrigin(origin: string): boolean {
  const parsed = URL.parse(origin)
  return parsed !== null && /^https?:$/.test(parsed.protocol) && isLoopbackHost(hostOf(parsed.host))
}
