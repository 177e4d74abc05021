/**
 * `npm run bench:peers`: puts nginx and other gateways into `bench/.peers/`, each in a folder of its own, nothing
 * outside of it; `-- nginx portkey` only those. What cannot be had is reported and left out; `npm run bench` then
 * does without.
 */
import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PEERS } from './gateways/installed.ts'

type Peer = { readonly name: string; install(folder: string): void }

const npm = (name: string, dependencies: Readonly<Record<string, string>>): Peer => ({
  name,
  install(folder) {
    // The overrides hold for what the dependencies bring along, too.
    const manifest = { private: true, dependencies, overrides: dependencies }
    writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest, undefined, 2))
    run(folder, 'npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts'])
  },
})

const LITELLM = '1.106.2'

const ALL: readonly Peer[] = [
  {
    // Unpacked, not installed: installing would start it as a service.
    name: 'nginx',
    install(folder) {
      run(folder, 'apt-get', ['download', 'nginx'])
      const packed = readdirSync(folder).find((file) => file.endsWith('.deb'))
      run(folder, 'dpkg', ['-x', packed ?? 'nginx.deb', 'root'])
    },
  },
  npm('claude-code-router', { '@musistudio/claude-code-router': '2.0.0' }),
  // With a newer server underneath, Portkey holds streams back.
  npm('portkey', { '@portkey-ai/gateway': '1.15.2', '@hono/node-server': '1.13.8' }),
  {
    name: 'litellm',
    install(folder) {
      run(folder, 'python3', ['-m', 'venv', '.'])
      run(folder, join('bin', 'pip'), ['install', '--quiet', `litellm[proxy]==${LITELLM}`])
    },
  },
  {
    name: 'bifrost',
    install(folder) {
      run(folder, 'go', ['install', 'github.com/maximhq/bifrost/transports/bifrost-http@latest'], {
        GOBIN: join(folder, 'bin'),
      })
    },
  },
]

const asked = process.argv.slice(2)
let failed = 0
for (const { name, install } of ALL) {
  if (asked.length > 0 && !asked.includes(name)) continue
  const folder = join(PEERS, name)
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  try {
    install(folder)
    console.log(`${name}: installed`)
  } catch (thrown) {
    failed += 1
    rmSync(folder, { recursive: true, force: true })
    console.error(`${name}: not installed: ${(thrown as Error).message}`)
  }
}
if (failed > 0) console.error('npm run bench goes without what is not installed, and says so.')

function run(
  cwd: string,
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): void {
  const { status, stderr, error } = spawnSync(command, args, {
    cwd,
    env: { ...process.env, ...env },
    encoding: 'utf8',
  })
  if (error !== undefined) throw new Error(`${command} cannot be run here`)
  if (status !== 0) throw new Error(`${command} failed: ${stderr.trim().split('\n').slice(-2).join(' ')}`)
}
