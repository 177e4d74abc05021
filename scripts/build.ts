/**
 * Builds `dist/` for publishing: plain JavaScript with declarations, and an executable `dist/main.js`.
 *
 * The compiler keeps the shebang of `src/main.ts`; the executable bit is set here because `npx` from a packed
 * tarball needs it on some platforms.
 */
import { spawnSync } from 'node:child_process'
import { chmodSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

const root = join(import.meta.dirname, '..')
const dist = join(root, 'dist')
const main = join(dist, 'main.js')

const typescript = dirname(createRequire(import.meta.url).resolve('typescript/package.json'))

rmSync(dist, { recursive: true, force: true })
const compiled = spawnSync(
  process.execPath,
  [join(typescript, 'bin', 'tsc'), '-p', join(root, 'tsconfig.build.json')],
  { stdio: 'inherit' },
)
if (compiled.status !== 0) process.exit(compiled.status ?? 1)

if (!readFileSync(main, 'utf8').startsWith('#!/usr/bin/env node\n')) {
  console.error('dist/main.js has lost its shebang: src/main.ts must begin with #!/usr/bin/env node')
  process.exit(1)
}
chmodSync(main, 0o755)
