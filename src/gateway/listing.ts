import type { ModelProfile } from '../models/profile.ts'
import type { Provider } from '../providers/provider.ts'
import { matchingRules } from '../routing/match.ts'
import { targetsOf, usualTarget, type ModelRule, type TargetRef } from '../routing/rule.ts'
import { capabilitiesOf } from './capabilities.ts'

/** One name that clients may ask for. */
export type Listed = {
  readonly id: string
  readonly displayName: string
  readonly ownedBy: string
  /** Tokens. */
  readonly contextWindow?: number
  /** Tokens. */
  readonly maxOutputTokens?: number
  /** In the shape of Anthropic's model object. */
  readonly capabilities: Record<string, unknown>
  readonly aliasOf?: string
}

/** A deployment that a provider says it has. */
export type Deployment = {
  readonly name: string
  /** The model behind it. */
  readonly model: string
}

/** What providers say they have, by their names in the config. */
export type Inventory = ReadonlyMap<string, readonly Deployment[]>

/**
 * Names that coding agents ask for by default; a glob of the config is shown by those of them that it catches. Claude Code
 * discovers models by these names only: it passes over ids without `claude` in them.
 */
const USUAL_NAMES = ['claude-opus-5-5', 'claude-sonnet-5-5', 'claude-haiku-5-5', 'claude-fable-5-2'] as const

/**
 * What the config offers: its plain names, the usual names that its globs catch, every target by its address, and the
 * deployments that providers told of.
 */
export function listModels(
  rules: readonly ModelRule[],
  providers: ReadonlyMap<string, Provider>,
  inventory: Inventory = new Map(),
): readonly Listed[] {
  const out = new Map<string, Listed>()
  const add = (id: string, ref: TargetRef | undefined) => {
    const provider = ref === undefined ? undefined : providers.get(ref.provider)
    if (ref === undefined || provider === undefined || out.has(id)) return
    out.set(id, listed(id, ref, profileAt(provider, ref.model, inventory)))
  }
  for (const rule of rules) {
    const names = rule.pattern.includes('*')
      ? USUAL_NAMES.filter((name) => matchingRules(name, rules)[0] === rule)
      : [rule.pattern]
    for (const name of names) add(name, named(usualTarget(rule), name))
  }
  for (const rule of rules) {
    for (const ref of targetsOf(rule)) if (ref.model !== '*') add(`${ref.provider}/${ref.model}`, ref)
  }
  for (const [provider, deployments] of inventory) {
    for (const { name } of deployments) add(`${provider}/${name}`, { provider, model: name })
  }
  return [...out.values()]
}

/** A target `provider/*` is what was asked for, at that provider. */
function named(ref: TargetRef | undefined, name: string): TargetRef | undefined {
  return ref?.model === '*' ? { ...ref, model: name } : ref
}

/** A deployment's name may say nothing about its model; the provider may know better. */
function profileAt(provider: Provider, name: string, inventory: Inventory): ModelProfile {
  const profile = provider.profile(name)
  const told = inventory.get(provider.name)?.find((deployment) => deployment.name === name)
  return profile.family === 'unknown' && told !== undefined ? provider.profile(told.model) : profile
}

function listed(id: string, ref: TargetRef, profile: ModelProfile): Listed {
  const address = `${ref.provider}/${ref.model}`
  const { contextWindow, maxOutputTokens } = profile
  return {
    id,
    displayName: id === address ? ref.model : `${id} (${ref.model})`,
    ownedBy: ref.provider,
    ...(contextWindow !== undefined && { contextWindow }),
    ...(maxOutputTokens !== undefined && { maxOutputTokens }),
    capabilities: capabilitiesOf(profile),
    ...(id !== address && { aliasOf: address }),
  }
}
