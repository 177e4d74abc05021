import type { Pair } from '../traffic/protocols.ts'

/** A gateway that can be measured: one file each. */
export type Gateway = {
  readonly name: string
  /** Whether it is here; a text says why it is not. */
  find(): Installation | string
  /** How a client asks it for a pair of protocols; undefined where it does not offer that. */
  ask(pair: Pair, upstreamPort: number): Ask | undefined
  /** Writes its configuration into the site's folder and says how to start it. */
  launch(site: LaunchSite): Launch
}

export type Installation = { readonly version: string; readonly bytes: number }

export type Ask = {
  readonly path: string
  readonly model: string
  readonly headers: Readonly<Record<string, string>>
}

export type LaunchSite = {
  readonly port: number
  readonly upstreamPort: number
  /** Its own, empty and temporary; also its home folder. */
  readonly folder: string
  /** More models than are asked for, to see what a long list costs. */
  readonly extraModels?: number
}

export type Launch = {
  readonly command: string
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string>>
}

/** The key that clients show and the one that upstreams get. */
export const CLIENT_KEY = 'bench-client-key'
export const UPSTREAM_KEY = 'bench-upstream-key'

/** The names that upstream models have, one for each protocol. */
export const UPSTREAM_MODELS = {
  chat: 'bench-model',
  messages: 'claude-sonnet-4-5',
  responses: 'gpt-5',
} as const
