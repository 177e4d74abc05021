import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'

/**
 * Of the declarations in a folder, keeps those that `entry` leads to: the compiler writes one for every source, and most
 * are nobody's API. Throws when one of them needs a package: its users would have to have it.
 */
export function keepDeclarations(folder: string, entry: string): void {
  const kept = new Set<string>()
  const keep = (file: string) => {
    if (kept.has(file)) return
    kept.add(file)
    for (const [, from = ''] of readFileSync(file, 'utf8').matchAll(
      /\b(?:from|import\() ?['"]([^'"]+)['"]/g,
    )) {
      if (from.startsWith('.')) keep(resolve(dirname(file), from.replace(/\.[jt]s$/, '.d.ts')))
      else if (!from.startsWith('node:')) throw new Error(`${file} needs the package ${from}`)
    }
  }
  keep(join(folder, entry))
  const all = readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((file) => join(folder, file))
  for (const file of all) if (file.endsWith('.d.ts') && !kept.has(file)) rmSync(file)
  removeEmptyFolders(folder)
}

function removeEmptyFolders(folder: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true }))
    if (entry.isDirectory()) removeEmptyFolders(join(folder, entry.name))
  if (readdirSync(folder).length === 0) rmSync(folder, { recursive: true })
}
