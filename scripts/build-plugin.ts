/**
 * Builds what the Claude Code plugin runs, for a plugin that is installed from a Git repository has nothing but its own
 * folder: `plugin/runtime/dragoman.mjs` (the whole CLI in one readable file), `hook.mjs` (the part that runs before every
 * prompt, which must load quickly), the licences of what is in them, and a hash of the sources by which a test sees that
 * they are current.
 */
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { rolldown } from 'rolldown'
import { packageVersion, SOURCES_FILE, sourcesHash } from './build-plugin/sources.ts'

const root = join(import.meta.dirname, '..')
const plugin = join(root, 'plugin')
const runtime = join(plugin, 'runtime')
const version = packageVersion(root)
// Before anything is read: an edit that comes meanwhile is seen as one.
const sources = sourcesHash(root)

/** The packages that went into a bundle. */
async function bundle(entry: string, file: string, banner: string): Promise<ReadonlySet<string>> {
  const build = await rolldown({
    input: join(root, entry),
    platform: 'node',
    // Used where the user has installed it, and only there.
    external: ['@azure/identity'],
    plugins: [
      {
        name: 'version',
        load: (id) =>
          id === join(root, 'src', 'version.ts')
            ? `export const VERSION = ${JSON.stringify(version)}`
            : undefined,
      },
    ],
  })
  const { output } = await build.write({
    file: join(runtime, file),
    format: 'esm',
    minify: false,
    codeSplitting: false,
    banner,
  })
  await build.close()
  const modules = output.flatMap((chunk) => (chunk.type === 'chunk' ? Object.keys(chunk.modules) : []))
  return new Set(
    modules.flatMap((id) => {
      const name = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(id.replaceAll('\\', '/'))?.[1]
      return name === undefined ? [] : [name]
    }),
  )
}

function licenceOf(name: string): string {
  const folder = join(root, 'node_modules', name)
  const { version, license, homepage } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
    version: string
    license?: string
    homepage?: string
  }
  const file = readdirSync(folder).find((each) => /^licen[cs]e(?:\.\w+)?$/i.test(each))
  if (file === undefined) throw new Error(`${name} is bundled and has no licence file`)
  const head = [`${name} ${version}`, license ?? '', homepage ?? ''].filter((line) => line !== '')
  return `${head.join('\n')}\n\n${readFileSync(join(folder, file), 'utf8').trim()}\n`
}

mkdirSync(runtime, { recursive: true })
const note = `// Dragoman ${version}: built from src/ by \`npm run build:plugin\`. Edits here are lost.`
const packages = new Set([
  ...(await bundle('src/main.ts', 'dragoman.mjs', note)),
  ...(await bundle('scripts/build-plugin/hook-main.ts', 'hook.mjs', note)),
])

const rule = `\n${'-'.repeat(80)}\n\n`
const licences = [
  'The bundles in this folder hold code of these packages.\n',
  ...[...packages].toSorted().map(licenceOf),
]
writeFileSync(join(runtime, 'LICENSES.txt'), licences.join(rule))
writeFileSync(join(runtime, SOURCES_FILE), `${sources}\n`)

const manifest = join(plugin, '.claude-plugin', 'plugin.json')
const text = readFileSync(manifest, 'utf8')
writeFileSync(manifest, text.replace(/(?<="version": ")[^"]*/, version))
console.log(`plugin/runtime: Dragoman ${version} with ${[...packages].toSorted().join(', ')}`)
