import { mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Whoever holds a lock longer than this has ended without giving it back. Milliseconds. */
const LONGEST_MS = 15_000

/**
 * Takes the lock for starting a gateway.
 *
 * @returns gives it back; undefined when somebody else has it
 */
export function takeLock(stateDir: string): (() => void) | undefined {
  const file = join(stateDir, 'plugin.lock')
  mkdirSync(stateDir, { recursive: true, mode: 0o700 })
  const taken = statSync(file, { throwIfNoEntry: false })
  if (taken !== undefined && Date.now() - taken.mtimeMs > LONGEST_MS) rmSync(file, { force: true })
  try {
    writeFileSync(file, `${process.pid}\n`, { flag: 'wx', mode: 0o600 })
    return () => rmSync(file, { force: true })
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'EEXIST') return undefined
    throw thrown
  }
}
