import { invalidRequest } from '../errors.ts'
import { isObject } from '../ir/json.ts'
import type { JsonObject } from '../ir/json.ts'

// Readers of request fields. Null counts as absent, as it does at every vendor; another type is refused by name, because
// ignoring it would silently change the request.

export function optionalNumber(value: unknown, name: string): number | undefined {
  if (value === undefined || value === null) return undefined
  if (typeof value === 'number' && Number.isFinite(value)) return value
  throw invalidRequest(`${name} must be a number`, name)
}

export function optionalString(value: unknown, name: string): string | undefined {
  if (value === undefined || value === null) return undefined
  if (typeof value === 'string') return value
  throw invalidRequest(`${name} must be a string`, name)
}

export function optionalBoolean(value: unknown, name: string): boolean | undefined {
  if (value === undefined || value === null) return undefined
  if (typeof value === 'boolean') return value
  throw invalidRequest(`${name} must be true or false`, name)
}

export function optionalObject(value: unknown, name: string): JsonObject | undefined {
  if (value === undefined || value === null) return undefined
  if (isObject(value)) return value
  throw invalidRequest(`${name} must be an object`, name)
}

export function optionalArray(value: unknown, name: string): readonly unknown[] | undefined {
  if (value === undefined || value === null) return undefined
  if (Array.isArray(value)) return value
  throw invalidRequest(`${name} must be an array`, name)
}

/** A string or a list of strings, as a list. */
export function optionalStrings(value: unknown, name: string): readonly string[] | undefined {
  if (value === undefined || value === null) return undefined
  const list: readonly unknown[] = Array.isArray(value) ? value : [value]
  if (list.every((item) => typeof item === 'string')) return list
  throw invalidRequest(`${name} must be a string or an array of strings`, name)
}

export function requiredString(value: unknown, name: string): string {
  if (typeof value === 'string' && value !== '') return value
  throw invalidRequest(`${name} must be a non-empty string`, name)
}
