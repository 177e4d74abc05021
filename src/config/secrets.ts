import { isObject } from '../ir/json.ts'
import { mask, maskText, redact } from '../log.ts'
import { showPath, type Path } from './issues.ts'

const PLACEHOLDERS: readonly RegExp[] = [
  /^<.*>$/,
  /^\[.*\]$/,
  /^\.{3,}$|…/,
  /^(?:sk|pk|key)-(?:ant-)?(?:\.{2,}|x{3,}|\*+|your.*)/i,
  /^(?:my|your|the|insert|enter|put|paste|add)[-_ ].*(?:key|token|secret|password|here)/i,
  /^your[-_]?api[-_]?key/i,
  /(?:key|token|secret)[-_]?here$/i,
  /^(?:change|replace)[-_ ]?(?:me|this|it)/i,
  /^(?:x{3,}|\*{3,}|todo|tbd|fixme|placeholder|example|api[-_]?key|secret|password)$/i,
]

/** True for what documentation puts where a key belongs: `your-api-key`, `sk-...`, `<key>`, `changeme`. */
export function isPlaceholder(key: string): boolean {
  return PLACEHOLDERS.some((pattern) => pattern.test(key.trim()))
}

/** Why a key cannot be one; undefined when it can. Never quotes more than a placeholder. */
export function keyFault(key: string): string | undefined {
  if (isPlaceholder(key)) return `\`${key.trim().slice(0, 40)}\` is a placeholder, not a key`
  if (!/^[\x21-\x7e]+$/.test(key)) return 'holds characters that no key has (spaces, line breaks or accents)'
  return undefined
}

/** True for settings whose value is a secret. */
export function isSecretPath(path: Path): boolean {
  const [first, second, third, fourth] = path
  if (first === 'secret') return path.length === 1
  if (first === 'auth')
    return second === 'keys' && (path.length === 3 || fourth === 'key') && third !== undefined
  return first === 'providers' && third === 'apiKey'
}

const SECRET_QUERY = /([?&][^=&#]*(?:key|token|secret|sig)[^=&#]*=)[^&#]+/gi
/** To the last `@`: an unencoded password may hold one. */
const PROXY_USER = /^(\w+:\/\/)?.*@/
const URL_USER = /(\/\/)[^/@\s]+@/g

/** A copy of the settings that can be shown: keys masked, credentials in headers and URLs too. */
export function maskSettings(value: unknown, path: Path = []): unknown {
  if (typeof value === 'string') {
    if (isSecretPath(path)) return value === 'client' && path.at(-1) === 'apiKey' ? value : mask(value)
    if (path.at(-1) === 'proxy') return value.replace(PROXY_USER, '$1…@')
    const header = path[0] === 'providers' && path[2] === 'headers' ? String(path[3]) : undefined
    const shown = header === undefined ? value : String(redact({ [header]: value })[header])
    return maskText(shown).replace(SECRET_QUERY, '$1…').replace(URL_USER, '$1…@')
  }
  if (Array.isArray(value)) return value.map((item, index) => maskSettings(item, [...path, index]))
  if (!isObject(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [key, maskSettings(member, [...path, key])]),
  )
}

/** Settings as lines of path and value, in order; empty sections are left out. */
export function flatten(
  value: unknown,
  steps: Path = [],
): readonly { path: string; steps: Path; value: unknown }[] {
  if (Array.isArray(value) && value.length > 0)
    return value.flatMap((item, index) => flatten(item, [...steps, index]))
  if (isObject(value))
    return Object.entries(value).flatMap(([key, member]) => flatten(member, [...steps, key]))
  return value === undefined ? [] : [{ path: showPath(steps), steps, value }]
}

/** The file system and the randomness that a kept secret needs. */
export type SecretStore = {
  readonly read: (path: string) => string | undefined
  /** Creates the file with mode 0600 and its folders with 0700; false when the file was already there. */
  readonly create: (path: string, text: string) => boolean
  readonly random: () => string
}

/**
 * The secret kept in the state folder, made on first use.
 *
 * Two gateways that start at once must end with the same secret: whoever comes second reads the first's.
 */
export function keptSecret(path: string, store: SecretStore): string {
  const kept = store.read(path)?.trim()
  if (kept !== undefined && kept !== '') return kept
  const made = store.random()
  if (store.create(path, `${made}\n`)) return made
  const other = store.read(path)?.trim()
  if (other === undefined || other === '')
    throw new Error(`${path} is empty; delete it, and a new secret is made`)
  return other
}
