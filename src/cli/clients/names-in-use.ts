import type { Config } from '../../config/config.ts'
import type { ModelProfile } from '../../models/profile.ts'
import { createProvider } from '../../providers/index.ts'
import { matchingRules } from '../../routing/match.ts'
import { targetsOf, type TargetRef } from '../../routing/rule.ts'
import { splitTarget } from '../../config/targets.ts'

/** Names that Claude Code asks for by default, one a family. */
export const CLAUDE_NAMES = [
  'claude-opus-5-5',
  'claude-sonnet-5-5',
  'claude-haiku-5-5',
  'claude-fable-5-2',
] as const

/** What may answer to a name. */
export type TargetInUse = { readonly ref: TargetRef; readonly profile: ModelProfile }

/** Every target that may answer to one of these names, each once. Names that go nowhere have none. */
export function targetsInUse(config: Config, names: readonly string[]): readonly TargetInUse[] {
  const found = new Map<string, TargetInUse>()
  for (const name of names) {
    for (const ref of targetsOfName(config, name)) {
      const provider = config.providers[ref.provider]
      if (provider === undefined) continue
      found.set(`${ref.provider}/${ref.model}`, { ref, profile: createProvider(provider).profile(ref.model) })
    }
  }
  return [...found.values()]
}

function targetsOfName(config: Config, name: string): readonly TargetRef[] {
  const direct = splitTarget(name)
  if (direct !== undefined && config.providers[direct.provider] !== undefined) return [direct]
  const [rule] = matchingRules(name, config.models)
  if (rule === undefined) return []
  return targetsOf(rule).map((ref) => (ref.model === '*' ? { ...ref, model: name } : ref))
}

/** What is assumed of a model whose context window nobody told: few that agents use have less. Tokens. */
export const ASSUMED_WINDOW = 128_000

/** The smallest context window behind these names, in tokens; undefined when they go nowhere. */
export function smallestWindow(
  config: Config,
  names: readonly string[],
): { readonly tokens: number; readonly target: string; readonly assumed: boolean } | undefined {
  return targetsInUse(config, names)
    .map(({ ref, profile }) => ({
      tokens: profile.contextWindow ?? ASSUMED_WINDOW,
      target: `${ref.provider}/${ref.model}`,
      assumed: profile.contextWindow === undefined,
    }))
    .toSorted((a, b) => a.tokens - b.tokens)[0]
}
