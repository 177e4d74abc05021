import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { readPackage } from '../build/package.ts'

/** Stands beside the bundle and says what it was built from. */
export const SOURCES_FILE = 'SOURCES'

const BUILD = ['scripts/build-plugin.ts', 'scripts/build-plugin/hook-main.ts', 'scripts/build/bundle.ts']

/** A hash of everything that the plugin's bundle is built from: the sources, the way they are built, and dependencies. */
export function sourcesHash(root: string): string {
  const hash = createHash('sha256')
  const sources = (readdirSync(join(root, 'src'), { recursive: true }) as string[])
    .map((file) => `src/${file.replaceAll('\\', '/')}`)
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
  const files = [...BUILD, ...sources].toSorted()
  const imported = new Set<string>()
  for (const file of files) {
    // A checkout on Windows may have other line ends.
    const text = readFileSync(join(root, file), 'utf8').replaceAll('\r\n', '\n')
    hash.update(`${file}\0${text}\0`)
    for (const [, name = ''] of text.matchAll(/\bfrom '((?:@[\w-]+\/)?[\w-]+)/g)) imported.add(name)
  }
  const { version, devDependencies = {}, peerDependencies = {} } = readPackage(root)
  hash.update(version)
  const bundled = Object.keys(devDependencies).filter(
    (name) => imported.has(name) && !(name in peerDependencies),
  )
  for (const name of bundled.toSorted())
    hash.update(`${name}@${readPackage(join(root, 'node_modules', name)).version}`)
  return hash.digest('hex')
}
