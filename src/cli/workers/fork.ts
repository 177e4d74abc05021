import cluster, { type Worker } from 'node:cluster'
import { fstatSync } from 'node:fs'
import { EXECUTABLE } from '../executable.ts'
import { passLines } from './output.ts'

/**
 * Starts this program as a worker. It writes its log where this process does, to a file or a terminal by itself, to a pipe
 * through this process.
 *
 * @param writeError writes to the error output of this process
 */
export function forkWorker(number: number, writeError: (text: string) => void): Worker {
  cluster.setupPrimary({
    exec: EXECUTABLE,
    args: ['start', '--worker', String(number)],
    serialization: 'advanced',
    stdio: ['ignore', 'inherit', isPipe(2) ? 'pipe' : 'inherit', 'ipc'],
    windowsHide: true,
  })
  const worker = cluster.fork()
  const { stderr } = worker.process
  if (stderr !== null) passLines(stderr, writeError)
  return worker
}

function isPipe(descriptor: number): boolean {
  try {
    const stats = fstatSync(descriptor)
    return !stats.isFile() && !stats.isCharacterDevice()
  } catch {
    return true
  }
}
