import type { Network, UpstreamResponse } from './upstream.ts'

/** A GET whose addresses have been decided. */
export type PinnedRequest = {
  readonly url: URL
  /** The only addresses that are connected to, whatever the URL's name means by now. */
  readonly addresses: readonly string[]
  readonly headers: Readonly<Record<string, string>>
  /** Milliseconds. */
  readonly timeouts: { readonly connect: number; readonly firstByte: number }
  readonly network?: Network
  readonly signal: AbortSignal
}

/**
 * Opens a URL on a connection of its own, at given addresses. The name still goes into the `Host` header and is what the TLS
 * certificate must be for. Follows no redirects. A proxy is asked for a tunnel to the address, never to the name, which it
 * would look up again.
 *
 * @throws GatewayError as an upstream's client does
 */
export async function openPinned(request: PinnedRequest): Promise<UpstreamResponse> {
  const { openOverUndici } = await import('./undici-pinned.ts')
  return openOverUndici(request)
}
