/**
 * Builds what the Claude Code plugin runs, for a plugin that is installed from a Git repository has nothing but its own
 * folder: `plugin/runtime/dragoman.mjs` (the whole CLI in one readable file), `hook.mjs` (the part that runs before every
 * prompt, which must load quickly), the licences of what is in them, and a hash of the sources by which a test sees that
 * they are current.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { SOURCES_FILE, sourcesHash } from './build-plugin/sources.ts'
import { bundle } from './build/bundle.ts'
import { licencesOf } from './build/licences.ts'
import { packageVersion } from './build/package.ts'

const root = join(import.meta.dirname, '..')
const plugin = join(root, 'plugin')
const runtime = join(plugin, 'runtime')
const version = packageVersion(root)
// Before anything is read: an edit that comes meanwhile is seen as one.
const sources = sourcesHash(root)

const build = (entry: string, file: string): Promise<ReadonlySet<string>> =>
  bundle(root, {
    input: { [file.replace('.mjs', '')]: entry },
    output: {
      file: join(runtime, file),
      codeSplitting: false,
      // Which package a part comes from stays to be read.
      comments: true,
      banner: `// Dragoman ${version}: built from src/ by \`npm run build:plugin\`. Edits here are lost.`,
    },
  })

mkdirSync(runtime, { recursive: true })
const packages = new Set([
  ...(await build('src/main.ts', 'dragoman.mjs')),
  ...(await build('scripts/build-plugin/hook-main.ts', 'hook.mjs')),
])

writeFileSync(join(runtime, 'LICENSES.txt'), licencesOf(root, packages))
writeFileSync(join(runtime, SOURCES_FILE), `${sources}\n`)

const manifest = join(plugin, '.claude-plugin', 'plugin.json')
const text = readFileSync(manifest, 'utf8')
writeFileSync(manifest, text.replace(/(?<="version": ")[^"]*/, version))
console.log(`plugin/runtime: Dragoman ${version} with ${[...packages].toSorted().join(', ')}`)
