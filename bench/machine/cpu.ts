import { readdirSync, readFileSync } from 'node:fs'

/** Clock ticks a second in /proc, the same on every Linux of today. */
const TICKS = 100

/**
 * CPU time that a process and all its descendants have used, user and system, in microseconds. From the scheduler's
 * own nanoseconds, as the classic counters move in steps of 10 ms; those serve for threads and children that ended.
 */
export function cpuOf(pid: number): number {
  return treeOf(pid).reduce((sum, id) => sum + cpuOfOne(id), 0)
}

/** Resident memory of a process and its descendants, in bytes. Pages that they share are counted in each. */
export function residentOf(pid: number): number {
  return treeOf(pid).reduce((sum, id) => {
    const status = read(`/proc/${id}/status`) ?? ''
    return sum + Number(/VmRSS:\s*(\d+)/.exec(status)?.[1] ?? 0) * 1024
  }, 0)
}

/** A process and its descendants. */
export function treeOf(root: number): number[] {
  const children = new Map<number, number[]>()
  for (const name of readdirSync('/proc')) {
    const pid = Number(name)
    if (!Number.isInteger(pid)) continue
    const stat = statOf(pid)
    if (stat === undefined) continue
    children.set(stat.parent, [...(children.get(stat.parent) ?? []), pid])
  }
  const tree = [root]
  for (let index = 0; index < tree.length; index++) tree.push(...(children.get(tree[index]!) ?? []))
  return tree
}

function cpuOfOne(pid: number): number {
  const stat = statOf(pid)
  if (stat === undefined) return 0
  return Math.max(scheduled(pid), stat.own) + stat.waited
}

/** Microseconds on a core, over all living threads; 0 where the kernel does not say. */
function scheduled(pid: number): number {
  let nanoseconds = 0
  for (const thread of list(`/proc/${pid}/task`)) {
    const line = read(`/proc/${pid}/task/${thread}/schedstat`)
    nanoseconds += Number(line?.split(' ', 1)[0] ?? 0)
  }
  return nanoseconds / 1000
}

/** Microseconds of the process itself and of its children that ended. */
function statOf(pid: number): { parent: number; own: number; waited: number } | undefined {
  const line = read(`/proc/${pid}/stat`)
  if (line === undefined) return undefined
  // The name in the second field may hold spaces.
  const fields = line
    .slice(line.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number)
  const micros = (at: number) => ((fields[at] ?? 0) * 1e6) / TICKS
  return { parent: fields[1] ?? 0, own: micros(11) + micros(12), waited: micros(13) + micros(14) }
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    // The process or thread ended meanwhile.
    return undefined
  }
}

function list(path: string): string[] {
  try {
    return readdirSync(path)
  } catch {
    return []
  }
}
