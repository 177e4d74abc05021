import { compact } from '../ir/json.ts'
import type { ModelRule, TargetRef } from '../routing/rule.ts'
import type { Settings } from './schema.ts'

type RuleSettings = Settings['models'][string]
type TargetSettings = Extract<RuleSettings, { target: string }> | string

/** A target's provider and model: split at the first slash, for model names hold slashes too. */
export function splitTarget(target: string): { provider: string; model: string } | undefined {
  const text = target.trim()
  const slash = text.indexOf('/')
  if (slash < 1 || slash === text.length - 1) return undefined
  return { provider: text.slice(0, slash), model: text.slice(slash + 1) }
}

/** One line of `models` in its exact form. Throws on a target that the checks would have refused. */
export function readRule(pattern: string, rule: RuleSettings): ModelRule {
  if (typeof rule === 'string' || 'target' in rule) return { pattern, targets: [readTarget(rule)] }
  if (!('balance' in rule)) return { pattern, targets: rule.map(readTarget) }
  const weights = rule.weights ?? rule.balance.map(() => 1)
  return { pattern, targets: rule.balance.map(readTarget), weights }
}

function readTarget(target: TargetSettings): TargetRef {
  const { target: text, ...options } = typeof target === 'string' ? { target } : target
  const split = splitTarget(text)
  if (split === undefined) throw new Error(`not a target: ${text}`)
  return { ...split, ...compact(options) }
}
