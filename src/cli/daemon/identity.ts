import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { askHealth, localUrl } from './health.ts'
import type { GatewayRecord } from './record.ts'

/** Whether the gateway of a record is still there. */
export type Found =
  /** It answered with its own instance. */
  | { readonly state: 'running'; readonly uptime: number; readonly workers?: number }
  /** Its process is there and does not answer: it drains, starts, or hangs. */
  | { readonly state: 'silent' }
  /** Its process is gone; the pid may be another program's now. */
  | { readonly state: 'gone'; readonly reason: string }

/** Looks whether the gateway of a record is there: by its instance, never by the pid alone. */
export async function lookFor(record: GatewayRecord): Promise<Found> {
  const answer = await askHealth(localUrl(record.host, record.port))
  if (answer.kind === 'gateway' && answer.instance === record.instance)
    return {
      state: 'running',
      uptime: answer.uptime,
      ...(answer.workers !== undefined && { workers: answer.workers }),
    }
  if (!isAlive(record.pid)) return { state: 'gone', reason: `process ${record.pid} is gone` }
  if (isOurProcess(record)) return { state: 'silent' }
  return { state: 'gone', reason: `process ${record.pid} is another program by now` }
}

/** True while there is a process of this pid, whoever it is. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return !isZombie(pid)
  } catch (thrown) {
    return (thrown as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** Ended, and kept by the system until somebody asks how: in a container without an init process for ever. */
function isZombie(pid: number): boolean {
  if (process.platform !== 'linux') return false
  try {
    // The state follows the command's name, which is in parentheses and may hold some itself.
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.startsWith('Z') === true
  } catch {
    return false
  }
}

/** A detached gateway carries its instance on its command line. */
function isOurProcess({ pid, instance }: GatewayRecord): boolean {
  return commandLine(pid).includes(instance)
}

function commandLine(pid: number): string {
  try {
    if (process.platform === 'linux') return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
    if (process.platform === 'win32') return ''
    return execFileSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8', timeout: 2000 })
  } catch {
    return ''
  }
}
