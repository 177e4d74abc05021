import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { Failure } from '../command.ts'
import type { Environment } from '../../config/paths.ts'

/** A program that is started in this terminal. */
export type Client = {
  readonly command: string
  readonly args: readonly string[]
  readonly env: Environment
  readonly cwd: string
  /** How to get it. */
  readonly install: string
}

/** Ctrl-C reaches the client too, and it decides what that means. */
const ignore = () => {}

/** Runs a client in this terminal and returns its exit code; one that a signal ended has 128 and the signal's number. */
export function runClient(client: Client): Promise<number> {
  return new Promise((resolve, reject) => {
    // On Windows npm's commands are scripts, which only a shell runs.
    const shell = process.platform === 'win32'
    const child = spawn(client.command, shell ? client.args.map(quoted) : client.args, {
      stdio: 'inherit',
      env: client.env,
      cwd: client.cwd,
      shell,
    })
    const handOn = (signal: NodeJS.Signals) => void child.kill(signal)
    process.on('SIGINT', ignore)
    process.on('SIGTERM', handOn)
    process.on('SIGHUP', handOn)
    const release = () => {
      process.off('SIGINT', ignore)
      process.off('SIGTERM', handOn)
      process.off('SIGHUP', handOn)
    }
    child.on('error', (error: NodeJS.ErrnoException) => {
      release()
      reject(
        error.code === 'ENOENT'
          ? new Failure(`${client.command} is not installed, or not on PATH. ${client.install}`)
          : error,
      )
    })
    child.on('exit', (code, signal) => {
      release()
      resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal]))
    })
  })
}

function quoted(argument: string): string {
  return /^[\w@%+=:,./\\-]+$/.test(argument) ? argument : `"${argument.replaceAll('"', '\\"')}"`
}
