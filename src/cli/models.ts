import { describeCondition } from '../routing/condition.ts'
import type { ModelRule, Step, TargetRef } from '../routing/rule.ts'
import type { Arguments } from './command.ts'
import { table, type Io } from './io.ts'
import { load } from './load-config.ts'

/** `dragoman models`. */
export async function run(args: Arguments, io: Io): Promise<number> {
  const { config } = load(args, io)
  const providers = Object.keys(config.providers)
  if (args.on.has('json')) {
    io.write(`${JSON.stringify({ models: config.models, providers }, null, 2)}\n`)
    return 0
  }
  const rows = config.models.map((rule) => [rule.pattern, describeRule(rule)])
  io.write(
    rows.length === 0 ? 'No names are configured.\n' : table([['CLIENTS ASK FOR', 'GOES TO'], ...rows]),
  )
  io.write(
    `\nThe first match wins. Clients may also ask for provider/model with one of: ${providers.join(', ')}\n`,
  )
  return 0
}

function describeRule({ steps }: ModelRule): string {
  return steps.map(describeStep).join(', then ')
}

function describeStep({ targets, weights, when }: Step): string {
  const shared = targets.map((target, index) =>
    weights === undefined
      ? describeTarget(target)
      : `${describeTarget(target)} (weight ${weights[index] ?? 0})`,
  )
  return `${shared.join(' or ')}${when === undefined ? '' : ` if ${describeCondition(when)}`}`
}

function describeTarget({ provider, model, protocol, maxOutputTokens, toolBridge }: TargetRef): string {
  const options = [
    protocol,
    maxOutputTokens === undefined ? undefined : `at most ${maxOutputTokens} tokens`,
    toolBridge === true ? 'tool bridge' : undefined,
  ].filter((option) => option !== undefined)
  return `${provider}/${model}${options.length === 0 ? '' : ` [${options.join(', ')}]`}`
}
