import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { closeSync } from 'node:fs'
import { homedir } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { asObject, asString, parseJson } from '../../ir/json.ts'
import type { Io } from '../io.ts'
import { askHealth, localUrl } from './health.ts'
import { EXECUTABLE } from '../executable.ts'
import { openLog, readOn, tail } from './log-file.ts'
import type { GatewayPlace } from './place.ts'
import { readRecord, type GatewayRecord } from './record.ts'

export type Launched =
  | { readonly ok: true; readonly record: GatewayRecord }
  /** What the gateway said before it ended, or that it did not answer in time. */
  | { readonly ok: false; readonly reason: string; readonly log: readonly string[] }

const PATIENCE_MS = 20_000
const LOOK_EVERY_MS = 40
const LINES_SHOWN = 8

/**
 * Starts a gateway that outlives this process and waits until it answers as the one that was started.
 *
 * @param flags what `dragoman start` is to be told, such as `--config FILE`
 */
export async function launch(place: GatewayPlace, flags: readonly string[], io: Io): Promise<Launched> {
  const instance = randomUUID()
  const { end: logBefore } = tail(place.logFile, 0)
  const log = openLog(place.logFile)
  const child = spawn(
    process.execPath,
    [...process.execArgv, EXECUTABLE, 'start', ...flags, '--instance', instance, '--log-file', place.logFile],
    {
      detached: true,
      stdio: ['ignore', log, log],
      cwd: io.cwd,
      env: io.env,
      windowsHide: true,
    },
  )
  closeSync(log)
  const end: { reason?: string } = {}
  child.on('error', (error) => (end.reason = error.message))
  child.on('exit', (code, signal) => (end.reason ??= `it ended with ${signal ?? `code ${code ?? '?'}`}`))
  child.unref()

  const until = Date.now() + PATIENCE_MS
  while (end.reason === undefined && Date.now() < until) {
    const record = readRecord(place.recordFile)
    if (record?.instance === instance) {
      const answer = await askHealth(localUrl(record.host, record.port))
      if (answer.kind === 'gateway' && answer.instance === instance) return { ok: true, record }
    }
    await sleep(LOOK_EVERY_MS)
  }
  if (end.reason === undefined) child.kill('SIGTERM')
  const said = readOn(place.logFile, logBefore)
    .text.split('\n')
    .filter((line) => line.trim() !== '')
  return {
    ok: false,
    reason: end.reason ?? `it did not answer within ${PATIENCE_MS / 1000} seconds`,
    log: said.slice(-LINES_SHOWN).map(withoutJson),
  }
}

function withoutJson(line: string): string {
  return asString(asObject(parseJson(line)).message) ?? line
}

/** A path as people write it. */
export function shortPath(path: string): string {
  const home = homedir()
  return path.startsWith(home) ? `~${path.slice(home.length)}` : path
}
