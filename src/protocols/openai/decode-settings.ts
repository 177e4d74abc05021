import { asString, compact, isObject } from '../../ir/json.ts'
import type { JsonObject } from '../../ir/json.ts'
import type { CacheConfig, OutputFormat } from '../../ir/request.ts'
import { optionalString } from '../request-fields.ts'

/** `prompt_cache_key` and `prompt_cache_retention`. */
export function decodeCache(key: unknown, retention: unknown): CacheConfig | undefined {
  const config = compact({
    key: optionalString(key, 'prompt_cache_key'),
    retention: optionalString(retention, 'prompt_cache_retention'),
  })
  return Object.keys(config).length === 0 ? undefined : config
}

/** An answer's schema, and the fields beside it that the IR does not model. */
export function decodeSchema(wire: JsonObject): {
  readonly output: Extract<OutputFormat, { type: 'schema' }>
  readonly unknown: JsonObject
} {
  const { name, description, schema, strict, ...unknown } = wire
  return {
    output: {
      type: 'schema',
      // A schema that is left out means "any object".
      schema: isObject(schema) ? schema : { type: 'object' },
      ...compact({
        name: asString(name),
        description: asString(description),
        strict: typeof strict === 'boolean' ? strict : undefined,
      }),
    },
    unknown,
  }
}
