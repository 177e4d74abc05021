import type { ByteSource } from '../stream/pump.ts'
import type { ProxyRules } from './proxy.ts'

/** How to get to an upstream, and whom to trust on the way; absent: directly, and whom Node trusts. */
export type Network = {
  readonly proxies?: ProxyRules
  /** Certificates in PEM form that are trusted besides the machine's own. */
  readonly ca?: string
}

/** A request to an upstream. */
export type UpstreamRequest = {
  readonly method: 'POST' | 'GET' | 'HEAD' | 'DELETE' | 'PUT' | 'PATCH' | 'OPTIONS'
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  /** A source is sent while it still comes in, as fast as the upstream takes it; it can be sent only once. */
  readonly body?: Buffer | string | ByteSource
  /** Milliseconds; 0 means for ever. `idle` is the pump's affair, not the client's. */
  readonly timeouts: { readonly connect: number; readonly firstByte: number }
  readonly network?: Network
  /** Aborts the request, its connection included, at whatever point it is. */
  readonly signal: AbortSignal
}

/** An upstream's answer from its headers on. The body is decompressed. */
export type UpstreamResponse = {
  readonly status: number
  /** Lower-cased names, repeated ones joined by commas. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: ByteSource
  /** The whole body, up to `limit` bytes; rejects with `upstream-broken` beyond it or when it breaks off. */
  bytes(limit: number): Promise<Buffer>
}

/**
 * The HTTP client. Rejects with a GatewayError: `upstream-failed` (unreachable, reset, TLS) with a cause the log
 * can show, `timeout` (connect or first byte), `client-closed` (the signal).
 */
export interface Upstream {
  send(request: UpstreamRequest): Promise<UpstreamResponse>
  /** Finishes what is under way and closes the connections. */
  close(): Promise<void>
}
