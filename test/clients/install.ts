import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Clients are large (hundreds of megabytes), so they are kept between runs, outside the checkout. */
export const CACHE = process.env['DRAGOMAN_E2E_CACHE'] ?? join(homedir(), '.cache', 'dragoman-e2e-clients')

/** Where a client stands, or why it cannot be had here. */
export type Installed = { readonly path: string } | { readonly missing: string }

/**
 * Installs one package of a real client at a fixed version with npm, `beside` others (`name@version`), and gives
 * the path of a file in it. Never throws: where there is no registry or no binary for this machine the tests that
 * need it skip, saying so.
 */
export async function install(
  name: string,
  version: string,
  file: string,
  beside: readonly string[] = [],
): Promise<Installed> {
  const folder = join(CACHE, `${name.replace('/', '-')}-${version}`)
  const path = join(folder, 'node_modules', name, file)
  if (existsSync(path)) return { path }
  try {
    await mkdir(folder, { recursive: true })
    await writeFile(join(folder, 'package.json'), '{"private":true}')
    const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm'
    const quiet = ['--no-audit', '--no-fund', '--ignore-scripts']
    await run(npm, ['install', ...quiet, `${name}@${version}`, ...beside], { cwd: folder, timeout: 300_000 })
    return existsSync(path) ? { path } : { missing: `${name}@${version} has no ${file}` }
  } catch (error) {
    const reason = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)
    return { missing: `${name}@${version} cannot be installed here: ${reason}` }
  }
}
