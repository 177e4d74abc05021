import type { ProtocolId } from '../ir/part.ts'
import type { CarriedOperation } from '../providers/carrier.ts'
import type { ByteSource, ByteWriter } from '../stream/pump.ts'
import type { UpstreamRequest } from '../upstream/upstream.ts'

export type { CarriedOperation } from '../providers/carrier.ts'

/** Protocols that a client may speak. */
export type ClientProtocol = Exclude<ProtocolId, 'gemini'>

/** One request as it came in: read, decompressed and authenticated, not yet parsed. */
export type Call = {
  readonly protocol: ClientProtocol
  readonly operation: 'generate' | 'count-tokens'
  /** The body's bytes, decompressed. Whoever answers empties it when the answer has begun: see `Exchange.release`. */
  body: Buffer
  /** Lower-cased names, repeated headers joined by commas. */
  readonly headers: Readonly<Record<string, string>>
  /** The query string with its `?`, or empty. */
  readonly query: string
  readonly requestId: string
  /** The credential that the client presented, for `apiKey: client`. */
  readonly clientKey?: string
  /** Aborted when the client goes away. */
  readonly signal: AbortSignal
}

/** One request that is carried to an upstream without being understood, its upload still on the way. */
export type Carry = Pick<Call, 'headers' | 'query' | 'requestId' | 'clientKey' | 'signal'> & {
  readonly operation: CarriedOperation
  readonly method: UpstreamRequest['method']
  /**
   * What follows `/v1` in the request's path, still percent-encoded; with `any-path` the whole path. No segment of it
   * leads upwards.
   */
  readonly path: string
  readonly body: CarriedBody
}

/**
 * JSON arrives whole and decompressed; a form is read only as fast as it can be sent on, and so is what is not looked
 * into at all.
 */
export type CarriedBody =
  | { readonly kind: 'none' }
  | { readonly kind: 'json'; readonly bytes: Buffer }
  | {
      readonly kind: 'upload'
      readonly contentType: string
      /** Bytes, where the client said. */
      readonly length?: number
      readonly source: ByteSource
    }
  | { readonly kind: 'raw'; readonly length?: number; readonly source: ByteSource }

/** Where the answer goes. The server implements it over a socket, tests over memory. */
export interface Reply extends ByteWriter {
  /** Sends status and headers; exactly once, before the first write. */
  head(status: number, headers: Readonly<Record<string, string>>): void
  /** True after `head`. */
  readonly started: boolean
  /** Closes the connection in the middle of the answer, so that nobody takes it for a whole one. */
  cut?(): void
}
