import { asArray, asNumber, asObject, asString, isObject } from '../ir/json.ts'
import type { JsonObject } from '../ir/json.ts'

/** Finds a better value than a made-up one for a string property, by its name. */
export type Hint = (property: string) => string | undefined

/**
 * The smallest plausible instance of a JSON Schema: required properties only, first of every choice. Reads
 * `$ref` into `$defs`/`definitions`; a schema that refers to itself ends after a few levels.
 */
export function sampleOf(schema: JsonObject, hint: Hint = () => undefined): unknown {
  return instance(schema, { root: schema, hint, property: '', depth: 0 })
}

type Place = {
  readonly root: JsonObject
  readonly hint: Hint
  readonly property: string
  readonly depth: number
}

function instance(schema: JsonObject, place: Place): unknown {
  const resolved = resolve(schema, place.root)
  if (place.depth > 12) return null
  if ('const' in resolved) return resolved.const
  if ('default' in resolved) return resolved.default
  const choices = asArray(resolved.enum)
  if (choices.length > 0) return choices[0]
  const alternative = [resolved.anyOf, resolved.oneOf, resolved.allOf].flatMap(asArray)[0]
  if (resolved.type === undefined && isObject(alternative)) {
    return instance(alternative, { ...place, depth: place.depth + 1 })
  }
  switch (typeOf(resolved)) {
    case 'object':
      return objectOf(resolved, place)
    case 'array':
      return arrayOf(resolved, place)
    case 'integer':
    case 'number':
      return asNumber(resolved.minimum) ?? 1
    case 'boolean':
      return true
    case 'null':
      return null
    default:
      return textOf(resolved, place)
  }
}

function typeOf(schema: JsonObject): string {
  const type = Array.isArray(schema.type) ? schema.type.find((name) => name !== 'null') : schema.type
  return asString(type)?.toLowerCase() ?? (isObject(schema.properties) ? 'object' : 'string')
}

function objectOf(schema: JsonObject, place: Place): JsonObject {
  const properties = asObject(schema.properties)
  const names = asArray(schema.required).filter((name) => typeof name === 'string')
  return Object.fromEntries(
    names.map((name) => [
      name,
      instance(asObject(properties[name]), { ...place, property: name, depth: place.depth + 1 }),
    ]),
  )
}

function arrayOf(schema: JsonObject, place: Place): unknown[] {
  const length = Math.max(1, asNumber(schema.minItems) ?? 1)
  const item = instance(asObject(schema.items), { ...place, depth: place.depth + 1 })
  return Array.from({ length }, () => item)
}

const FORMATS: Readonly<Record<string, string>> = {
  date: '2026-01-01',
  time: '12:00:00Z',
  'date-time': '2026-01-01T12:00:00Z',
  email: 'someone@example.com',
  uri: 'https://example.com/',
  uuid: '00000000-0000-4000-8000-000000000000',
}

function textOf(schema: JsonObject, place: Place): string {
  const text = place.hint(place.property) ?? FORMATS[asString(schema.format) ?? ''] ?? 'simulated'
  return text.padEnd(asNumber(schema.minLength) ?? 0, '.').slice(0, asNumber(schema.maxLength))
}

function resolve(schema: JsonObject, root: JsonObject): JsonObject {
  const reference = asString(schema['$ref'])
  if (reference === undefined || !reference.startsWith('#')) return schema
  let target: unknown = root
  for (const step of reference.slice(1).split('/').filter(Boolean)) target = asObject(target)[step]
  return asObject(target)
}
