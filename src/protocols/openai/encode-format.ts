import type { Losses } from '../../ir/dropped.ts'
import { compact } from '../../ir/json.ts'
import type { JsonObject } from '../../ir/json.ts'
import type { OutputFormat } from '../../ir/request.ts'
import { conformsToStrict } from '../../ir/strict-schema.ts'

export type SchemaFormat = Extract<OutputFormat, { type: 'schema' }>

/** A form for the answer, or an instruction that stands in for it where the upstream has none. */
export type EncodedFormat = { readonly format?: JsonObject; readonly instruction?: string }

/** How a protocol and an upstream ask for a form. */
export type FormatDialect = {
  readonly structuredOutput: 'schema' | 'json-object' | 'none'
  /** Where the form stands in the request, for reports. */
  readonly path: string
  readonly encodeSchema: (output: SchemaFormat) => JsonObject
}

export function encodeFormat(
  output: OutputFormat | undefined,
  { structuredOutput, path, encodeSchema }: FormatDialect,
  losses: Losses,
): EncodedFormat {
  if (output === undefined) return {}
  switch (output.type) {
    case 'text':
      return { format: { type: 'text' } }
    case 'json':
      if (structuredOutput !== 'none') return { format: { type: 'json_object' } }
      losses.approximated(path, 'asked for in words')
      return { instruction: 'Answer with one JSON object and nothing else.' }
    case 'schema': {
      if (structuredOutput === 'schema') return { format: encodeSchema(output) }
      losses.approximated(path, 'the schema is asked for in words')
      return {
        ...(structuredOutput === 'json-object' && { format: { type: 'json_object' } }),
        instruction: `Answer with one JSON object and nothing else. It must match this JSON Schema:\n${JSON.stringify(output.schema)}`,
      }
    }
    default:
      return output satisfies never
  }
}

/** The name, the schema and whether it is enforced. */
export function schemaFields(output: SchemaFormat, path: string, losses: Losses): JsonObject {
  const strict = output.strict !== false && conformsToStrict(output.schema)
  if (output.strict === true && !strict)
    losses.approximated(`${path}.strict`, 'the schema is outside the strict subset')
  // Messages and Gemini clients count on the schema being kept to without having a word for it.
  if (output.strict === undefined && strict)
    losses.approximated(`${path}.strict`, 'enforced, as the schema allows it')
  return {
    name: legalName(output.name),
    ...compact({ description: output.description }),
    schema: output.schema,
    ...(strict && { strict: true }),
    ...(output.strict === false && { strict: false }),
  }
}

/** OpenAI: letters, digits, `_` and `-`, at most 64. The name has no meaning to anybody but the model. */
function legalName(name: string | undefined): string {
  const legal = (name ?? '').replaceAll(/[^A-Za-z0-9_-]/g, '_').slice(0, 64)
  return legal === '' ? 'output' : legal
}
