import { readFileSync } from 'node:fs'
import { afterEach } from 'vitest'
import type { Config } from '../../src/config/config.ts'
import { loadConfig } from '../../src/config/load.ts'
import { createGateway, createLogger } from '../../src/index.ts'

const closing = new Set<() => Promise<void>>()
afterEach(async () => {
  await Promise.all([...closing].map((close) => close()))
  closing.clear()
})

/** A YAML text as a config, with an environment, and with files by their absolute names. */
export function configWith(yaml: string, env: Readonly<Record<string, string>> = {}): Config {
  return loadConfig({
    platform: 'linux',
    homedir: '/nowhere',
    cwd: '/nowhere',
    env,
    flags: { config: 'dragoman.yaml' },
    readFile(path) {
      if (path === '/nowhere/dragoman.yaml') return yaml
      return path.startsWith('/nowhere') ? undefined : readFileSync(path, 'utf8')
    },
  }).config
}

/** A gateway from such a config, on a free port until the test ends. `logged` is everything that it wrote, as text. */
export async function startConfigured(config: Config): Promise<{ url: string; logged: () => string }> {
  const lines: string[] = []
  const log = createLogger({ level: 'debug', write: (line) => void lines.push(line), now: () => new Date() })
  const gateway = await createGateway({ ...config, server: { ...config.server, port: 0 } }, { log })
  closing.add(() => gateway.close({ drainMs: 0 }))
  return { url: (await gateway.listen()).url, logged: () => lines.join('\n') }
}
