import type { GatewayError } from '../errors.ts'

/** How an exchange travels: bytes relayed, or translated through the IR. */
export type Lane = 'passthrough' | 'translate'

/** How one try at one target ended. An error after the reply has begun has been told to the client already. */
export type LaneResult = { readonly ok: true } | { readonly ok: false; readonly error: GatewayError }
