import { spawn } from 'node:child_process'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { asString } from '../ir/json.ts'
import { Failure, UsageError, type Arguments } from './command.ts'
import { run as runConfig } from './config.ts'
import { run as connect } from './connect.ts'
import { settingsFile } from './connect/clients.ts'
import { readConnection } from './connect/connection.ts'
import { run as disconnect } from './disconnect.ts'
import { EXECUTABLE } from './executable.ts'
import { readText } from './find-options.ts'
import type { Io } from './io.ts'
import { load } from './load-config.ts'
import { applyOptions, fingerprint, sayWhere } from './plugin/apply-options.ts'
import { gatewayEnvironment } from './plugin/ensure.ts'
import { PLUGIN_HELP, UNCONFIGURED } from './plugin/help.ts'
import { optionsFrom, takeOver, type PluginOptions } from './plugin/options.ts'
import { isRouted, keepState, pluginPlace, readState, type PluginPlace } from './plugin/place.ts'
import { stableRuntime } from './plugin/runtime.ts'
import { isSound, probeTargets } from './probe/probe.ts'
import { reportTable } from './probe/table.ts'
import { run as restart } from './restart.ts'
import { runningGateway } from './start-detached.ts'
import { run as showStatus } from './status.ts'
import { run as stopGateway } from './stop.ts'
import { run as test } from './test.ts'
import { VERSION } from '../version.ts'

type Call = {
  readonly place: PluginPlace
  readonly args: Arguments
  /** Without the session's own variables. */
  readonly io: Io
  /** The plugin's options, where they are known: slash commands are not given them. */
  readonly options: PluginOptions
}

type Action = (call: Call) => Promise<number>

const ACTIONS: Readonly<Record<string, Action>> = {
  setup,
  on: (call) => on(call),
  start: (call) => on(call),
  off,
  stop,
  restart: anew,
  status,
  test: ({ args, io }) => test(args, io),
  config: ({ args, io }) => runConfig({ ...args, positionals: ['show'] }, io),
  async help({ io }) {
    io.write(PLUGIN_HELP)
    return 0
  },
}

/** These may start a gateway: it is to run from where updates and removals of the plugin do not reach. */
const STARTING = new Set(['setup', 'on', 'start', 'restart'])

/** How long Claude Code takes to read changed settings. Milliseconds. */
const SETTINGS_TAKE_MS = 2000

/** `dragoman plugin <command>`: what the Claude Code plugin's slash commands call. */
export async function run(given: Arguments, io: Io): Promise<number> {
  const [name = 'help', ...rest] = given.positionals
  const action = Object.hasOwn(ACTIONS, name) ? ACTIONS[name] : undefined
  if (action === undefined)
    throw new UsageError(`The plugin has no "${name}", only ${Object.keys(ACTIONS).join(', ')}`)
  const place = pluginPlace(io)
  if (STARTING.has(name)) {
    const runtime = stableRuntime(place, io.env)
    if (runtime !== EXECUTABLE)
      return await runFrom(
        runtime,
        ['plugin', name, ...rest, ...[...given.on].map((flag) => `--${flag}`)],
        io,
      )
  }
  const args = { ...given, text: { ...given.text, config: place.configFile }, positionals: rest }
  const options = name === 'setup' ? (takeOver(place.stateDir) ?? optionsFrom(io.env)) : {}
  return await action({
    place,
    args,
    io: { ...io, cwd: place.configFolder, env: gatewayEnvironment(io.env) },
    options,
  })
}

async function setup(call: Call): Promise<number> {
  const { place, args, io, options } = call
  const applied = sayWhere(options) ? fingerprint(options) : undefined
  const exists = readText(place.configFile) !== undefined
  if (applied === undefined && !exists) throw new Failure(UNCONFIGURED)
  const isApplied = applied === undefined || readState(place.stateDir)?.applied === applied
  if (exists && isApplied) await tryOut(call)
  else await applyOptions(place.configFile, options, io, args.on)
  return await on(call, applied)
}

/** What was configured earlier, or by hand, may have stopped working. */
async function tryOut({ args, io }: Call): Promise<void> {
  if (args.on.has('skip-check')) return
  const reports = await probeTargets(load(args, io).config)
  io.write(`${reportTable(reports, io)}\n`)
  if (!reports.every(isSound))
    throw new Failure(
      'Not connected: Claude Code goes on as before. Mend what is said above and run /dragoman:setup again (--skip-check connects all the same)',
    )
}

async function on(call: Call, applied?: string): Promise<number> {
  const { place, args, io } = call
  if (readText(place.configFile) === undefined) throw new Failure(UNCONFIGURED)
  const { config } = load(args, io)
  const running = await runningGateway(args, io)
  const isStale =
    running !== undefined &&
    (running.version !== VERSION || (config.server.port !== 0 && running.port !== config.server.port))
  if (isStale) await restart(args, io)
  return await route(call, applied)
}

/** Starts the gateway when it is down and leads Claude Code to it. */
async function route({ place, args, io }: Call, applied?: string): Promise<number> {
  const { config } = load(args, io)
  const known = applied ?? readState(place.stateDir)?.applied
  const code = await connect({ ...args, positionals: ['claude'] }, io)
  if (code !== 0) return code
  const url = asString(readConnection(config.stateDir, 'claude')?.written['env/ANTHROPIC_BASE_URL'])
  if (url !== undefined)
    keepState(place.stateDir, {
      settings: settingsFile('claude', io),
      url,
      config: place.configFile,
      stateDir: config.stateDir,
      ...(known !== undefined && { applied: known }),
    })
  // The prompt that this command was called in is then answered through the gateway already.
  await sleep(SETTINGS_TAKE_MS)
  io.write('Every session of Claude Code goes through Dragoman now. /dragoman:off undoes it.\n')
  return 0
}

async function off({ args, io }: Call): Promise<number> {
  const code = await disconnect({ ...args, positionals: ['claude'] }, io)
  io.write('The gateway goes on for them; /dragoman:stop ends it, /dragoman:on leads back to it.\n')
  return code
}

async function stop({ args, io }: Call): Promise<number> {
  // Before the gateway ends: nothing may be left that points at nobody.
  await disconnect({ ...args, positionals: ['claude'] }, io)
  await stopGateway(args, io)
  io.write('Sessions that still go through it want to be started anew; /dragoman:start brings it back.\n')
  return 0
}

async function anew(call: Call): Promise<number> {
  const { place, args, io } = call
  const code = await restart(args, io)
  const state = readState(place.stateDir)
  // Another port moves the settings along.
  return code === 0 && state !== undefined && isRouted(state) ? await route(call) : code
}

async function status({ place, args, io }: Call): Promise<number> {
  await showStatus(args, io)
  const state = readState(place.stateDir)
  io.write(
    state !== undefined && isRouted(state)
      ? `Claude Code goes through it (${state.settings}).\n`
      : 'Claude Code does not go through it: /dragoman:setup or /dragoman:on.\n',
  )
  // A command that fails would hide what it says from the model.
  return 0
}

function runFrom(runtime: string, args: readonly string[], io: Io): Promise<number> {
  const child = spawn(process.execPath, [runtime, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    cwd: dirname(runtime),
    env: io.env,
    windowsHide: true,
  })
  child.stdout.setEncoding('utf8').on('data', io.write)
  child.stderr.setEncoding('utf8').on('data', io.writeError)
  return new Promise((settle, fail) => {
    child.on('error', fail)
    child.on('close', (code) => settle(code ?? 1))
  })
}
