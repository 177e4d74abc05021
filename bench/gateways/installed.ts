import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** The project. */
export const ROOT = join(import.meta.dirname, '..', '..')

/** Where `npm run bench:peers` puts the peers, each in a folder of its own. */
export const PEERS = join(ROOT, 'bench', '.peers')

/** What to say of a peer that is not there. */
export const NOT_INSTALLED = 'not installed (npm run bench:peers)'

/** Bytes of a file, or of all files below a folder. */
export function sizeOf(path: string): number {
  const stat = statSync(path, { throwIfNoEntry: false })
  if (stat === undefined) return 0
  if (!stat.isDirectory()) return stat.size
  return readdirSync(path, { withFileTypes: true }).reduce(
    (sum, entry) => (entry.isSymbolicLink() ? sum : sum + sizeOf(join(path, entry.name))),
    0,
  )
}

/** The version that a package says it has; undefined when it is not there. */
export function versionOf(packageFolder: string): string | undefined {
  const path = join(packageFolder, 'package.json')
  if (!existsSync(path)) return undefined
  return (JSON.parse(readFileSync(path, 'utf8')) as { version: string }).version
}
