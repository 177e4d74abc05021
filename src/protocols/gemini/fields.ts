import { invalidRequest } from '../../errors.ts'
import { isObject } from '../../ir/json.ts'
import type { JsonObject } from '../../ir/json.ts'

/**
 * The object with its own members in camelCase: Google's JSON takes `max_output_tokens` for `maxOutputTokens`, and its
 * SDKs send both. Null members count as absent. Not recursive: maps named by the client must stay as they are.
 */
export function camelFields(wire: unknown): JsonObject {
  if (!isObject(wire)) return {}
  const out: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(wire)) {
    if (value === null || value === undefined) continue
    out[key.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())] = value
  }
  return out
}

/** The same, for a field of the request that must be an object when it is there. */
export function optionalFields(value: unknown, name: string): JsonObject {
  if (value === undefined || value === null) return {}
  if (!isObject(value)) throw invalidRequest(`${name} must be an object`, name)
  return camelFields(value)
}

export function optionalStrings(value: unknown, name: string): readonly string[] | undefined {
  if (value === undefined || value === null) return undefined
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value
  throw invalidRequest(`${name} must be an array of strings`, name)
}

export function optionalArray(value: unknown, name: string): readonly unknown[] {
  if (value === undefined || value === null) return []
  if (Array.isArray(value)) return value
  throw invalidRequest(`${name} must be an array`, name)
}

/** The object under its name, or nothing when it is empty. */
export function nested(name: string, members: JsonObject): JsonObject {
  return Object.keys(members).length === 0 ? {} : { [name]: members }
}
