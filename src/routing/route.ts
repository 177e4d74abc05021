import { GatewayError } from '../errors.ts'
import { balanced } from './balance.ts'
import { describeCondition, holds, type RequestFacts } from './condition.ts'
import { matchingRules, nameForms } from './match.ts'
import { targetName, type ModelRule, type TargetRef } from './rule.ts'

/** What routing decides from: the config's rules, and its providers by name. */
export type RouteTable = {
  readonly rules: readonly ModelRule[]
  readonly providers: Pick<ReadonlyMap<string, unknown>, 'has' | 'keys'>
}

/**
 * The targets for a requested model name, in the order to try them: of the first rule with a step whose condition holds,
 * else `provider/upstream-model` asked for directly. Each target once, at least one.
 *
 * @throws GatewayError `not-found`, listing what exists
 */
export function route(name: string, table: RouteTable, facts: RequestFacts): readonly TargetRef[] {
  const fixed = fixedOf(table)
  const known = fixed.get(name)
  if (known !== undefined) return known
  const direct = directTarget(name, table.providers)
  const matching = matchingRules(name, table.rules)
  // A rule that names the whole `provider/model` still wins, but a catch-all must not swallow a direct address.
  const asked =
    direct === undefined ? matching : matching.filter(({ pattern }) => nameForms(name).includes(pattern))
  for (const rule of asked) {
    const targets = candidates(rule, facts, name)
    if (targets.length === 0) continue
    if (rule === asked[0] && isFixed(rule) && fixed.size < MOST_FIXED) fixed.set(name, targets)
    return targets
  }
  if (direct !== undefined) return [direct]
  throw new GatewayError(
    'not-found',
    asked.length > 0 ? passedOver(name, asked) : unknownModel(name, table),
    {
      retry: 'never',
      details: { param: 'model', upstreamCode: 'model_not_found' },
    },
  )
}

/** Names that always mean the same one target, by table: nearly every request asks for one of a few. */
const fixedByTable = new WeakMap<RouteTable, Map<string, readonly TargetRef[]>>()
/** A pattern fits names without end. */
const MOST_FIXED = 1_000

function fixedOf(table: RouteTable): Map<string, readonly TargetRef[]> {
  const known = fixedByTable.get(table)
  if (known !== undefined) return known
  const fixed = new Map<string, readonly TargetRef[]>()
  fixedByTable.set(table, fixed)
  return fixed
}

/** True for a rule that sends every request to its one target. */
const isFixed = ({ steps }: ModelRule): boolean =>
  steps.length === 1 && steps[0]?.when === undefined && steps[0]?.targets.length === 1

function directTarget(name: string, providers: RouteTable['providers']): TargetRef | undefined {
  const slash = name.indexOf('/')
  if (slash <= 0) return undefined
  const provider = name.slice(0, slash)
  const model = name.slice(slash + 1)
  return providers.has(provider) && model !== '' ? { provider, model } : undefined
}

/**
 * A rule's targets for this request. Reasoning is read by its issuer alone, so among peers the target that sealed the
 * history's latest goes first; while tools are being called it goes before all others, and with the next turn
 * the config's order counts again.
 */
function candidates(rule: ModelRule, facts: RequestFacts, name: string): readonly TargetRef[] {
  const steps = rule.steps
    .filter(({ when }) => when === undefined || holds(when, facts))
    .map((step) => (step.targets.length < 2 ? step.targets : balanced(step, facts.session)))
    .map((targets) => targets.map((target) => named(target, name)))
  const all = distinct(steps.flat())
  if (all.length < 2) return all
  const sealer = all.find((target) => isSealer(target, facts))
  if (sealer === undefined || sealer === all[0]) return all
  const first = facts.midTurn ? [sealer] : []
  return distinct([...first, ...steps.flatMap((peers) => sealerFirst(peers, facts))])
}

function sealerFirst(peers: readonly TargetRef[], facts: RequestFacts): readonly TargetRef[] {
  const sealer = peers.find((target) => isSealer(target, facts))
  return sealer === undefined ? peers : [sealer, ...peers]
}

function isSealer(target: TargetRef, { sealedBy }: RequestFacts): boolean {
  return sealedBy !== undefined && targetName(sealedBy) === targetName(target)
}

/** Each target once, where it stands first. The same model in another protocol is another try. */
function distinct(targets: readonly TargetRef[]): readonly TargetRef[] {
  const names = targets.map((target) => `${targetName(target)} ${target.protocol ?? ''}`)
  return targets.filter((_, index) => names.indexOf(names[index] ?? '') === index)
}

/** `provider/*` passes the requested name on, without the provider's name where the client wrote it before it. */
function named(target: TargetRef, name: string): TargetRef {
  if (target.model !== '*') return target
  const prefix = `${target.provider}/`
  return { ...target, model: name.startsWith(prefix) ? name.slice(prefix.length) : name }
}

function unknownModel(name: string, table: RouteTable): string {
  const patterns = table.rules.map((rule) => rule.pattern)
  const known =
    patterns.length > 0
      ? `Configured names: ${patterns.slice(0, 40).join(', ')}.`
      : 'No models are configured.'
  const providers = [...table.providers.keys()].join(', ')
  return `The model '${name}' is not configured. ${known} Or ask for provider/model with one of the providers: ${providers}.`
}

function passedOver(name: string, rules: readonly ModelRule[]): string {
  const wanted = rules.flatMap(({ steps }) => steps.flatMap(({ when }) => (when === undefined ? [] : [when])))
  const conditions = [...new Set(wanted.map(describeCondition))].join('; ')
  return `The model '${name}' is configured for other requests than this one (${conditions}). A target without \`when\` would take the rest.`
}
