import { isObject, type JsonObject } from '../ir/json.ts'
import { OWN_SETTINGS } from './env-names.ts'
import type { Path } from './issues.ts'
import type { Environment } from './paths.ts'
import { replaceAt, valueAt } from './tree.ts'

/** Flags of the command line, as typed. */
export type Flags = {
  readonly config?: string
  readonly host?: string
  readonly port?: string
  readonly logLevel?: string
  readonly workers?: string
}

/** A setting that a variable or a flag decided. */
export type Overlaid = { readonly path: Path; readonly from: 'env' | 'flag'; readonly name: string }

/** `DRAGOMAN_*` over the file, flags over both. */
export function overlayOwn(
  tree: JsonObject,
  flags: Flags,
  env: Environment,
): { tree: JsonObject; overlaid: readonly Overlaid[]; warnings: readonly string[] } {
  let result = tree
  const overlaid: Overlaid[] = []
  const warnings: string[] = []
  const set = (path: Path, value: unknown, from: 'env' | 'flag', name: string) => {
    if (value === undefined || value === '') return
    result = replaceAt(result, path, value)
    overlaid.push({ path, from, name })
  }
  for (const { path, names } of OWN_SETTINGS) {
    for (const name of names) set(path, env[name], 'env', name)
  }
  const keys = valueAt(tree, ['auth', 'keys'])
  const written = Array.isArray(keys) ? keys.map((key: unknown) => (isObject(key) ? key.key : key)) : []
  if (env.DRAGOMAN_KEY && !written.includes(env.DRAGOMAN_KEY)) {
    set(['auth', 'keys'], [env.DRAGOMAN_KEY], 'env', 'DRAGOMAN_KEY')
    if (written.length > 0) warnings.push('DRAGOMAN_KEY replaces the keys in the config file')
  }
  set(['server', 'host'], flags.host, 'flag', 'flag --host')
  set(['server', 'port'], flags.port, 'flag', 'flag --port')
  set(['server', 'workers'], flags.workers, 'flag', 'flag --workers')
  set(['log', 'level'], flags.logLevel, 'flag', 'flag --log-level')
  return { tree: result, overlaid, warnings }
}
