import { copyFileSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { VERSION } from '../../version.ts'
import { EXECUTABLE } from '../executable.ts'
import type { Io } from '../io.ts'
import { replaceFile } from '../private-file.ts'
import type { PluginPlace } from './place.ts'

/**
 * The program of the gateway that outlives the plugin's folder: a copy of the bundle, named by its version. Outside of a
 * plugin it is the program that runs.
 */
export function stableRuntime(place: PluginPlace, env: Io['env']): string {
  const root = env.DRAGOMAN_PLUGIN
  if (root === undefined || root === '') return EXECUTABLE
  const bundle = join(root, 'runtime', 'dragoman.mjs')
  const copy = join(place.runtimeFolder, `dragoman-${VERSION}.mjs`)
  if (!isSame(bundle, copy)) install(bundle, copy, place.runtimeFolder)
  return copy
}

/** Copies keep the original's time: the size alone may be the same in two builds of one version. */
function isSame(bundle: string, copy: string): boolean {
  const [one, other] = [bundle, copy].map((file) => statSync(file, { throwIfNoEntry: false }))
  return one !== undefined && other !== undefined && one.size === other.size && one.mtimeMs <= other.mtimeMs
}

function install(bundle: string, copy: string, folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const draft = `${copy}.${process.pid}.tmp`
  copyFileSync(bundle, draft)
  renameSync(draft, copy)
  // The Node.js that is known to be new enough, for sessions whose PATH has none.
  replaceFile(join(folder, 'node'), `${process.execPath}\n`, 0o600)
  // A gateway that runs needs its file no more.
  for (const name of readdirSync(folder)) {
    const file = join(folder, name)
    if (/^dragoman-.*\.mjs$/.test(name) && file !== copy) rmSync(file, { force: true })
  }
}
