import { resolve } from 'node:path'
import { findConfig } from '../config/find.ts'
import { fromEnvironment } from '../config/from-environment.ts'
import { environmentAsFile, referencedVariables } from '../config/import.ts'
import { suggest } from '../config/nearest.ts'
import { stateFolder } from '../config/paths.ts'
import { jsonSchema } from '../config/schema.ts'
import { flatten, maskSettings } from '../config/secrets.ts'
import { addressesOf, type ProviderAddresses } from './addresses.ts'
import { Failure, UsageError, type Arguments } from './command.ts'
import { backUp } from './connect/connection.ts'
import { findOptions, readText } from './find-options.ts'
import { count, paint, table, type Io } from './io.ts'
import { load, loadOptions } from './load-config.ts'
import { replaceFile } from './private-file.ts'

const ACTIONS: Readonly<Record<string, (args: Arguments, io: Io) => number>> = {
  show,
  check,
  path,
  schema,
  import: importEnvironment,
}

/** `dragoman config show|check|path|schema|import`. */
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
  const addresses = addressesOf(config)
  if (args.on.has('json')) {
    io.write(
      `${JSON.stringify({ source: config.source, settings: shown, origins: config.origins, addresses }, null, 2)}\n`,
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
  io.write(paint('dim', '\n# where requests go\n', io.color))
  io.write(table(addresses.flatMap(addressRows)))
  return 0
}

function addressRows({ provider, written, urls, proxy }: ProviderAddresses): readonly (readonly string[])[] {
  const from = written === undefined ? '' : `from ${written.key}: ${written.text}`
  return [
    ...Object.entries(urls).map(([protocol, url]) => [`${provider} ${protocol}`, url, from]),
    ...(proxy === undefined ? [] : [[`${provider} proxy`, proxy, '']]),
  ]
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

/** Writes down as a file what the environment names of other proxies amount to. */
function importEnvironment(args: Arguments, io: Io): number {
  const options = findOptions(args, io)
  const { env } = findConfig(options)
  const source = fromEnvironment(env, (name) => io.env[name] !== undefined)
  for (const warning of [...source.warnings, ...source.halves])
    io.writeError(`${paint('yellow', 'warning', io.errorColor)}: ${warning}\n`)
  if (source.tree.providers === undefined)
    throw new Failure(
      'The environment names no provider: docs/configuration.md lists the names that are read',
    )
  const text = environmentAsFile(source)
  if (!args.on.has('write')) {
    io.write(text)
    return 0
  }
  const file = resolve(io.cwd, args.text.config ?? 'dragoman.yaml')
  const there = readText(file) !== undefined
  if (there && !args.on.has('force'))
    throw new Failure(
      `${file} is there already. --force replaces it and keeps a copy, --config FILE writes another`,
    )
  const stateDir = stateFolder({ ...options, env })
  const backup = there ? backUp(stateDir, file, { name: 'dragoman.yaml', now: new Date() }) : undefined
  replaceFile(file, text, 0o644)
  io.write(`Written: ${file}${backup === undefined ? '' : ` (before: ${backup})`}\n`)
  const variables = referencedVariables(text)
  if (variables.length > 0)
    io.write(`It reads ${variables.join(', ')}: keep them set, or write them into .env beside it.\n`)
  return 0
}
