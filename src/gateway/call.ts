import type { ProtocolId } from '../ir/part.ts'
import type { ByteWriter } from '../stream/pump.ts'

/** Protocols that a client may speak. */
export type ClientProtocol = Exclude<ProtocolId, 'gemini'>

/** One request as it came in: read, decompressed and authenticated, not yet parsed. */
export type Call = {
  readonly protocol: ClientProtocol
  readonly operation: 'generate' | 'count-tokens'
  /** The body's bytes, decompressed. */
  readonly body: Buffer
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

/** Where the answer goes. The server implements it over a socket, tests over memory. */
export interface Reply extends ByteWriter {
  /** Sends status and headers; exactly once, before the first write. */
  head(status: number, headers: Readonly<Record<string, string>>): void
  /** True after `head`. */
  readonly started: boolean
}
