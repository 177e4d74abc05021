import { asArray, isObject } from '../../ir/json.ts'
import type { JsonObject } from '../../ir/json.ts'
import { mapSchema } from './input-schema.ts'

/** Limits that structured outputs and strict tools do not enforce and refuse to be asked. */
const LIMITS = [
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'multipleOf',
  'minLength',
  'maxLength',
  'minItems',
  'maxItems',
  'uniqueItems',
  'minProperties',
  'maxProperties',
] as const

const REFUSED = [
  'not',
  'if',
  'then',
  'else',
  'patternProperties',
  'propertyNames',
  'contains',
  'dependentSchemas',
]

const FORMATS: ReadonlySet<unknown> = new Set([
  'date-time',
  'time',
  'date',
  'duration',
  'email',
  'hostname',
  'uri',
  'ipv4',
  'ipv6',
  'uuid',
])

/**
 * True when Claude accepts the schema as `strict` as it stands. Tool schemas are never rewritten to fit: that would
 * change what the model may say. Source: platform.claude.com/docs, "Structured outputs", limitations.
 */
export function conformsToStrict(schema: JsonObject): boolean {
  return schema['type'] === 'object' && strictOutputSchema(schema) === schema
}

/**
 * A schema as structured outputs take it: every object closed, `oneOf` as `anyOf`, limits told in the description
 * instead of enforced. The same object when it needs nothing.
 */
export function strictOutputSchema(schema: JsonObject): JsonObject {
  return mapSchema(schema, strictNode) as JsonObject
}

function strictNode(schema: JsonObject): JsonObject {
  const isObjectType = schema['type'] === 'object' || asArray(schema['type']).includes('object')
  const open = isObjectType && schema['additionalProperties'] !== false
  const limits = LIMITS.filter(
    (limit) => schema[limit] !== undefined && !isAllowedLimit(limit, schema[limit]),
  )
  const badFormat = schema['format'] !== undefined && !FORMATS.has(schema['format'])
  const refused = REFUSED.filter((keyword) => schema[keyword] !== undefined)
  if (!open && limits.length === 0 && !badFormat && refused.length === 0 && schema['oneOf'] === undefined)
    return schema
  const { oneOf, ...rest } = schema
  const out: Record<string, unknown> = { ...rest }
  if (oneOf !== undefined) out['anyOf'] = [...asArray(schema['anyOf']), ...asArray(oneOf)]
  if (open) out['additionalProperties'] = false
  const told = [...limits, ...(badFormat ? ['format'] : [])].map(
    (name) => `${name}: ${JSON.stringify(schema[name])}`,
  )
  for (const name of [...limits, ...refused, ...(badFormat ? ['format'] : [])]) delete out[name]
  if (told.length > 0) {
    const description = typeof schema['description'] === 'string' ? `${schema['description']} ` : ''
    out['description'] = `${description}(${told.join(', ')})`
  }
  return out
}

/** Arrays may demand none or one item. */
function isAllowedLimit(limit: string, value: unknown): boolean {
  return limit === 'minItems' && (value === 0 || value === 1)
}

/** Structured outputs answer with objects only. */
export function isObjectSchema(schema: JsonObject): boolean {
  if (schema['type'] === 'object') return true
  if (schema['type'] !== undefined) return false
  return isObject(schema['properties']) || '$ref' in schema || 'anyOf' in schema
}
