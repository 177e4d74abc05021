import { spawnSync } from 'node:child_process'

/** Which cores the gateway and the rig run on; undefined where they cannot be kept apart. */
export type Cores = { readonly gateway: string; readonly rig: string }

/** Keeps this process, and what it starts, off the gateway's core. Needs `taskset` and two cores. */
export function takeRigCores(): Cores | undefined {
  const asked = spawnSync('taskset', ['-cp', String(process.pid)], { encoding: 'utf8' })
  const cores = coresIn(/: *([\d,-]+)\s*$/.exec(asked.stdout ?? '')?.[1] ?? '')
  const [gateway, ...rest] = cores
  if (gateway === undefined || rest.length === 0) return undefined
  const rig = rest.join(',')
  // All threads, as those of the runtime exist already.
  const pinned = spawnSync('taskset', ['-acp', rig, String(process.pid)])
  return pinned.status === 0 ? { gateway: String(gateway), rig } : undefined
}

/** In words. */
export function pinning(cores: Cores | undefined): string {
  return cores === undefined ? 'not pinned' : `gateway on core ${cores.gateway}, rig on ${cores.rig}`
}

/** `0-2,5` → 0, 1, 2, 5. */
function coresIn(list: string): number[] {
  return list.split(',').flatMap((range) => {
    if (range === '') return []
    const [from = 0, to = from] = range.split('-').map(Number)
    return Array.from({ length: to - from + 1 }, (_, index) => from + index)
  })
}
