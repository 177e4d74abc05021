import { asArray, isObject } from '../../ir/json.ts'
import type { JsonObject } from '../../ir/json.ts'

/** A tool's schema as the API takes it, and whether constraints were lost on the way. */
export type InputSchema = { readonly schema: JsonObject; readonly loosened: boolean }

/** Keywords that the API refuses at the top of a tool's schema. */
const TOP_LEVEL_UNIONS = ['oneOf', 'anyOf', 'allOf'] as const

/** The schema of a tool without arguments. */
export const NO_ARGUMENTS: JsonObject = { type: 'object', properties: {} }

/**
 * A tool's input schema: always an object type. Generators write `required: null` and `type: null` for nothing; such
 * members are left out. A sound schema is returned as it is.
 */
export function inputSchema(given: JsonObject | undefined): InputSchema {
  if (given === undefined || Object.keys(given).length === 0) return { schema: NO_ARGUMENTS, loosened: false }
  let schema = withoutNullKeywords(given) as JsonObject
  let loosened = false
  if (TOP_LEVEL_UNIONS.some((keyword) => keyword in schema)) {
    const { oneOf: _, anyOf: __, allOf: ___, ...rest } = schema
    schema = rest
    loosened = true
  }
  if (schema['type'] === 'object') return { schema, loosened }
  return {
    schema: { ...schema, type: 'object', properties: schema['properties'] ?? {} },
    loosened: loosened || schema['type'] !== undefined,
  }
}

/** Members whose values are schemas, lists of schemas, or schemas by name. */
const ONE = new Set([
  'items',
  'additionalProperties',
  'not',
  'if',
  'then',
  'else',
  'contains',
  'propertyNames',
])
const MANY = new Set(['anyOf', 'oneOf', 'allOf', 'prefixItems'])
const NAMED = new Set(['properties', 'patternProperties', '$defs', 'definitions', 'dependentSchemas'])

/** A copy with `change` applied to every schema inside, innermost first; the same object when nothing changed. */
export function mapSchema(schema: unknown, change: (schema: JsonObject) => JsonObject): unknown {
  if (!isObject(schema)) return schema
  let out: Record<string, unknown> | undefined
  for (const [key, value] of Object.entries(schema)) {
    let mapped = value
    if (ONE.has(key)) mapped = Array.isArray(value) ? mapList(value, change) : mapSchema(value, change)
    else if (MANY.has(key)) mapped = mapList(value, change)
    else if (NAMED.has(key) && isObject(value)) {
      const entries = Object.entries(value).map(([name, inner]) => [name, mapSchema(inner, change)] as const)
      if (entries.some(([name, inner]) => inner !== value[name])) mapped = Object.fromEntries(entries)
    }
    if (mapped === value) continue
    out ??= { ...schema }
    out[key] = mapped
  }
  return change(out ?? schema)
}

function mapList(value: unknown, change: (schema: JsonObject) => JsonObject): unknown {
  const mapped = asArray(value).map((item) => mapSchema(item, change))
  return mapped.every((item, index) => item === asArray(value)[index]) ? value : mapped
}

function withoutNullKeywords(schema: JsonObject): unknown {
  return mapSchema(schema, (one) => {
    if (one['required'] !== null && one['type'] !== null && one['properties'] !== null) return one
    const kept = Object.entries(one).filter(
      ([key, value]) => value !== null || !['required', 'type', 'properties'].includes(key),
    )
    return Object.fromEntries(kept)
  })
}
