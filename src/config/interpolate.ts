import { isObject, type JsonObject } from '../ir/json.ts'
import { showPath, type Issues, type Path } from './issues.ts'
import type { Environment } from './paths.ts'

/**
 * `${NAME}`, `${NAME:-default}`; `$${` stands for a literal `${`. Containers know names with dashes and dots, which shells
 * do not.
 */
const REFERENCE = /(\$?)\$\{([A-Za-z_](?:[\w.-]*\w)?)(?::-([^}]*))?\}/g

export type Interpolated = {
  readonly tree: JsonObject
  /** Which variables a value was made of, by its path. */
  readonly variables: ReadonlyMap<string, readonly string[]>
}

/**
 * Fills in `${NAME}` and `${NAME:-default}` from the environment, in values only. A variable that is unset or
 * empty and has no default is recorded as an issue: never an empty text.
 */
export function interpolate(tree: JsonObject, env: Environment, issues: Issues): Interpolated {
  const variables = new Map<string, readonly string[]>()

  const fill = (text: string, path: Path): string => {
    const used: string[] = []
    const filled = text.replace(REFERENCE, (whole, escape: string, name: string, fallback?: string) => {
      if (escape !== '') return whole.slice(1)
      const value = env[name]
      if (value !== undefined && value !== '') {
        used.push(name)
        return value
      }
      if (fallback !== undefined) return fallback
      issues.add(
        path,
        `the environment variable ${name} is ${value === undefined ? 'not set' : 'empty'}`,
        `Set ${name}, or give a default: \${${name}:-default}`,
      )
      return whole
    })
    if (text.replace(REFERENCE, '').includes('${')) {
      issues.add(
        path,
        '`${` begins no reference here',
        'Write ${NAME} or ${NAME:-default}; $${ is a plain ${',
      )
    }
    if (used.length > 0) variables.set(showPath(path), used)
    return filled
  }

  const walk = (value: unknown, path: Path): unknown => {
    if (typeof value === 'string') return fill(value, path)
    if (Array.isArray(value)) return value.map((item, index) => walk(item, [...path, index]))
    if (!isObject(value)) return value
    return Object.fromEntries(
      Object.entries(value).map(([key, member]) => [key, walk(member, [...path, key])]),
    )
  }

  return { tree: walk(tree, []) as JsonObject, variables }
}
