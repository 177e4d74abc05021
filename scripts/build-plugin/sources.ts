import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Stands beside the bundle and says what it was built from. */
export const SOURCES_FILE = 'SOURCES'

/** The project's version. */
export function packageVersion(root: string): string {
  return readPackage(root).version
}

/** A hash of everything that the plugin's bundle is built from: the sources, the way they are built, and dependencies. */
export function sourcesHash(root: string): string {
  const hash = createHash('sha256')
  const sources = (readdirSync(join(root, 'src'), { recursive: true }) as string[])
    .map((file) => `src/${file.replaceAll('\\', '/')}`)
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
  const files = ['scripts/build-plugin.ts', 'scripts/build-plugin/hook-main.ts', ...sources].toSorted()
  for (const file of files) {
    // A checkout on Windows may have other line ends.
    hash.update(`${file}\0${readFileSync(join(root, file), 'utf8').replaceAll('\r\n', '\n')}\0`)
  }
  const { version, dependencies = {} } = readPackage(root)
  hash.update(version)
  for (const name of Object.keys(dependencies).toSorted())
    hash.update(`${name}@${readPackage(join(root, 'node_modules', name)).version}`)
  return hash.digest('hex')
}

type Package = { readonly version: string; readonly dependencies?: Readonly<Record<string, string>> }

function readPackage(folder: string): Package {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Package
}
