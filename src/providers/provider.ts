import type { GatewayError } from '../errors.ts'
import type { ProtocolId } from '../ir/part.ts'
import type { ModelProfile } from '../models/profile.ts'
import type { Carrier } from './carrier.ts'

/** Protocols that a provider can be spoken to in. */
export type UpstreamProtocol = Exclude<ProtocolId, 'completions'>

/** What is asked of a provider: the operation, and what its URL and headers depend on. */
export type Operation = 'generate' | 'count-tokens'

export type RequestLine = {
  readonly url: string
  /** Lower-cased names; content-type and credentials included. */
  readonly headers: Readonly<Record<string, string>>
}

/** A call as far as a provider needs to know it. */
export type ProviderCall = {
  readonly protocol: UpstreamProtocol
  readonly operation: Operation
  /** The upstream's model or deployment name. */
  readonly model: string
  readonly stream: boolean
  /** The client's request headers (lower-cased), for what a provider forwards: betas, versions, its own key. */
  readonly clientHeaders: Readonly<Record<string, string>>
  /** The credential that the client presented, for `apiKey: client`. */
  readonly clientKey?: string
}

/** What the address of a call depends on. */
export type AddressCall = Pick<ProviderCall, 'protocol' | 'operation' | 'model' | 'stream'>

/** How long to wait, in milliseconds; 0 means for ever. */
export type Timeouts = { readonly connect: number; readonly firstByte: number; readonly idle: number }

/** How to get to an upstream where the network has its own rules, and whom to trust on the way. */
export type Network = {
  /** URLs of proxies, which may hold credentials, and what is reached directly in the words of `NO_PROXY`. */
  readonly proxies?: {
    readonly http?: string
    readonly https?: string
    readonly except: readonly string[]
  }
  /** Certificates in PEM form that are trusted besides the machine's own. */
  readonly ca?: string
}

/** Departures from a protocol's default, per protocol; merged over the protocol's default dialect. */
export type DialectOverrides = { readonly [P in UpstreamProtocol]?: Readonly<Record<string, unknown>> }

/**
 * One configured upstream. It knows addresses, credentials and departures; it does no I/O itself but for
 * tokens (Entra).
 */
export interface Provider {
  /** The name in the config: `azure`, `foundry`, … */
  readonly name: string
  readonly type: string
  readonly timeouts: Timeouts
  readonly retries: number
  /** Absent: directly, and whom Node trusts. */
  readonly network?: Network
  /** `apiKey: client`: the credentials that it sends are the client's own. */
  readonly forwardsClientKey?: boolean
  /** The protocol to speak for this model, best first. */
  protocolsFor(model: string): readonly UpstreamProtocol[]
  /** Provider default ← config; the model's own departures come from its profile. */
  readonly dialects: DialectOverrides
  /** What the config's `dialect` demands: it holds against the model's facts too. */
  readonly overrides?: DialectOverrides
  /** Facts about an upstream model: the built-in table overridden by the config's `models`. */
  profile(model: string): ModelProfile
  /**
   * Where to send a call.
   *
   * @throws GatewayError `not-supported` for what this upstream does not have
   */
  address(call: AddressCall): string
  /** The same with the headers, credentials included. */
  request(call: ProviderCall): Promise<RequestLine>
  /** True when the upstream can count tokens by itself in this protocol. */
  counts(protocol: UpstreamProtocol): boolean
  /** Takes what is only carried: embeddings, images, files, …; absent where the upstream has nothing of OpenAI's API. */
  readonly carrier?: Carrier
  /** Where to ask which deployments there are; absent where nothing can tell. The answer is Azure Resource Manager's. */
  inventory?(): Promise<RequestLine>
  /** Adds what this provider knows to an error: hints about deployments, keys, roles. */
  explain?(error: GatewayError, model: string): GatewayError
  /** Called when credentials were refused: true when a fresh token was obtained and one retry is worth it. */
  refresh?(): Promise<boolean>
}
