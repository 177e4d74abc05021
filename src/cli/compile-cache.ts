import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import { enableCompileCache, flushCompileCache } from 'node:module'
import { join } from 'node:path'
import { stateFolder } from '../config/paths.ts'
import { VERSION } from '../version.ts'
import { EXECUTABLE } from './executable.ts'
import type { Io } from './io.ts'

/** When what a start has compiled is written: nobody waits for it any more. Milliseconds. */
const WRITE_AFTER_MS = 10_000

/**
 * Lets V8 keep what it compiles for the next start, which is a fifth shorter by it. In the user's own state folder: Node
 * would take the machine's folder for temporary files, where others may write. For the built program alone; without a
 * folder to write to, nothing is kept.
 */
export function keepCompiledCode({ env, homedir, platform }: Pick<Io, 'env' | 'homedir' | 'platform'>): void {
  if (EXECUTABLE.endsWith('.ts')) return
  const state = stateFolder({ env, homedir, platform })
  const folder = join(state, 'compiled')
  try {
    mkdirSync(state, { recursive: true, mode: 0o700 })
    enableCompileCache(join(folder, VERSION))
  } catch {
    return
  }
  setTimeout(() => {
    flushCompileCache()
    forgetOthers(folder)
  }, WRITE_AFTER_MS).unref()
}

/** Of versions that are not installed any more. */
function forgetOthers(folder: string): void {
  try {
    for (const version of readdirSync(folder))
      if (version !== VERSION) rmSync(join(folder, version), { recursive: true })
  } catch {
    // They stay; they are small.
  }
}
