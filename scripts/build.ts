/**
 * Builds `dist/` for publishing: the executable `dist/main.js` and the library `dist/index.js`, bundled with the packages
 * that they use into chunks of what is loaded together, the library's declarations, and the licences of those packages.
 *
 * Bundled because loading two hundred files costs more than running them; see docs/decisions/0009. The executable bit is
 * set here because `npx` from a packed tarball needs it on some platforms.
 */
import { spawnSync } from 'node:child_process'
import { chmodSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { bundle } from './build/bundle.ts'
import { keepDeclarations } from './build/declarations.ts'
import { licencesOf } from './build/licences.ts'

const root = join(import.meta.dirname, '..')
const dist = join(root, 'dist')
const main = join(dist, 'main.js')

const typescript = dirname(createRequire(import.meta.url).resolve('typescript/package.json'))

rmSync(dist, { recursive: true, force: true })
const packages = await bundle(root, {
  input: { main: 'src/main.ts', index: 'src/index.ts' },
  output: { dir: dist, chunkFileNames: 'chunks/[name]-[hash].js' },
})
writeFileSync(join(dist, 'LICENSES.txt'), licencesOf(root, packages))

const compiled = spawnSync(
  process.execPath,
  [join(typescript, 'bin', 'tsc'), '-p', join(root, 'tsconfig.build.json')],
  { stdio: 'inherit' },
)
if (compiled.status !== 0) process.exit(compiled.status ?? 1)
keepDeclarations(dist, 'index.d.ts')

if (!readFileSync(main, 'utf8').startsWith('#!/usr/bin/env node\n')) {
  console.error('dist/main.js has lost its shebang: src/main.ts must begin with #!/usr/bin/env node')
  process.exit(1)
}
chmodSync(main, 0o755)
