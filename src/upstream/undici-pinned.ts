import { isIP, isIPv6, type LookupFunction } from 'node:net'
import type { Dispatcher } from 'undici'
import Client from 'undici/lib/dispatcher/client.js'
import ProxyAgent from 'undici/lib/dispatcher/proxy-agent.js'
import connect from 'undici/lib/api/api-connect.js'
import Pool from 'undici/lib/dispatcher/pool.js'
import { Attempt } from './attempt.ts'
import type { PinnedRequest } from './open-pinned.ts'
import { proxyFor } from './proxy.ts'
import { trusting } from './trust.ts'
import type { UpstreamRequest, UpstreamResponse } from './upstream.ts'

/** `openPinned` over undici, which knows of lookups and tunnels. A file of its own, loaded when it is first needed. */
export async function openOverUndici(request: PinnedRequest): Promise<UpstreamResponse> {
  const { url, network, timeouts, signal } = request
  const headers = { ...request.headers, host: url.host }
  const get: UpstreamRequest = { method: 'GET', url: url.href, headers, timeouts, signal }
  const attempt = new Attempt(get, url.host)
  const proxy = proxyFor(url, network?.proxies)
  const client = proxy === undefined ? direct(request) : tunnel(request, proxy)
  attempt.dispatch(client, get, proxy === undefined ? url : atAddress(request))
  // Closes when the answer is complete or broken off.
  client.close(() => {})
  return attempt.response
}

function direct({ url, addresses, timeouts, network }: PinnedRequest): Dispatcher {
  return new Client(url.origin, {
    allowH2: false,
    bodyTimeout: 0,
    connect: { timeout: timeouts.connect, lookup: lookupOf(addresses), ...trusting(network?.ca) },
  })
}

function tunnel({ url, timeouts, network }: PinnedRequest, proxy: string): Dispatcher {
  const tls = { allowH2: false, ...trusting(network?.ca) }
  return new ProxyAgent({
    uri: proxy,
    bodyTimeout: 0,
    connectTimeout: timeouts.connect,
    proxyTunnel: true,
    factory: (origin, options) => new Client(origin, options),
    clientFactory: (origin, options) => Object.assign(new Pool(origin, options), { connect }),
    requestTls: { ...tls, ...(isIP(hostOf(url)) === 0 && { servername: hostOf(url) }) },
    proxyTls: tls,
  })
}

/** The URL with the first of its addresses for its name. */
function atAddress({ url, addresses: [address = ''] }: PinnedRequest): URL {
  const pinned = new URL(url)
  pinned.hostname = isIPv6(address) ? `[${address}]` : address
  return pinned
}

const hostOf = (url: URL): string => url.hostname.replace(/^\[|\]$/g, '')

function lookupOf(addresses: readonly string[]): LookupFunction {
  const known = addresses.map((address) => ({ address, family: isIPv6(address) ? 6 : 4 }))
  return (_name, options, callback) => {
    const [first] = known
    if (first === undefined) callback(new Error('There is no address'), [])
    else if (options.all === true) callback(null, known)
    else callback(null, first.address, first.family)
  }
}
