import type { Config } from '../../config/config.ts'
import { loadConfig } from '../../config/load.ts'

/**
 * The config that a YAML text stands for, read as `dragoman start` reads a file, but apart from this machine: no
 * environment, no other file.
 *
 * @throws ConfigError with everything that is wrong
 */
export function configOf(yaml: string): Config {
  const { config } = loadConfig({
    platform: 'linux',
    homedir: '/home/dragoman',
    cwd: '/home/dragoman',
    env: {},
    flags: { config: 'dragoman.yaml' },
    readFile: (path) => (path.endsWith('/dragoman.yaml') ? yaml : undefined),
  })
  return config
}
