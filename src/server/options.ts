import type { GatewayError } from '../errors.ts'
import type { Call, Carry, ClientProtocol, Reply } from '../gateway/call.ts'
import type { Logger } from '../log.ts'
import type { ErrorReply } from '../protocols/protocol.ts'
import type { ModelListing } from './models.ts'

/** How long streams may go on after a shutdown was asked for. */
export const DRAIN_MS = 30_000

/** A key that clients may present; the name is for people. */
export type ClientKey = { readonly name?: string; readonly key: string }

/** The gateway as the server sees it. */
export type Handler = {
  /** Answers one call. Resolves when the answer is complete or nobody waits for it any more; never throws. */
  handle(call: Call, reply: Reply): Promise<void>
  /** Carries one request, in the same way; absent where nothing is carried. */
  carry?(call: Carry, reply: Reply): Promise<void>
  /** True where `carry` takes every path that is none of the server's own. */
  readonly carriesAnyPath?: boolean
}

/** What may change while the server runs. Requests that have begun keep what they began with. */
export type LiveOptions = {
  /** Largest request body in bytes, as sent and as decompressed. */
  readonly bodyLimit: number
  /** Largest form with files in bytes; 1 GiB when absent. */
  readonly uploadLimit?: number
  /** Milliseconds without a byte after which an upload is given up; 60 seconds when absent. */
  readonly bodyIdleMs?: number
  /** Browser origins that may call; `*` means any and counts only where keys are set. */
  readonly cors: readonly string[]
  /** Empty: no key is needed, and only this machine is served. */
  readonly keys: readonly ClientKey[]
  readonly handler: Handler
  readonly models: () => ModelListing | Promise<ModelListing>
  /**
   * Asks every configured target, or one, a tiny real question; the result is told as JSON. Throws a GatewayError for a
   * target that is not configured.
   */
  readonly probe?: (target: string | undefined, signal: AbortSignal) => Promise<object>
  /** Unix seconds given as every model's date of creation; it must not move between answers. */
  readonly modelEpoch?: number
}

export type ServerOptions = LiveOptions & {
  readonly host: string
  /** 0 takes any free port. */
  readonly port: number
  readonly log: Logger
  /** An error in the words of a client's protocol. */
  readonly errorFor: (protocol: ClientProtocol, error: GatewayError, requestId: string) => ErrorReply
  readonly newId: () => string
  /** Milliseconds since any fixed moment. */
  readonly now: () => number
  readonly version: string
  /** Told by the health routes, so that a caller can tell this process from another on the same port. */
  readonly instance?: string
  /** Since when the gateway runs, on the clock of `now`; since this server was made when absent. */
  readonly startedAt?: number
  /** How many processes serve as this one gateway; absent where there is one. */
  readonly workers?: () => number
}
