import { GatewayError } from '../errors.ts'
import { matchRule, nameForms } from './match.ts'
import type { ModelRule, TargetRef } from './rule.ts'

/** What routing decides from: the config's rules and the names of its providers. */
export type RouteTable = {
  readonly rules: readonly ModelRule[]
  readonly providers: ReadonlySet<string>
}

/**
 * The targets for a requested model name, in the order to try them: a rule of the config, else
 * `provider/upstream-model` asked for directly. `draw` yields a number in [0, 1) for weighted rules: the drawn
 * target comes first, the others follow as fallbacks.
 *
 * @throws GatewayError `not-found`, listing what exists
 */
export function route(name: string, table: RouteTable, draw: () => number): readonly TargetRef[] {
  // A rule that names the whole `provider/model` still wins, but a catch-all must not swallow a direct address.
  const direct = directTarget(name, table.providers)
  const exact = table.rules.find((rule) => nameForms(name).includes(rule.pattern))
  const rule = exact ?? (direct === undefined ? matchRule(name, table.rules) : undefined)
  if (rule !== undefined) return order(rule, draw).map((target) => named(target, name))
  if (direct !== undefined) return [direct]
  throw new GatewayError('not-found', unknownModel(name, table), {
    retry: 'never',
    details: { param: 'model', upstreamCode: 'model_not_found' },
  })
}

function directTarget(name: string, providers: ReadonlySet<string>): TargetRef | undefined {
  const slash = name.indexOf('/')
  if (slash <= 0) return undefined
  const provider = name.slice(0, slash)
  const model = name.slice(slash + 1)
  return providers.has(provider) && model !== '' ? { provider, model } : undefined
}

/** `provider/*` passes the requested name on, without the provider's name where the client wrote it before it. */
function named(target: TargetRef, name: string): TargetRef {
  if (target.model !== '*') return target
  const prefix = `${target.provider}/`
  return { ...target, model: name.startsWith(prefix) ? name.slice(prefix.length) : name }
}

function order(rule: ModelRule, draw: () => number): readonly TargetRef[] {
  const { targets, weights } = rule
  if (weights === undefined || targets.length < 2) return targets
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  let point = draw() * total
  const drawn = weights.findIndex((weight) => (point -= weight) < 0)
  const first = targets[Math.max(drawn, 0)]
  return first === undefined ? targets : [first, ...targets.filter((target) => target !== first)]
}

function unknownModel(name: string, table: RouteTable): string {
  const patterns = table.rules.map((rule) => rule.pattern)
  const known =
    patterns.length > 0
      ? `Configured names: ${patterns.slice(0, 40).join(', ')}.`
      : 'No models are configured.'
  const providers = [...table.providers].join(', ')
  return `The model '${name}' is not configured. ${known} Or ask for provider/model with one of the providers: ${providers}.`
}
