import { chmodSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { findConfig } from '../config/find.ts'
import { configFolder, stateFolder } from '../config/paths.ts'
import { Failure, UsageError, type Arguments } from './command.ts'
import { backUp } from './connect/connection.ts'
import { shortPath } from './daemon/launch.ts'
import { findOptions, readText } from './find-options.ts'
import type { Io } from './io.ts'
import { replaceFile } from './private-file.ts'
import { isSound, probeTargets } from './probe/probe.ts'
import { reportTable } from './probe/table.ts'
import { unattended, type Asker } from './setup/asker.ts'
import { configText, shownText, type Answers } from './setup/config-file.ts'
import { setVariable } from './setup/dotenv.ts'
import { loadDraft, onlyTargets, type Draft } from './setup/draft.ts'
import {
  askCredential,
  askModels,
  askPlace,
  providerSettings,
  type Credential,
  type FlowDeps,
} from './setup/flow.ts'

/** `dragoman setup`: asks what flags do not answer, checks it live, and writes the config. */
export async function run(args: Arguments, io: Io): Promise<number> {
  if (args.positionals.length > 0)
    throw new UsageError(
      'dragoman setup takes flags only; a key goes in by --api-key-stdin or --api-key-env NAME',
    )
  const asks = io.inputIsTerminal && io.outputIsTerminal && !args.on.has('yes')
  const asker = asks ? (await import('./setup/terminal.ts')).terminal() : unattended(io.write)
  const { file, env } = target(args, io)
  const deps: FlowDeps = { asker, args, env, readInput: io.readInput, fetch }

  const place = await askPlace(deps)
  const credential = await askCredential(place, deps)
  const settings = providerSettings(place, credential, args)
  const drafted = (models: Answers['models']) =>
    draft(file, { provider: { name: place.name, settings }, models }, credential)
  // The upstream is asked through the very configuration that is to be written.
  const early = loadDraft(drafted({ big: 'any', middle: 'any', small: 'any' }), args, io)
  const provider = early.providers[place.name]
  if (provider === undefined) throw new Error(`the draft lost its provider ${place.name}`)

  let models = await askModels(place, provider, deps)
  while (
    !args.on.has('skip-check') &&
    !(await check(drafted(models), place.name, models, { args, asker, io }))
  ) {
    const next = await asker.choose({
      flag: 'skip-check',
      message: 'That did not work. What now?',
      choices: [
        { value: 'models', label: 'Name other models' },
        { value: 'write', label: 'Write it all the same' },
        { value: 'stop', label: 'Stop' },
      ],
    })
    if (next === 'stop') throw new Failure('Stopped; nothing was written')
    if (next === 'write') break
    models = await askModels(place, provider, { ...deps, args: withoutModels(args) })
  }
  return await finish(drafted(models), asker, args, io)
}

function target(args: Arguments, io: Io) {
  const options = findOptions(args, io)
  const { file, env } = findConfig(options)
  return {
    file:
      file === undefined ? join(configFolder({ ...options, env }), 'dragoman.yaml') : resolve(io.cwd, file),
    env,
  }
}

function draft(file: string, answers: Answers, credential: Credential): Draft {
  const dotenv = join(dirname(file), '.env')
  const key = credential.kind === 'key' ? credential : undefined
  return {
    configFile: file,
    configText: configText(readText(file), answers),
    ...(key?.value !== undefined && {
      dotenv: { file: dotenv, text: setVariable(readText(dotenv) ?? '', key.variable, key.value) },
    }),
  }
}

/** Asks each deployment something small. Unattended, what does not work ends it. */
async function check(
  drafted: Draft,
  provider: string,
  models: Answers['models'],
  { args, asker, io }: { readonly args: Arguments; readonly asker: Asker; readonly io: Io },
): Promise<boolean> {
  const config = onlyTargets(loadDraft(drafted, args, io), provider, Object.values(models))
  const reports = await asker.during('Trying it out', () => probeTargets(config))
  asker.show('Live check', reportTable(reports, io))
  if (reports.every(isSound)) return true
  if (args.on.has('yes') || !io.inputIsTerminal)
    throw new Failure('The live check failed; nothing was written. --skip-check writes it all the same')
  return false
}

function withoutModels(args: Arguments): Arguments {
  const { big: _, middle: __, small: ___, ...text } = args.text
  return { ...args, text }
}

async function finish(drafted: Draft, asker: Asker, args: Arguments, io: Io): Promise<number> {
  const { configFile, dotenv } = drafted
  asker.show(shortPath(configFile), shownText(drafted.configText))
  const message = `Write ${shortPath(configFile)}${dotenv === undefined ? '' : ` and the key to ${shortPath(dotenv.file)}`}?`
  if (!(await asker.confirm({ message, initial: true }))) throw new Failure('Nothing was written')
  const stateDir = stateFolder({ ...findOptions(args, io), env: io.env })
  const backup = backUp(stateDir, configFile, { name: 'dragoman.yaml', now: new Date() })
  if (dotenv !== undefined) {
    replaceFile(dotenv.file, dotenv.text, 0o600)
    chmodSync(dotenv.file, 0o600)
  }
  replaceFile(configFile, drafted.configText, 0o644)
  asker.say(
    `Written: ${shortPath(configFile)}${backup === undefined ? '' : ` (before: ${shortPath(backup)})`}`,
  )
  return await onwards(configFile, asker, args, io)
}

/** Starts and connects what was wished for, and says how else to go on. */
async function onwards(file: string, asker: Asker, args: Arguments, io: Io): Promise<number> {
  const withFile = (name: string): Arguments => ({
    text: { config: file },
    on: new Set(['ensure']),
    positionals: [name],
  })
  const client = args.text.connect
  const asks = !args.on.has('yes') && io.inputIsTerminal && io.outputIsTerminal
  const starts =
    args.on.has('start') ||
    (asks && (await asker.confirm({ message: 'Start the gateway now?', initial: true })))
  if (starts) await (await import('./start-detached.ts')).startDetached(withFile(''), io)
  const connects =
    client ??
    (starts &&
    asks &&
    (await asker.confirm({ message: 'Lead Claude Code through it from now on?', initial: false }))
      ? 'claude'
      : undefined)
  if (connects !== undefined) return await (await import('./connect.ts')).run(withFile(connects), io)
  asker.say('Next: dragoman claude (one session), dragoman connect claude (from now on), dragoman doctor')
  return 0
}
