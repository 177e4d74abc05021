import { isObject, type JsonObject } from '../ir/json.ts'
import type { ProviderConfig } from '../providers/config.ts'
import { check } from './checks.ts'
import type { Config } from './config.ts'
import { readDocument, type Source } from './document.ts'
import { COMPATIBILITY_NAMES } from './env-names.ts'
import { findConfig, shown, unreadable, type FindOptions } from './find.ts'
import { fromEnvironment } from './from-environment.ts'
import { interpolate } from './interpolate.ts'
import { ConfigError, Issues, showPath, type Path } from './issues.ts'
import { NetworkReader } from './network.ts'
import { overlayOwn } from './overlay.ts'
import { pathOf, stateFolder, type Environment } from './paths.ts'
import { resolve } from './resolve.ts'
import type { Settings } from './schema.ts'
import { flatten } from './secrets.ts'
import { valueAt } from './tree.ts'
import { validate } from './validate.ts'
import { warningsOf } from './warnings.ts'

/** Everything that a configuration depends on. The loader reads nothing else. */
export type LoadOptions = FindOptions & {
  /** The secret kept in a state folder, made when there is none. Without it `secret` may be empty. */
  readonly secretFor?: (stateDir: string) => string
  /** What is wrong with a provider, where only the provider's own code can tell. */
  readonly checkProvider?: (
    provider: ProviderConfig,
  ) => { readonly field?: string; readonly problem: string } | undefined
}

export type Loaded = {
  readonly config: Config
  /** As written, with defaults; `config show` prints them. */
  readonly settings: JsonObject
  /** The config file's full path; undefined when the environment alone configures. */
  readonly file: string | undefined
  /** Files that were read or looked for: a change of one of them may change the configuration. */
  readonly files: readonly string[]
}

/**
 * Reads the configuration: flags, then `DRAGOMAN_*`, then the file (or, when there is none, the names of other
 * proxies), then defaults.
 *
 * @throws ConfigError with everything that is wrong
 */
export function loadConfig(options: LoadOptions): Loaded {
  const { file, searched, env, dotenvs } = findConfig(options)
  const inherited = (name: string) => options.env[name] !== undefined
  const envOrigin = (name: string) => {
    const dotenv = inherited(name) ? undefined : dotenvs.find(({ values }) => values[name] !== undefined)
    return dotenv === undefined ? `env ${name}` : `env ${name} (${shown(dotenv.path, options)})`
  }

  const source = file === undefined ? readEnvironment(env, inherited, searched) : readFile(file, options)
  const overlay = new Map<string, string>()
  const filled = new Map<string, readonly string[]>()
  const origin = (path: Path): string => {
    const variables = (filled.get(showPath(path)) ?? []).map(envOrigin)
    for (let depth = path.length; depth > 0; depth -= 1) {
      const found = overlay.get(showPath(path.slice(0, depth)))
      if (found !== undefined) return found
    }
    const written = source.locate(path)
    if (source.name === 'environment') return variables[0] ?? written
    return variables.length === 0 ? written : `${written} (${variables.join(', ')})`
  }
  const issues = new Issues(origin)

  const interpolated = interpolate(withoutEmptySections(source.tree), env, issues)
  for (const [path, variables] of interpolated.variables) filled.set(path, variables)
  const own = overlayOwn(interpolated.tree, options.flags, env)
  for (const { path, from, name } of own.overlaid)
    overlay.set(showPath(path), from === 'env' ? envOrigin(name) : name)

  check(own.tree, issues)
  const settings = validate(own.tree, issues)
  issues.throwIfAny()
  if (settings === undefined) throw new Error('settings are refused without a reason')

  const path = pathOf(options.platform)
  const folder = path.dirname(path.resolve(options.cwd, file ?? 'dragoman.yaml'))
  const networks = new NetworkReader({
    settings,
    env,
    readFile: (name) => options.readFile(path.resolve(folder, name)),
    issues,
  })
  const resolved = resolve(settings, source.patterns, networks)
  for (const provider of Object.values(resolved.providers)) {
    const fault = options.checkProvider?.(provider)
    if (fault === undefined) continue
    issues.add(
      ['providers', provider.name, ...(fault.field === undefined ? [] : [fault.field])],
      fault.problem,
      '',
    )
  }
  issues.throwIfAny()

  const stateDir = settings.stateDir ?? stateFolder({ ...options, env })
  const settled = { ...settings, stateDir }
  const config = {
    ...resolved,
    stateDir,
    secret: settings.secret || options.secretFor?.(stateDir) || '',
    origins: originsOf(settled, own.tree, origin),
    source: file === undefined ? 'environment' : shown(file, options),
    warnings: [...source.warnings, ...own.warnings, ...warningsOf(resolved)],
  }
  return {
    config,
    settings: settled,
    file: file === undefined ? undefined : path.resolve(options.cwd, file),
    files: [
      ...(file === undefined ? searched : [file]),
      ...dotenvs.map((dotenv) => dotenv.path),
      ...[...networks.files].map((name) => path.resolve(folder, name)),
    ],
  }
}

/**
 * Reads a configuration from its text alone: no files, no flags, and no environment but the given one.
 *
 * @throws ConfigError with everything that is wrong
 */
export function parseConfig(text: string, env: Environment = {}): Config {
  const readFile = (path: string) => (path === '/dragoman.yaml' ? text : undefined)
  return loadConfig({ flags: {}, env, cwd: '/', homedir: '/', platform: 'linux', readFile }).config
}

type WithWarnings = Source & { readonly warnings: readonly string[] }

function readFile(file: string, options: LoadOptions): WithWarnings {
  const name = shown(file, options)
  let text: string | undefined
  try {
    text = options.readFile(file)
  } catch (thrown) {
    throw unreadable(name, thrown)
  }
  if (text === undefined) {
    const fix = 'Check --config and DRAGOMAN_CONFIG'
    throw new ConfigError([{ where: name, path: '', problem: 'there is no such file', fix }])
  }
  return { ...readDocument(text, name), warnings: [] }
}

function readEnvironment(
  env: Environment,
  inherited: (name: string) => boolean,
  searched: readonly string[],
): WithWarnings {
  const source = fromEnvironment(env, inherited)
  if (isObject(source.tree.providers)) {
    return {
      ...source,
      warnings: [...source.warnings, ...source.halves.map((half) => `${half}: it is not used`)],
    }
  }
  if (source.halves.length > 0) {
    throw new ConfigError(
      source.halves.map((problem) => ({ where: 'environment', path: '', problem, fix: 'Set both' })),
    )
  }
  const examples = COMPATIBILITY_NAMES.flatMap(({ names }) =>
    names.filter((name) => /ENDPOINT|^[A-Z]+_API_KEY|RESOURCE/.test(name)),
  )
  throw new ConfigError([
    {
      where: 'configuration',
      path: '',
      problem: `there is none: no file at ${searched.join(' or ')}, and none of ${examples.join(', ')} is set`,
      fix: 'Write dragoman.yaml (docs/configuration.md shows how) or set one of them; `dragoman demo` needs neither',
    },
  ])
}

/** `models:` with nothing below it is a section that was left empty, not a mistake. */
function withoutEmptySections(tree: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(tree).filter(([, value]) => value !== null))
}

function originsOf(
  settings: Settings,
  tree: JsonObject,
  origin: (path: Path) => string,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    flatten(settings).map(({ path, steps }) => [
      path,
      valueAt(tree, steps) === undefined ? 'default' : origin(steps),
    ]),
  )
}
