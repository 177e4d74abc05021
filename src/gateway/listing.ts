import type { ModelProfile } from '../models/profile.ts'
import type { Provider } from '../providers/provider.ts'
import { matchesPattern } from '../routing/match.ts'
import type { ModelRule, TargetRef } from '../routing/rule.ts'

/** One name that clients may ask for. */
export type Listed = {
  readonly id: string
  readonly displayName: string
  readonly ownedBy: string
  /** Tokens. */
  readonly contextWindow?: number
  /** Tokens. */
  readonly maxOutputTokens?: number
  readonly aliasOf?: string
}

/** Names that coding agents ask for by default; a glob of the config is shown by those of them that it catches. */
const USUAL_NAMES = ['claude-opus-5-5', 'claude-sonnet-5-5', 'claude-haiku-5-5', 'claude-fable-5-2'] as const

/** What the config offers: its plain names, the usual names that its globs catch, and every target by its address. */
export function listModels(
  rules: readonly ModelRule[],
  providers: ReadonlyMap<string, Provider>,
): readonly Listed[] {
  const out = new Map<string, Listed>()
  const add = (id: string, ref: TargetRef | undefined) => {
    const provider = ref === undefined ? undefined : providers.get(ref.provider)
    if (ref === undefined || provider === undefined || out.has(id)) return
    out.set(id, listed(id, ref, provider.profile(ref.model)))
  }
  for (const rule of rules) {
    const names = rule.pattern.includes('*')
      ? USUAL_NAMES.filter((name) => firstMatch(name, rules) === rule)
      : [rule.pattern]
    for (const name of names) add(name, rule.targets[0])
  }
  for (const rule of rules) for (const ref of rule.targets) add(`${ref.provider}/${ref.model}`, ref)
  return [...out.values()]
}

const firstMatch = (name: string, rules: readonly ModelRule[]) =>
  rules.find((rule) => matchesPattern(name, rule.pattern))

function listed(id: string, ref: TargetRef, profile: ModelProfile): Listed {
  const address = `${ref.provider}/${ref.model}`
  const { contextWindow, maxOutputTokens } = profile
  return {
    id,
    displayName: id === address ? ref.model : `${id} (${ref.model})`,
    ownedBy: ref.provider,
    ...(contextWindow !== undefined && { contextWindow }),
    ...(maxOutputTokens !== undefined && { maxOutputTokens }),
    ...(id !== address && { aliasOf: address }),
  }
}
