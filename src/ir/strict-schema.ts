import { asArray, isObject } from './json.ts'
import type { JsonObject } from './json.ts'

/** Keywords of OpenAI's strict subset of JSON Schema, wherever they may stand; everything else is refused there. */
const KEYWORDS = new Set([
  '$schema',
  '$defs',
  'definitions',
  'title',
  'description',
  'type',
  'properties',
  'required',
  'additionalProperties',
  'items',
  'minItems',
  'maxItems',
  'enum',
  'const',
  'anyOf',
  'pattern',
  'format',
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'multipleOf',
])
const TYPES = new Set(['string', 'number', 'integer', 'boolean', 'null', 'object', 'array'])
const FORMATS = new Set([
  'date-time',
  'time',
  'date',
  'duration',
  'email',
  'hostname',
  'ipv4',
  'ipv6',
  'uuid',
])
const LOOKAROUND = /\(\?<?[=!]/
const DEPTH_LIMIT = 10

/**
 * True when OpenAI accepts the schema with `strict: true` as it stands: every object closed and all its properties
 * required, no keyword outside the strict subset. Schemas are never rewritten to fit, because that would change
 * what the model may answer. Source: OpenAI's guide to structured outputs, "supported schemas".
 */
export function conformsToStrict(schema: JsonObject): boolean {
  return schema['type'] === 'object' && conforms(schema, 0)
}

function conforms(schema: unknown, depth: number): boolean {
  if (!isObject(schema) || depth > DEPTH_LIMIT) return false
  const keys = Object.keys(schema)
  if ('$ref' in schema) return typeof schema['$ref'] === 'string' && keys.length === 1
  if (!keys.every((key) => KEYWORDS.has(key))) return false
  const inner = (child: unknown): boolean => conforms(child, depth + 1)
  for (const definitions of [schema['$defs'], schema['definitions']]) {
    if (definitions === undefined) continue
    // Definitions start at their own depth: a reference to one may stand anywhere.
    if (!isObject(definitions) || !Object.values(definitions).every((child) => conforms(child, 0)))
      return false
  }
  if (schema['anyOf'] !== undefined) {
    const options = asArray(schema['anyOf'])
    if (options.length === 0 || !options.every(inner)) return false
  }
  if (typeof schema['pattern'] === 'string' && LOOKAROUND.test(schema['pattern'])) return false
  if (schema['format'] !== undefined && !FORMATS.has(String(schema['format']))) return false

  const types = typesOf(schema)
  if (types === undefined) return 'anyOf' in schema || 'enum' in schema || 'const' in schema
  if (!types.every((type) => TYPES.has(type))) return false
  if (types.includes('array') && !inner(schema['items'])) return false
  return !types.includes('object') || isClosedObject(schema, inner)
}

function typesOf(schema: JsonObject): readonly string[] | undefined {
  const { type } = schema
  if (type === undefined) return undefined
  return Array.isArray(type) ? type.map(String) : [String(type)]
}

function isClosedObject(schema: JsonObject, inner: (child: unknown) => boolean): boolean {
  if (schema['additionalProperties'] !== false) return false
  const properties = schema['properties']
  if (!isObject(properties)) return false
  const required = new Set(asArray(schema['required']))
  const names = Object.keys(properties)
  return (
    required.size === names.length &&
    names.every((name) => required.has(name)) &&
    Object.values(properties).every(inner)
  )
}
