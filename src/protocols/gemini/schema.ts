import { asArray, asNumber, asObject, asString, isObject } from '../../ir/json.ts'
import type { JsonObject } from '../../ir/json.ts'

/** A schema in Google's OpenAPI subset, and whether any constraint was lost on the way. */
export type OpenApiSchema = { readonly schema: JsonObject; readonly loosened: boolean }

/** Keywords of the subset that keep their value as it is. */
const PLAIN = new Set([
  'title',
  'description',
  'nullable',
  'minItems',
  'maxItems',
  'minProperties',
  'maxProperties',
  'minLength',
  'maxLength',
  'minimum',
  'maximum',
  'pattern',
  'example',
  'default',
  'propertyOrdering',
])

/** Keywords that constrain nothing: leaving them out is no loss. */
const SILENT = new Set([
  '$schema',
  '$id',
  '$comment',
  '$defs',
  'definitions',
  '$anchor',
  'examples',
  'deprecated',
])

/** Formats that the API knows; it refuses others. */
const FORMATS: Readonly<Record<string, readonly string[]>> = {
  string: ['date-time', 'enum'],
  number: ['float', 'double'],
  integer: ['int32', 'int64'],
}

/** Schemas written out of one; references can multiply without end, whether or not they are recursive. */
const MOST_SCHEMAS = 10_000

/** The references that are being written out, outermost first. */
type References = readonly string[]

/**
 * A JSON Schema cut down to what `parameters` and `responseSchema` take. References are written out, `const` becomes an
 * enumeration, a union with null becomes `nullable`. Only keywords are touched, never a property that is named like one.
 * Source: ai.google.dev/api/caching#Schema.
 */
export function toOpenApi(given: JsonObject): OpenApiSchema {
  const cutter = new Cutter(given)
  return { schema: cutter.cut(given, []), loosened: cutter.loosened }
}

class Cutter {
  readonly #root: JsonObject
  loosened = false
  #schemas = 0

  constructor(root: JsonObject) {
    this.#root = root
  }

  cut(given: unknown, references: References): JsonObject {
    // `true`, and anything that is no schema: any value.
    if (!isObject(given)) return { type: 'string' }
    if (++this.#schemas > MOST_SCHEMAS) {
      this.loosened = true
      return { type: 'object' }
    }
    const { $ref } = given
    if (typeof $ref === 'string') return this.#resolve($ref, given, references)
    const merged = this.#mergeAllOf(given, references)
    const { options, nullable } = this.#options(merged)
    const out: Record<string, unknown> = {}
    for (const [key, value] of Object.entries(merged)) {
      if (PLAIN.has(key)) out[key] = value
      else if (!SILENT.has(key) && !READ.has(key)) this.loosened = true
    }
    const [only] = options
    if (options.length > 1 || (only !== undefined && only !== merged)) {
      const cut = options.map((option) => this.cut(option, references))
      // One that is left beside null is the schema itself.
      if (cut.length === 1) return { ...cut[0], ...out, ...(nullable && { nullable }) }
      return { ...out, anyOf: cut, ...(nullable && { nullable }) }
    }
    Object.assign(out, this.#typed(merged, references))
    return nullable ? { ...out, nullable } : out
  }

  /** The schema that a reference stands for; one that contains itself ends as "any object". */
  #resolve(reference: string, { $ref: _, ...siblings }: JsonObject, references: References): JsonObject {
    const target = references.includes(reference) ? undefined : definition(this.#root, reference)
    if (target === undefined) {
      this.loosened = true
      const { description } = siblings
      return { type: 'object', ...(typeof description === 'string' && { description }) }
    }
    return this.cut({ ...target, ...siblings }, [...references, reference])
  }

  /** `allOf` as one schema: their members together. */
  #mergeAllOf(given: JsonObject, references: References): JsonObject {
    const { allOf, ...rest } = given
    if (allOf === undefined) return given
    let merged: JsonObject = rest
    for (const one of asArray(allOf).filter(isObject)) {
      const { $ref, ...own } = one
      const reference = asString($ref)
      const known = reference === undefined || references.includes(reference)
      const target = known ? undefined : definition(this.#root, reference)
      if (reference !== undefined && target === undefined) {
        this.loosened = true
        continue
      }
      const inner = reference === undefined ? references : [...references, reference]
      const flat = this.#mergeAllOf({ ...target, ...own }, inner)
      const properties = { ...asObject(merged['properties']), ...asObject(flat['properties']) }
      const required = [...new Set([...asArray(merged['required']), ...asArray(flat['required'])])]
      merged = {
        ...flat,
        ...merged,
        ...(Object.keys(properties).length > 0 && { properties }),
        ...(required.length > 0 && { required }),
      }
    }
    return merged
  }

  /** What the value may be, null aside. A schema without alternatives is its own only option. */
  #options(given: JsonObject): { options: readonly unknown[]; nullable: boolean } {
    const union = given['anyOf'] ?? given['oneOf']
    // Beside properties an alternative only says which of them must come together.
    if (Array.isArray(union) && isObject(given['properties'])) this.loosened = true
    else if (Array.isArray(union)) {
      if (given['oneOf'] !== undefined) this.loosened = true
      const options = union.filter((option) => asObject(option)['type'] !== 'null')
      return { options, nullable: options.length < union.length }
    }
    const { type } = given
    if (!Array.isArray(type)) return { options: [given], nullable: false }
    const types = type.filter((one) => one !== 'null')
    const nullable = types.length < type.length
    if (types.length === 0) return { options: [{ type: 'string' }], nullable }
    // Descriptions stay outside; each option keeps the keywords of its type.
    const { description: _, title: __, default: ___, ...rest } = given
    const nonNull = asArray(rest['enum']).filter((value) => value !== null)
    const enumeration = rest['enum'] === undefined ? {} : { enum: nonNull }
    return { options: types.map((one) => ({ ...rest, ...enumeration, type: one })), nullable }
  }

  #typed(given: JsonObject, references: References): JsonObject {
    const values = this.#enumeration(given)
    const type = typeOf(given)
    const out: Record<string, unknown> = { type, ...this.#format(given, type), ...values }
    if (type === 'object') Object.assign(out, this.#object(given, references))
    if (type === 'array') out['items'] = this.#items(given, references)
    for (const [key, floor] of [
      ['exclusiveMinimum', 'minimum'],
      ['exclusiveMaximum', 'maximum'],
    ] as const) {
      const limit = asNumber(given[key])
      if (limit === undefined) continue
      this.loosened = true
      if (given[floor] === undefined) out[floor] = limit
    }
    return out
  }

  #enumeration(given: JsonObject): JsonObject {
    const listed = given['const'] === undefined ? given['enum'] : [given['const']]
    if (listed === undefined) return {}
    const values = asArray(listed)
    if (values.length > 0 && values.every((value) => typeof value === 'string')) return { enum: values }
    // Enumerations are of strings here.
    this.loosened = true
    return {}
  }

  #format({ format }: JsonObject, type: string): JsonObject {
    if (format === undefined) return {}
    if (FORMATS[type]?.includes(String(format))) return { format }
    this.loosened = true
    return {}
  }

  #object(given: JsonObject, references: References): JsonObject {
    const entries = Object.entries(asObject(given['properties']))
    // An object type without properties must not say that it has them.
    if (entries.length === 0) return {}
    const properties = Object.fromEntries(entries.map(([name, inner]) => [name, this.cut(inner, references)]))
    const required = asArray(given['required']).filter(
      (name) => typeof name === 'string' && Object.hasOwn(properties, name),
    )
    return { properties, ...(required.length > 0 && { required }) }
  }

  /** `items` is obligatory. A tuple becomes a list of any of its members. */
  #items(given: JsonObject, references: References): JsonObject {
    const tuple = Array.isArray(given['items']) ? given['items'] : given['prefixItems']
    if (Array.isArray(tuple) && tuple.length > 0) {
      this.loosened = true
      const options = tuple.map((one) => this.cut(one, references))
      return options.length === 1 ? options[0]! : { anyOf: options }
    }
    return this.cut(given['items'], references)
  }
}

/** Keywords that are read one by one. */
const READ = new Set([
  'type',
  'format',
  'enum',
  'const',
  'properties',
  'required',
  'items',
  'prefixItems',
  'anyOf',
  'oneOf',
  'exclusiveMinimum',
  'exclusiveMaximum',
])

/** The schema at a local reference such as `#/$defs/place`. */
function definition(root: JsonObject, reference: string): JsonObject | undefined {
  if (!reference.startsWith('#')) return undefined
  let at: unknown = root
  for (const step of reference.slice(1).split('/').slice(1)) {
    const name = step.replaceAll('~1', '/').replaceAll('~0', '~')
    at = isObject(at) && Object.hasOwn(at, name) ? at[name] : undefined
  }
  return isObject(at) ? at : undefined
}

/** Every schema needs a type; generators leave out what the other keywords tell. */
function typeOf(given: JsonObject): string {
  const type = asString(given['type'])
  if (type !== undefined) return type.toLowerCase()
  if (isObject(given['properties'])) return 'object'
  return given['items'] !== undefined || given['prefixItems'] !== undefined ? 'array' : 'string'
}

/**
 * A schema of the OpenAPI subset as JSON Schema: types in lower case, `nullable` as a union with null. Applied to the
 * keywords, not to properties that are named like them.
 */
export function fromOpenApi(given: unknown): JsonObject {
  if (!isObject(given)) return {}
  const { nullable, ...rest } = given
  const out: Record<string, unknown> = { ...rest }
  const type = asString(rest['type'])
  if (type !== undefined) out['type'] = nullable === true ? [type.toLowerCase(), 'null'] : type.toLowerCase()
  if (isObject(rest['properties'])) {
    const entries = Object.entries(rest['properties'])
    out['properties'] = Object.fromEntries(entries.map(([name, inner]) => [name, fromOpenApi(inner)]))
  }
  if (rest['items'] !== undefined) out['items'] = fromOpenApi(rest['items'])
  if (Array.isArray(rest['anyOf'])) {
    const options = rest['anyOf'].map(fromOpenApi)
    out['anyOf'] = nullable === true && type === undefined ? [...options, { type: 'null' }] : options
  }
  return out
}
