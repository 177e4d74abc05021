import type { UpstreamProtocol } from '../providers/provider.ts'
import type { Condition } from './condition.ts'

/** Where one name may go: a provider of the config and the upstream's own model or deployment name. */
export type TargetRef = {
  readonly provider: string
  /** `*`: the name that the client asked for. */
  readonly model: string
  /** Overrides what to speak to it. */
  readonly protocol?: UpstreamProtocol
  /** Upper bound for the output limit, in tokens. */
  readonly maxOutputTokens?: number
  /** Lower wishes are raised to it, in tokens: for models that think before they write. */
  readonly minOutputTokens?: number
  /** Turns tool calls that the model writes as text into real ones, for tools that the client offered. */
  readonly toolBridge?: boolean
}

/** One place of a rule: a target, or several that share the load. */
export type Step = {
  readonly targets: readonly TargetRef[]
  /** Shares of the targets, in their order; present when there are several. */
  readonly weights?: readonly number[]
  /** The requests that it is for; all when absent. */
  readonly when?: Condition
}

/** One line of the config's `models`: first match wins. `pattern` is a name or a glob with `*`. */
export type ModelRule = {
  readonly pattern: string
  /** Tried in this order. */
  readonly steps: readonly Step[]
}

/** `provider/model`, as targets are shown and kept apart. */
export function targetName({ provider, model }: Pick<TargetRef, 'provider' | 'model'>): string {
  return `${provider}/${model}`
}

/** Every target of a rule, in its order. */
export function targetsOf(rule: ModelRule): readonly TargetRef[] {
  return rule.steps.flatMap((step) => step.targets)
}

/** Where a request without particulars goes: what model lists describe. */
export function usualTarget(rule: ModelRule): TargetRef | undefined {
  const usual = rule.steps.find((step) => step.when === undefined) ?? rule.steps[0]
  return usual?.targets[0]
}
