import { spawn } from 'node:child_process'
import { asObject, asString, parseJson } from '../ir/json.ts'
import type { Arguments } from './command.ts'
import { askHealth } from './daemon/health.ts'
import type { Io } from './io.ts'
import { ensureAnswering, gatewayEnvironment, type Ensured } from './plugin/ensure.ts'
import { autoStarts, handOver, optionsFrom } from './plugin/options.ts'
import { isRouted, pluginPlace, readState, type PluginPlace, type PluginState } from './plugin/place.ts'
import { stableRuntime } from './plugin/runtime.ts'

/** Starting takes about a second; a session is not to wait for more than two. Milliseconds. */
const PATIENCE_MS = 1800

/** What Claude Code reads from a hook's output. */
type HookAnswer = {
  /** Shown to the user. */
  readonly systemMessage?: string
  /** The prompt goes no further, and `reason` is shown in its place. */
  readonly decision?: 'block'
  readonly reason?: string
}

/**
 * `dragoman hook session-start|prompt-submit`: what the Claude Code plugin does before requests are sent. Never fails: a
 * session must not break over its gateway's helper.
 */
export async function run({ positionals: [event] }: Arguments, io: Io): Promise<number> {
  try {
    const answer = event === 'prompt-submit' ? await promptSubmit(io) : await sessionStart(io)
    if (answer !== undefined) io.write(`${JSON.stringify(answer)}\n`)
  } catch (thrown) {
    io.write(`${JSON.stringify(explained(thrown instanceof Error ? thrown.message : String(thrown)))}\n`)
  }
  return 0
}

async function sessionStart(io: Io): Promise<HookAnswer | undefined> {
  const place = pluginPlace(io)
  const state = readState(place.stateDir)
  if (state === undefined || !isRouted(state)) return undefined
  const ensured = await ensure(state, place, io, 'renew')
  return ensured.state === 'down' ? explained(ensured.why) : undefined
}

async function promptSubmit(io: Io): Promise<HookAnswer | undefined> {
  const place = pluginPlace(io)
  const state = readState(place.stateDir)
  const prompt = asString(asObject(parseJson(await io.readInput())).prompt) ?? ''
  const command = /^\/dragoman:(\w+)/.exec(prompt)?.[1]
  if (command === 'setup') handOver(place.stateDir, optionsFrom(io.env))
  // These look after the gateway themselves.
  if (state === undefined || /^(?:setup|on|start|restart)$/.test(command ?? '')) return undefined
  // Its answer could not come through a gateway that has stopped.
  if (command === 'stop') return await answeredHere(command, place, io)
  if (!isRouted(state)) return await leftBehind(state, io)
  const ensured = await ensure(state, place, io, 'keep')
  if (ensured.state !== 'down') return undefined
  if (command === undefined) return explained(ensured.why)
  const answer = await answeredHere(command, place, io)
  return { ...answer, ...explained(ensured.why) }
}

function ensure(state: PluginState, place: PluginPlace, io: Io, others: 'renew' | 'keep'): Promise<Ensured> {
  return ensureAnswering(state, {
    runtime: () => stableRuntime(place, io.env),
    env: io.env,
    stateDir: place.stateDir,
    renew: others === 'renew',
    start: autoStarts(optionsFrom(io.env)),
    patienceMs: PATIENCE_MS,
  })
}

/** Lines that are taken out of the settings stay in force in sessions that run. */
async function leftBehind(state: PluginState, io: Io): Promise<HookAnswer | undefined> {
  if (io.env.ANTHROPIC_BASE_URL !== state.url) return undefined
  const { kind } = await askHealth(state.url)
  if (kind === 'gateway') return undefined
  return explained(
    'this session still goes through the gateway, which was switched off. Start a new session, or run /dragoman:on',
  )
}

/** Runs one of the plugin's commands and shows what it says, without a model. */
async function answeredHere(command: string, place: PluginPlace, io: Io): Promise<HookAnswer> {
  const child = spawn(process.execPath, [stableRuntime(place, io.env), 'plugin', command], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...gatewayEnvironment(io.env), NO_COLOR: '1' },
    windowsHide: true,
  })
  let said = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (said += text))
  await new Promise((settle) => child.on('close', settle).on('error', settle))
  return { decision: 'block', reason: said.trim() }
}

function explained(why: string): HookAnswer {
  return { systemMessage: `Dragoman: ${why.charAt(0).toLowerCase()}${why.slice(1)}` }
}
