import { execFileSync } from 'node:child_process'
import { cpus, loadavg, release, totalmem } from 'node:os'

/** What figures depend on; nothing that names a machine. */
export type Machine = {
  readonly cpu: string
  readonly cores: number
  readonly memoryGb: number
  readonly kernel: string
  readonly node: string
  /** Which cores gateway and rig had. */
  readonly pinned: string
  /** The revision that was measured. */
  readonly commit: string
}

export function describeMachine(): Omit<Machine, 'pinned'> {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memoryGb: Math.round(totalmem() / 1024 ** 3),
    kernel: release().split('-', 1)[0] ?? '',
    node: process.version,
    commit: commit(),
  }
}

/** A warning where others use the machine meanwhile; undefined where it is calm. */
export function busyness(): string | undefined {
  const load = loadavg()[0] ?? 0
  return load > cpus().length / 2
    ? `the machine was busy before the run (load ${load.toFixed(1)} on ${cpus().length} cores): figures are rough`
    : undefined
}

/** The short revision; with a plus sign when files differ from it. */
function commit(): string {
  try {
    const changed = git('status', '--porcelain', '--untracked-files=no', '--', 'src', 'package.json') !== ''
    return `${git('rev-parse', '--short', 'HEAD')}${changed ? '+' : ''}`
  } catch {
    return 'unknown'
  }
}

function git(...args: string[]): string {
  return execFileSync('git', args, { encoding: 'utf8', stdio: 'pipe' }).trim()
}
