import { join } from 'node:path'
import { rolldown, type Plugin, type OutputOptions } from 'rolldown'
import { packageVersion } from './package.ts'

/** What is bundled, and where to. */
export type Bundling = {
  /** Sources by the name of the file that they become, relative to the repository. */
  readonly input: Readonly<Record<string, string>>
  readonly output: OutputOptions
}

/**
 * Modules of Node that a bundle asks for by `getBuiltinModule`: an `import` of them reads every property that they have,
 * lazy ones included. `node:http` then loads `fetch` and `WebSocket`, which we do not use: 30 ms and 10 MB.
 */
const LAZY_BUILTINS = /^node:(?:http|https|tls|util)$/

/** Bundles sources with their packages and gives the names of those packages. */
export async function bundle(root: string, { input, output }: Bundling): Promise<ReadonlySet<string>> {
  const build = await rolldown({
    input: Object.fromEntries(Object.entries(input).map(([name, file]) => [name, join(root, file)])),
    platform: 'node',
    // Used where the user has installed it, and only there.
    external: ['@azure/identity'],
    plugins: [knownVersion(root), lazyBuiltins],
    // Commands are loaded by name; some of them are part of the command line itself.
    checks: { ineffectiveDynamicImport: false },
  })
  const { output: chunks } = await build.write({
    format: 'esm',
    minify: false,
    // What users read in a stack trace keeps its names and lines; comments are for the repository.
    comments: { annotation: false, jsdoc: false },
    ...output,
  })
  await build.close()
  const modules = chunks.flatMap((chunk) => (chunk.type === 'chunk' ? Object.keys(chunk.modules) : []))
  return new Set(
    modules.flatMap((id) => {
      const name = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(id.replaceAll('\\', '/'))?.[1]
      return name === undefined ? [] : [name]
    }),
  )
}

/** A bundle does not know where package.json is; what it says is written into it. */
function knownVersion(root: string): Plugin {
  const file = join(root, 'src', 'version.ts')
  const code = `export const VERSION = ${JSON.stringify(packageVersion(root))}`
  return { name: 'known-version', load: (id) => (id === file ? code : undefined) }
}

const lazyBuiltins: Plugin = {
  name: 'lazy-builtins',
  resolveId: {
    order: 'pre',
    handler: (id) => (LAZY_BUILTINS.test(id) ? `\0lazy:${id}` : undefined),
  },
  load: (id) =>
    id.startsWith('\0lazy:')
      ? `module.exports = process.getBuiltinModule(${JSON.stringify(id.slice('\0lazy:'.length))})`
      : undefined,
}
