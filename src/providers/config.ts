import type { ModelProfile } from '../models/profile.ts'
import type { Network, Timeouts, UpstreamProtocol } from './provider.ts'

/** What every provider in the config file may say, already validated and with its secrets read. */
type Common = {
  readonly name: string
  readonly headers: Readonly<Record<string, string>>
  readonly timeouts: Timeouts
  readonly retries: number
  readonly network?: Network
  /** Overrides what to speak to it. */
  readonly protocol?: UpstreamProtocol
  /** Facts that override the built-in table, by upstream model name. */
  readonly models: Readonly<Record<string, Partial<ModelProfile> & { readonly protocol?: UpstreamProtocol }>>
  /** Departures from a protocol, as the config wrote them. */
  readonly dialect: Readonly<Record<string, unknown>>
}

/** Absent: none is sent. `client`: the client's own key is forwarded. */
export type ApiKey = string | undefined

export type AzureOpenAIConfig = Common & {
  readonly type: 'azure-openai'
  /** Resource name or URL in any pasted form; or `baseUrl`, exact. */
  readonly endpoint?: string
  readonly baseUrl?: string
  /** A date (`2024-10-21`) selects the dated API; `v1`, `preview`, `latest` and absence the v1 API. */
  readonly apiVersion?: string
  /** The dated API's version for Responses, where it differs from `apiVersion`. */
  readonly responsesApiVersion?: string
  /** The dated API's version for listing what the resource has. */
  readonly modelsApiVersion?: string
  readonly apiKey?: ApiKey
  readonly auth: 'key' | 'entra'
  /** Overrides the Entra scope that fits the API and the cloud. */
  readonly scope?: string
  /** With both of these and Entra, the deployments are listed by Azure itself. */
  readonly subscription?: string
  readonly resourceGroup?: string
}

export type AzureFoundryConfig = Common & {
  readonly type: 'azure-foundry'
  readonly resource?: string
  readonly endpoint?: string
  readonly baseUrl?: string
  readonly apiVersion?: string
  /** Pins the `anthropic-version` header for Claude; otherwise the client's own or 2023-06-01. */
  readonly anthropicVersion?: string
  readonly apiKey?: ApiKey
  readonly auth: 'key' | 'entra'
  /** Overrides the Entra scope that fits the API and the cloud. */
  readonly scope?: string
  /** With both of these and Entra, the deployments are listed by Azure itself. */
  readonly subscription?: string
  readonly resourceGroup?: string
}

export type OpenaiConfig = Common & {
  readonly type: 'openai'
  readonly baseUrl?: string
  readonly apiKey?: ApiKey
  /** Paths that Dragoman does not know are carried here too. */
  readonly anyPath?: boolean
}

export type SimpleConfig = Common & {
  readonly type: 'anthropic' | 'gemini'
  readonly baseUrl?: string
  /** Pins the `anthropic-version` header (type `anthropic`); otherwise the client's own or 2023-06-01. */
  readonly anthropicVersion?: string
  readonly apiKey?: ApiKey
}

export type CompatibleConfig = Common & {
  readonly type: 'openai-compatible'
  readonly baseUrl?: string
  readonly apiKey?: ApiKey
  readonly preset?: string
}

export type ProviderConfig =
  | AzureOpenAIConfig
  | AzureFoundryConfig
  | OpenaiConfig
  | SimpleConfig
  | CompatibleConfig
