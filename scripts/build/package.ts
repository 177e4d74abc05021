import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** What the build wants to know of a package. */
export type Package = {
  readonly version: string
  readonly license?: string
  readonly homepage?: string
  readonly devDependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
}

export function readPackage(folder: string): Package {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Package
}

/** The project's version. */
export function packageVersion(root: string): string {
  return readPackage(root).version
}
