import { isObject } from '../ir/json.ts'
import { profileOf, type ModelProfile } from '../models/index.ts'
import type { ProviderConfig } from './config.ts'
import type { DialectOverrides, Provider, UpstreamProtocol } from './provider.ts'

/** What a type of provider brings to what the config says. */
export type Traits = {
  /** The host's departures from each protocol. */
  readonly dialects: DialectOverrides
  /** The protocols for a model, best first, where the config does not say. */
  readonly protocols: (profile: ModelProfile) => readonly UpstreamProtocol[]
}

export type Settings = Pick<
  Provider,
  | 'name'
  | 'type'
  | 'timeouts'
  | 'retries'
  | 'network'
  | 'forwardsClientKey'
  | 'protocolsFor'
  | 'dialects'
  | 'overrides'
  | 'profile'
>

/** Everything about a provider that only depends on its config and its traits. */
export function settingsOf(config: ProviderConfig, traits: Traits): Settings {
  const overrides = overridesOf(config.dialect)
  const profile = remembered((model: string) => {
    const { protocol: _, ...facts } = modelConfig(config, model)
    return profileOf(model, facts)
  })
  const protocolsFor = remembered((model: string) => {
    const chosen = modelConfig(config, model).protocol ?? config.protocol
    return chosen === undefined ? traits.protocols(profile(model)) : [chosen]
  })
  return {
    name: config.name,
    type: config.type,
    timeouts: config.timeouts,
    retries: config.retries,
    ...(config.network !== undefined && { network: config.network }),
    forwardsClientKey: config.apiKey === 'client',
    dialects: mergeDialects(traits.dialects, overrides),
    overrides,
    profile,
    protocolsFor,
  }
}

/** Clients may ask for any name at a `provider/*`; beyond so many the facts are found anew. */
const MOST_MODELS = 1_000

/** Every request asks for the facts of its model: they are found once. */
function remembered<Facts>(find: (model: string) => Facts): (model: string) => Facts {
  const known = new Map<string, Facts>()
  return (model) => {
    const facts = known.get(model) ?? find(model)
    if (known.size < MOST_MODELS) known.set(model, facts)
    return facts
  }
}

/** Chat first for most models; Responses first where the model's facts ask for it. */
export function openaiProtocols(profile: ModelProfile): readonly UpstreamProtocol[] {
  return profile.toolsNeedResponses === true ? ['responses', 'chat'] : ['chat', 'responses']
}

function modelConfig(config: ProviderConfig, model: string): ProviderConfig['models'][string] {
  const { models } = config
  if (Object.hasOwn(models, model)) return models[model] ?? {}
  const name = model.toLowerCase()
  return Object.entries(models).find(([key]) => key.toLowerCase() === name)?.[1] ?? {}
}

const PROTOCOLS: readonly UpstreamProtocol[] = ['messages', 'chat', 'responses', 'gemini']

/**
 * The config's `dialect`: fields under a protocol's name concern that protocol, others every protocol that has such
 * a field.
 */
function overridesOf(dialect: Readonly<Record<string, unknown>>): DialectOverrides {
  const shared = Object.fromEntries(
    Object.entries(dialect).filter(([key]) => !PROTOCOLS.some((protocol) => protocol === key)),
  )
  const overrides: { [P in UpstreamProtocol]?: Readonly<Record<string, unknown>> } = {}
  for (const protocol of PROTOCOLS) {
    const own = dialect[protocol]
    const merged = { ...shared, ...(isObject(own) && own) }
    if (Object.keys(merged).length > 0) overrides[protocol] = merged
  }
  return overrides
}

function mergeDialects(host: DialectOverrides, config: DialectOverrides): DialectOverrides {
  const merged: { [P in UpstreamProtocol]?: Readonly<Record<string, unknown>> } = {}
  for (const protocol of PROTOCOLS) {
    if (host[protocol] !== undefined || config[protocol] !== undefined) {
      merged[protocol] = { ...host[protocol], ...config[protocol] }
    }
  }
  return merged
}
