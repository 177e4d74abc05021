import type { Config } from '../config/config.ts'
import { describeCondition } from '../routing/condition.ts'
import type { ModelRule, Step, TargetRef } from '../routing/rule.ts'
import type { Arguments } from './command.ts'
import { table, type Io } from './io.ts'
import { load } from './load-config.ts'

/** `dragoman models`. */
export async function run(args: Arguments, io: Io): Promise<number> {
  const { config } = load(args, io)
  if (args.on.has('upstream')) return await upstream(config, args, io)
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

/** What the providers say that they have. Exit code 1 when one does not say. */
async function upstream(config: Config, args: Arguments, io: Io): Promise<number> {
  const { listUpstreamModels } = await import('./upstream-models/list.ts')
  const found = await Promise.all(
    Object.values(config.providers).map(async (provider) => ({
      provider: provider.name,
      ...(await listUpstreamModels(provider, { fetch })),
    })),
  )
  if (args.on.has('json')) io.write(`${JSON.stringify({ providers: found }, null, 2)}\n`)
  else {
    const rows = found.flatMap((each) =>
      each.ok
        ? each.models.map(({ name, model }) => [
            `${each.provider}/${name}`,
            model === name ? '' : (model ?? ''),
          ])
        : [],
    )
    io.write(table(rows))
    for (const each of found)
      if (!each.ok) io.writeError(`${each.provider} does not say what it has: ${each.reason}\n`)
  }
  return found.every(({ ok }) => ok) ? 0 : 1
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
