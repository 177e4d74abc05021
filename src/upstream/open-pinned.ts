import { isIPv6, type LookupFunction } from 'node:net'
import Client from 'undici/lib/dispatcher/client.js'
import { Attempt } from './attempt.ts'
import type { UpstreamRequest, UpstreamResponse } from './upstream.ts'

/** A GET whose addresses have been decided. */
export type PinnedRequest = {
  readonly url: URL
  /** The only addresses that are connected to, whatever the URL's name means by now. */
  readonly addresses: readonly string[]
  readonly headers: Readonly<Record<string, string>>
  /** Milliseconds. */
  readonly timeouts: { readonly connect: number; readonly firstByte: number }
  readonly signal: AbortSignal
}

/**
 * Opens a URL on a connection of its own, at given addresses. The name still goes into the `Host` header and is what the TLS
 * certificate must be for. Follows no redirects and uses no proxy, which would look the name up again.
 *
 * @throws GatewayError as an upstream's client does
 */
export async function openPinned(request: PinnedRequest): Promise<UpstreamResponse> {
  const { url, addresses, headers, timeouts, signal } = request
  const get: UpstreamRequest = { method: 'GET', url: url.href, headers, timeouts, signal }
  const attempt = new Attempt(get, url.host)
  const client = new Client(url.origin, {
    allowH2: false,
    bodyTimeout: 0,
    connect: { timeout: timeouts.connect, lookup: lookupOf(addresses) },
  })
  attempt.dispatch(client, get, url)
  // Closes when the answer is complete or broken off.
  client.close(() => {})
  return attempt.response
}

function lookupOf(addresses: readonly string[]): LookupFunction {
  const known = addresses.map((address) => ({ address, family: isIPv6(address) ? 6 : 4 }))
  return (_name, options, callback) => {
    const [first] = known
    if (first === undefined) callback(new Error('There is no address'), [])
    else if (options.all === true) callback(null, known)
    else callback(null, first.address, first.family)
  }
}
