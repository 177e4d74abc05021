import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { readPackage } from './package.ts'

const RULE = `\n${'-'.repeat(80)}\n\n`

/** The text to publish beside a bundle: the licence of every package in it. Throws for a package without one. */
export function licencesOf(root: string, packages: ReadonlySet<string>): string {
  const parts = [
    'The bundles in this folder hold code of these packages.\n',
    ...[...packages].toSorted().map((name) => licenceOf(join(root, 'node_modules', name), name)),
  ]
  return parts.join(RULE)
}

function licenceOf(folder: string, name: string): string {
  const { version, license, homepage } = readPackage(folder)
  const file = readdirSync(folder).find((each) => /^licen[cs]e(?:\.\w+)?$/i.test(each))
  if (file === undefined) throw new Error(`${name} is bundled and has no licence file`)
  const head = [`${name} ${version}`, license ?? '', homepage ?? ''].filter((line) => line !== '')
  return `${head.join('\n')}\n\n${readFileSync(join(folder, file), 'utf8').trim()}\n`
}
