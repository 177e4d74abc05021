import type { z } from 'zod'
import { asObject, asString, isObject, type JsonObject } from '../ir/json.ts'
import type { Issues, Path } from './issues.ts'
import { nearest, suggest } from './nearest.ts'
import { jsonSchema, settingsSchema, type Settings } from './schema.ts'
import { replaceAt, valueAt } from './tree.ts'

type Issue = z.core.$ZodIssue

/** The tree as settings with defaults filled in; undefined, with its issues recorded, when it is not sound. */
export function validate(tree: JsonObject, issues: Issues): Settings | undefined {
  let input: unknown = tree
  let parsed = settingsSchema.safeParse(input)
  if (!parsed.success) {
    input = respell(tree, parsed.error.issues)
    parsed = settingsSchema.safeParse(input)
  }
  if (parsed.success) return parsed.data
  for (const issue of parsed.error.issues.flatMap((each) => mostLikely(each))) report(issue, tree, issues)
  return undefined
}

/**
 * Scalars are read as what their key expects: values from the environment are text, and YAML reads `apiKey: 12`
 * as a number.
 */
function respell(tree: JsonObject, found: readonly Issue[]): JsonObject {
  let copy = tree
  for (const issue of found.flatMap((each) => [mostLikely(each), numbersAmong(each)]).flat()) {
    if (issue.code !== 'invalid_type') continue
    const path = issue.path as Path
    const value = valueAt(tree, path)
    if (issue.expected === 'string' && typeof value === 'number') copy = replaceAt(copy, path, String(value))
    if (typeof value !== 'string') continue
    const number = Number(value)
    if (
      (issue.expected === 'number' || issue.expected === 'int') &&
      value.trim() !== '' &&
      !Number.isNaN(number)
    )
      copy = replaceAt(copy, path, number)
    if (issue.expected === 'boolean' && (value === 'true' || value === 'false'))
      copy = replaceAt(copy, path, value === 'true')
  }
  return copy
}

/** The numbers that a union would take: a text from the environment may be one, as in `workers: "${WORKERS}"`. */
function numbersAmong(issue: Issue): readonly Issue[] {
  if (issue.code !== 'invalid_union') return []
  const numbers = issue.errors
    .flat()
    .filter((each) => each.code === 'invalid_type' && each.expected === 'number')
  return numbers.map((each) => ({ ...each, path: [...issue.path, ...each.path] }) as Issue)
}

/** A union's issues, reduced to those of the alternative that the value was most likely meant to be. */
function mostLikely(issue: Issue): readonly Issue[] {
  if (issue.code !== 'invalid_union' || issue.errors.length === 0) return [issue]
  const wrongKind = (branch: readonly Issue[]) =>
    branch.some((each) => each.path.length === 0 && each.code === 'invalid_type')
  const [best] = issue.errors.filter((branch) => !wrongKind(branch)).toSorted((a, b) => a.length - b.length)
  if (best === undefined) return [issue]
  return best.flatMap((each) => mostLikely({ ...each, path: [...issue.path, ...each.path] } as Issue))
}

function report(issue: Issue, tree: JsonObject, issues: Issues): void {
  const path = issue.path as Path
  const value = valueAt(tree, path)
  switch (issue.code) {
    case 'unrecognized_keys':
      for (const key of issue.keys)
        issues.add([...path, key], 'unknown key', suggest(key, knownKeys(tree, path)))
      return
    case 'invalid_value':
      issues.add(path, `must be ${list(issue.values.map(String))}`, near(value, issue.values.map(String)))
      return
    case 'invalid_union': {
      const types = 'discriminator' in issue ? providerTypes() : []
      if (types.length === 0)
        issues.add(path, `cannot be ${kindOf(value)}`, 'Write it as the documentation shows')
      else if (value === undefined)
        issues.add(path, 'is missing', `Write \`type: …\` with one of ${list(types)}`)
      else issues.add(path, `must be ${list(types)}`, near(value, types))
      return
    }
    case 'invalid_type':
      if (value === undefined) issues.add(path, 'is missing', '')
      else if (issue.message.startsWith('Invalid input'))
        issues.add(path, `must be ${EXPECTED[issue.expected] ?? issue.expected}, not ${kindOf(value)}`, '')
      else issues.add(path, issue.message, '')
      return
    case 'invalid_key':
      issues.add(path, `this name ${issue.issues[0]?.message ?? 'is not allowed'}`, 'Choose another name')
      return
    default:
      issues.add(path, issue.message, '')
  }
}

const EXPECTED: Readonly<Record<string, string>> = {
  object: 'a section with keys',
  record: 'a section with keys',
  array: 'a list',
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
}

function kindOf(value: unknown): string {
  if (value === null) return 'empty'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object') return 'a section'
  return typeof value === 'boolean' ? String(value) : `a ${typeof value === 'string' ? 'text' : typeof value}`
}

function list(names: readonly string[]): string {
  return names
    .map((name) => `\`${name}\``)
    .join(', ')
    .replace(/, (?=[^,]*$)/, ' or ')
}

function near(value: unknown, names: readonly string[]): string {
  const found = typeof value === 'string' ? nearest(value, names) : undefined
  return found === undefined ? '' : `Did you mean \`${found}\`?`
}

function providerTypes(): readonly string[] {
  return knownVariants().map((variant) => asString(asObject(asObject(variant.properties).type).const) ?? '')
}

function knownVariants(): readonly JsonObject[] {
  const providers = asObject(asObject(jsonSchema().properties).providers)
  return variantsOf(asObject(providers.additionalProperties), undefined)
}

/** The keys that the schema knows at a place, given what the value there says it is. */
function knownKeys(tree: JsonObject, path: Path): readonly string[] {
  let schemas: readonly JsonObject[] = [jsonSchema()]
  let value: unknown = tree
  for (const step of path) {
    value = valueAt(value, [step])
    schemas = schemas.flatMap((schema) => {
      const member = asObject(schema.properties)[step] ?? schema.items ?? schema.additionalProperties
      return isObject(member) ? variantsOf(member, value) : []
    })
  }
  return [...new Set(schemas.flatMap((schema) => Object.keys(asObject(schema.properties))))]
}

/** A union's alternatives, without those that name another `type` than the value does. */
function variantsOf(schema: JsonObject, value: unknown): readonly JsonObject[] {
  const variants = schema.oneOf ?? schema.anyOf
  if (!Array.isArray(variants)) return [schema]
  const type = asString(asObject(value).type)
  return variants.flatMap((variant) => {
    const named = asObject(asObject(asObject(variant).properties).type).const
    const other = type !== undefined && named !== undefined && named !== type
    return other ? [] : variantsOf(asObject(variant), value)
  })
}
