import { asArray } from '../../ir/json.ts'
import { Refused } from '../surface.ts'

/** Refuses a request with 400 in OpenAI's form. */
export function refuse(message: string, param: string | null = null, code: string | null = null): never {
  throw new Refused({ status: 400, type: 'invalid_request_error', message, param, code })
}

/** Refuses a member that the API does not know, as its validator words it. */
export function onlyKnown(value: object, known: ReadonlySet<string>, path: string): void {
  for (const name of Object.keys(value)) {
    if (!known.has(name))
      refuse(`Unknown parameter: '${path}.${name}'.`, `${path}.${name}`, 'unknown_parameter')
  }
}

export function missing(path: string): never {
  return refuse(`Missing required parameter: '${path}'.`, path, 'missing_required_parameter')
}

export function wrongType(path: string, expected: string, got: unknown): never {
  const article = /^[aeiou]/.test(expected) ? 'an' : 'a'
  return refuse(
    `Invalid type for '${path}': expected ${article} ${expected}, but got ${describe(got)} instead.`,
    path,
    'invalid_type',
  )
}

export function wrongValue(path: string, got: unknown, supported: readonly string[]): never {
  const listed = supported.map((value) => `'${value}'`)
  const last = listed.pop() ?? ''
  const list = listed.length === 0 ? last : `${listed.join(', ')}${listed.length > 1 ? ',' : ''} and ${last}`
  return refuse(`Invalid value: '${String(got)}'. Supported values are: ${list}.`, path, 'invalid_value')
}

/** Refuses a string that is longer than the API takes. */
export function atMost(value: unknown, limit: number, path: string): void {
  if (typeof value !== 'string' || value.length <= limit) return
  refuse(
    `Invalid '${path}': string too long. Expected a string with maximum length ${limit}, but got a string with length ${value.length} instead.`,
    path,
    'string_above_max_length',
  )
}

/** Refuses a string that holds anything but the characters of a name. */
export function legalName(value: unknown, path: string): void {
  if (typeof value !== 'string') return missing(path)
  atMost(value, 64, path)
  if (/^[a-zA-Z0-9_-]+$/.test(value)) return
  refuse(
    `Invalid '${path}': string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'.`,
    path,
    'invalid_value',
  )
}

/** The array at a path, refused where it is empty, too long or none. */
export function filledArray(value: unknown, path: string, limit = Infinity): readonly unknown[] {
  if (!Array.isArray(value)) return wrongType(path, 'array', value)
  const items = asArray(value)
  if (items.length === 0) {
    refuse(
      `Invalid '${path}': empty array. Expected an array with minimum length 1, but got an empty array instead.`,
      path,
      'empty_array',
    )
  }
  if (items.length > limit) {
    refuse(
      `Invalid '${path}': array too long. Expected an array with maximum length ${limit}, but got an array with length ${items.length} instead.`,
      path,
      'array_above_max_length',
    )
  }
  return items
}

function describe(value: unknown): string {
  if (value === null || value === undefined) return 'null'
  if (Array.isArray(value)) return 'an array'
  if (typeof value === 'number') return Number.isInteger(value) ? 'an integer' : 'a decimal number'
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}
