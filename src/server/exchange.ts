import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Logger } from '../log.ts'

/** One request and its answer, from head to last byte. */
export type Exchange = {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly requestId: string
  readonly log: Logger
  /** Aborted, with a GatewayError as its reason, when the client goes away or its upload turns out broken. */
  readonly signal: AbortSignal
  /** Adds what every answer carries: the request id, CORS headers, `connection: close` while draining. */
  addCommonHeaders(headers: Record<string, string>): void
}
