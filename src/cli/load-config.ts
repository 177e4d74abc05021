import { randomBytes } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { loadConfig, type Loaded, type LoadOptions } from '../config/load.ts'
import { keptSecret } from '../config/secrets.ts'
import { GatewayError } from '../errors.ts'
import { createProvider } from '../providers/index.ts'
import type { Arguments } from './command.ts'
import { findOptions, readText } from './find-options.ts'
import type { Io } from './io.ts'

/**
 * The configuration as this command line, environment and machine make it.
 *
 * @throws ConfigError
 */
export function load(args: Arguments, io: Io): Loaded {
  return loadConfig(loadOptions(args, io))
}

/** The same, with a secret that outlives this process: made and kept when there is none. */
export function loadToServe(args: Arguments, io: Io): Loaded {
  return loadConfig({ ...loadOptions(args, io), secretFor })
}

/** What the loader is given of this process. */
export function loadOptions(args: Arguments, io: Io): LoadOptions {
  return {
    ...findOptions(args, io),
    checkProvider(provider) {
      try {
        createProvider(provider, {})
        return undefined
      } catch (thrown) {
        if (!(thrown instanceof GatewayError)) throw thrown
        return {
          problem: thrown.message,
          ...(thrown.details.param !== undefined && { field: thrown.details.param }),
        }
      }
    },
  }
}

function secretFor(stateDir: string): string {
  return keptSecret(join(stateDir, 'secret'), {
    read: readText,
    random: () => randomBytes(32).toString('base64url'),
    create(path, text) {
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
      try {
        writeFileSync(path, text, { flag: 'wx', mode: 0o600 })
        return true
      } catch (thrown) {
        if ((thrown as NodeJS.ErrnoException).code === 'EEXIST') return false
        throw thrown
      }
    },
  })
}
