import { parseEnv } from 'node:util'
import { ConfigError } from './issues.ts'
import type { Flags } from './overlay.ts'
import { configFolder, pathOf, type Environment, type Place } from './paths.ts'

/** What finding the file depends on. */
export type FindOptions = Place & {
  readonly flags: Flags
  readonly cwd: string
  /** The text of a file; undefined when there is none. Throws when it cannot be read. */
  readonly readFile: (path: string) => string | undefined
}

/** Which file configures the gateway, without reading it; `searched` says where was looked. */
export function findConfig(options: FindOptions): {
  readonly file: string | undefined
  readonly searched: readonly string[]
  /** The real environment over both `.env` files. */
  readonly env: Environment
  readonly dotenvs: readonly Dotenv[]
} {
  const path = pathOf(options.platform)
  const here = readDotenv(path.join(options.cwd, '.env'), options)
  const early = { ...here.values, ...options.env }
  const named = options.flags.config ?? (early.DRAGOMAN_CONFIG || undefined)
  const searched =
    named === undefined
      ? [
          path.join(options.cwd, 'dragoman.yaml'),
          path.join(configFolder({ ...options, env: early }), 'dragoman.yaml'),
        ]
      : [path.resolve(options.cwd, named)]
  const file = named === undefined ? searched.find((each) => isThere(each, options)) : searched[0]
  const beside = file === undefined ? undefined : path.join(path.dirname(file), '.env')
  const dotenvs = beside === undefined || beside === here.path ? [here] : [readDotenv(beside, options), here]
  const env = Object.assign(
    {},
    ...dotenvs.toReversed().map(({ values }) => values),
    options.env,
  ) as Environment
  return { file, searched, env, dotenvs }
}

type Dotenv = { readonly path: string; readonly values: Environment }

function readDotenv(path: string, options: FindOptions): Dotenv {
  try {
    return { path, values: parseEnv(options.readFile(path) ?? '') }
  } catch (thrown) {
    throw unreadable(shown(path, options), thrown)
  }
}

/** A file that cannot be read is there all the same: passing over it would configure something else. */
function isThere(path: string, options: FindOptions): boolean {
  try {
    return options.readFile(path) !== undefined
  } catch {
    return true
  }
}

/** The error for a file that exists and cannot be read. */
export function unreadable(name: string, thrown: unknown): ConfigError {
  const problem = `cannot be read: ${thrown instanceof Error ? thrown.message : String(thrown)}`
  return new ConfigError([{ where: name, path: '', problem, fix: 'Check the path and its permissions' }])
}

/** Relative to the working folder where that is shorter. */
export function shown(file: string, options: FindOptions): string {
  const relative = pathOf(options.platform).relative(options.cwd, file)
  return relative.startsWith('..') || relative === '' ? file : relative
}
