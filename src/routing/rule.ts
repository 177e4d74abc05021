import type { UpstreamProtocol } from '../providers/provider.ts'

/** Where one name may go: a provider of the config and the upstream's own model or deployment name. */
export type TargetRef = {
  readonly provider: string
  /** `*`: the name that the client asked for. */
  readonly model: string
  /** Overrides what to speak to it. */
  readonly protocol?: UpstreamProtocol
  /** Upper bound for the output limit, in tokens. */
  readonly maxOutputTokens?: number
  /** Turns tool calls that the model writes as text into real ones, for tools that the client offered. */
  readonly toolBridge?: boolean
}

/** One line of the config's `models`: first match wins. `pattern` is a name or a glob with `*`. */
export type ModelRule = {
  readonly pattern: string
  /** Tried in this order, or drawn by weight when `weights` is set (same length). */
  readonly targets: readonly TargetRef[]
  readonly weights?: readonly number[]
}
