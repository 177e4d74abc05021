import { readFileSync } from 'node:fs'
import type { FindOptions } from '../config/find.ts'
import type { Arguments } from './command.ts'
import type { Io } from './io.ts'

/** What finding the config file is given of this process. Apart from loading it, which takes much longer. */
export function findOptions({ text }: Arguments, io: Io): FindOptions {
  return {
    flags: {
      ...(text.config !== undefined && { config: text.config }),
      ...(text.host !== undefined && { host: text.host }),
      ...(text.port !== undefined && { port: text.port }),
      ...(text.workers !== undefined && { workers: text.workers }),
      ...(text['log-level'] !== undefined && { logLevel: text['log-level'] }),
    },
    env: io.env,
    cwd: io.cwd,
    homedir: io.homedir,
    platform: io.platform,
    readFile: readText,
  }
}

/** The text of a file; undefined when there is none. */
export function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (thrown) {
    // A virtual environment's folder may be called `.env`.
    if (['ENOENT', 'ENOTDIR', 'EISDIR'].includes((thrown as NodeJS.ErrnoException).code ?? ''))
      return undefined
    throw thrown
  }
}
