import { findConfig } from '../config/find.ts'
import { suggest } from '../config/nearest.ts'
import { jsonSchema } from '../config/schema.ts'
import { flatten, maskSettings } from '../config/secrets.ts'
import { UsageError, type Arguments } from './command.ts'
import { readText } from './find-options.ts'
import { count, paint, table, type Io } from './io.ts'
import { load, loadOptions } from './load-config.ts'

const ACTIONS: Readonly<Record<string, (args: Arguments, io: Io) => number>> = { show, check, path, schema }

/** `dragoman config show|check|path|schema`. */
export async function run(args: Arguments, io: Io): Promise<number> {
  const [name, ...more] = args.positionals
  const names = Object.keys(ACTIONS)
  if (name === undefined) throw new UsageError(`dragoman config needs one of ${names.join(', ')}`)
  const action = Object.hasOwn(ACTIONS, name) ? ACTIONS[name] : undefined
  if (action === undefined)
    throw new UsageError(`There is no "dragoman config ${name}". ${suggest(name, names).replaceAll('`', '')}`)
  if (more.length > 0) throw new UsageError(`dragoman config ${name} takes no "${more.join(' ')}"`)
  return action(args, io)
}

function show(args: Arguments, io: Io): number {
  const { config, settings } = load(args, io)
  const shown = maskSettings(settings)
  if (args.on.has('json')) {
    io.write(
      `${JSON.stringify({ source: config.source, settings: shown, origins: config.origins }, null, 2)}\n`,
    )
    return 0
  }
  io.write(paint('dim', `# ${config.source}\n`, io.color))
  io.write(
    table(
      flatten(shown).map(({ path: key, value }) => [
        key,
        typeof value === 'string' ? value : JSON.stringify(value),
        config.origins[key] ?? '',
      ]),
    ),
  )
  return 0
}

function check(args: Arguments, io: Io): number {
  const { config } = load(args, io)
  const { source, warnings } = config
  const providers = Object.keys(config.providers).length
  if (args.on.has('json')) {
    io.write(`${JSON.stringify({ ok: true, source, warnings })}\n`)
    return 0
  }
  const what = `${count(providers, 'provider')}, ${count(config.models.length, 'model rule')}`
  io.write(`${paint('green', 'ok', io.color)}: ${source} is sound (${what})\n`)
  for (const warning of warnings) io.write(`${paint('yellow', 'warning', io.color)}: ${warning}\n`)
  return 0
}

function path(args: Arguments, io: Io): number {
  const { file: found, searched } = findConfig(loadOptions(args, io))
  // A file that was asked for by name may not exist.
  const file = found !== undefined && readText(found) !== undefined ? found : undefined
  if (args.on.has('json')) io.write(`${JSON.stringify({ path: file ?? null, searched })}\n`)
  else if (file === undefined) {
    io.writeError('There is no config file. Looked for:\n')
    for (const each of searched) io.writeError(`  ${each}\n`)
  } else io.write(`${file}\n`)
  return file === undefined ? 1 : 0
}

function schema(_: Arguments, io: Io): number {
  io.write(`${JSON.stringify(jsonSchema(), null, 2)}\n`)
  return 0
}
