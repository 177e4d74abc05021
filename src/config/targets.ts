import { compact } from '../ir/json.ts'
import type { Condition } from '../routing/condition.ts'
import type { ModelRule, Step, TargetRef } from '../routing/rule.ts'
import type { Settings } from './schema.ts'

type RuleSettings = Settings['models'][string]
type StepSettings = Exclude<RuleSettings, readonly unknown[]>
type Balance = Extract<StepSettings, { balance: unknown }>
type TargetSettings = Balance['balance'][number]

/** A target's provider and model: split at the first slash, for model names hold slashes too. */
export function splitTarget(target: string): { provider: string; model: string } | undefined {
  const text = target.trim()
  const slash = text.indexOf('/')
  if (slash < 1 || slash === text.length - 1) return undefined
  return { provider: text.slice(0, slash), model: text.slice(slash + 1) }
}

/** One line of `models` in its exact form. Throws on a target that the checks would have refused. */
export function readRule(pattern: string, rule: RuleSettings): ModelRule {
  const steps: readonly StepSettings[] = Array.isArray(rule) ? rule : [rule as StepSettings]
  return { pattern, steps: steps.map(readStep) }
}

function readStep(step: StepSettings): Step {
  if (typeof step === 'string') return { targets: [readTarget(step)] }
  const { when, ...rest } = step
  return {
    ...('balance' in rest ? readBalance(rest) : { targets: [readTarget(rest)] }),
    ...(when !== undefined && { when: readCondition(when) }),
  }
}

function readBalance({ balance, weights }: Pick<Balance, 'balance' | 'weights'>): Step {
  return { targets: balance.map(readTarget), weights: weights ?? balance.map(() => 1) }
}

function readCondition({ class: classes, agentType, ...rest }: NonNullable<Balance['when']>): Condition {
  return compact({ ...rest, class: listOf(classes), agentType: listOf(agentType) }) as Condition
}

const listOf = (value: string | readonly string[] | undefined): readonly string[] | undefined =>
  typeof value === 'string' ? [value] : value

function readTarget(target: TargetSettings): TargetRef {
  const { target: text, ...options } = typeof target === 'string' ? { target } : target
  const split = splitTarget(text)
  if (split === undefined) throw new Error(`not a target: ${text}`)
  return { ...split, ...compact(options) }
}
