import { spawn } from 'node:child_process'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { VERSION } from '../../version.ts'
import type { Environment } from '../../config/paths.ts'
import { askHealth, type Answering } from '../daemon/health.ts'
import { placeOf } from '../daemon/place.ts'
import { readRecord } from '../daemon/record.ts'
import { takeLock } from './lock.ts'
import type { PluginState } from './place.ts'

/** What became of making sure that the gateway answers. */
export type Ensured =
  | { readonly state: 'up' }
  | { readonly state: 'started' }
  /** Why it does not answer, in sentences for the user. */
  | { readonly state: 'down'; readonly why: string }

export type EnsureOptions = {
  /** The program to start; called only when something is to be started. */
  readonly runtime: () => string
  readonly env: Environment
  /** Where the lock is kept. */
  readonly stateDir: string
  /** Whether a gateway of another version is to give way. */
  readonly renew: boolean
  /** False: a gateway that is down is only reported. */
  readonly start: boolean
  /** Milliseconds. */
  readonly patienceMs: number
}

const LOOK_EVERY_MS = 30
/** A health answer takes a millisecond; a machine under load some hundred. */
const HEALTH_MS = 700

/** Makes sure that a gateway answers where Claude Code was led to. */
export async function ensureAnswering(state: PluginState, options: EnsureOptions): Promise<Ensured> {
  const until = Date.now() + options.patienceMs
  const answer = await askHealth(state.url, HEALTH_MS)
  if (answer.kind === 'gateway') {
    if (!options.renew || !isOldOneOfOurs(answer, state)) return { state: 'up' }
    return await launch(state, 'restart', until, options)
  }
  if (answer.kind === 'other')
    return {
      state: 'down',
      why: `Another program listens at ${state.url}, where Claude Code was led to. Set another port in the plugin's options or ${state.config}, then run /dragoman:restart; or run /dragoman:off`,
    }
  if (!options.start)
    return { state: 'down', why: 'The gateway does not run, and auto_start is off: run /dragoman:start' }
  return await launch(state, 'start', until, options)
}

/** A detached gateway of this config, left by another version of the plugin. One that the user started is his. */
function isOldOneOfOurs(answer: Answering & { kind: 'gateway' }, state: PluginState): boolean {
  if (answer.version === VERSION) return false
  const record = readRecord(placeOf(state.stateDir, state.config).recordFile)
  return record !== undefined && record.instance === answer.instance && record.log !== undefined
}

/** Starts the gateway in a process of its own, which goes on when this one's time is over. */
async function launch(
  state: PluginState,
  command: 'start' | 'restart',
  until: number,
  options: EnsureOptions,
): Promise<Ensured> {
  // Several sessions may begin at once: one starts the gateway, the others wait for it.
  const unlock = takeLock(options.stateDir)
  const child = unlock === undefined ? undefined : spawnCommand(state, command, options)
  try {
    while (Date.now() < until) {
      const answer = await askHealth(state.url, HEALTH_MS)
      if (answer.kind === 'gateway' && (command === 'start' || answer.version === VERSION))
        return { state: 'started' }
      if (child?.ended() === true) return { state: 'down', why: `The gateway did not start. ${child.said()}` }
      await sleep(LOOK_EVERY_MS)
    }
  } finally {
    unlock?.()
  }
  // A restart waits for answers under way; requests meanwhile are repeated by the client.
  if (command === 'restart') return { state: 'started' }
  return {
    state: 'down',
    why: 'The gateway is still starting; Claude Code repeats its request until it answers (/dragoman:status tells more)',
  }
}

type Child = { readonly ended: () => boolean; readonly said: () => string }

function spawnCommand(state: PluginState, command: 'start' | 'restart', options: EnsureOptions): Child {
  const { port } = new URL(state.url)
  const flags = ['--config', state.config, ...(port === '' ? [] : ['--port', port])]
  const child = spawn(
    process.execPath,
    [options.runtime(), command, ...(command === 'start' ? ['--detach', '--ensure'] : []), ...flags],
    {
      detached: true,
      stdio: ['ignore', 'ignore', 'pipe'],
      cwd: dirname(state.config),
      env: gatewayEnvironment(options.env),
      windowsHide: true,
    },
  )
  let said = ''
  let failed = false
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text))
  child.on('error', (error) => {
    failed = true
    said = error.message
  })
  child.on('close', (code) => (failed ||= code !== 0))
  child.unref()
  return {
    ended: () => failed,
    said: () => said.trim().replace(/^error: (?:The gateway did not start: )?/, ''),
  }
}

/** A session's own variables, the plugin's key among them, are none of the gateway's business. */
export function gatewayEnvironment(env: Environment): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(env).filter(([name]) => !/^CLAUDE(?:_(?!CONFIG_DIR$)|CODE$)/.test(name)),
  )
}
