import type { Losses } from '../../ir/dropped.ts'
import { asObject, compact } from '../../ir/json.ts'
import type { JsonObject } from '../../ir/json.ts'
import type { ModelRequest, OutputFormat } from '../../ir/request.ts'
import { conformsToStrict } from '../../ir/strict-schema.ts'
import type { ResponsesDialect } from './dialect.ts'
import { ownFields, reportForeign } from './extensions.ts'

/** `text`: format and verbosity, and an instruction that stands in for a format where the upstream has none. */
export type EncodedOutput = { readonly fields: JsonObject; readonly instruction?: string }

export function encodeOutput(
  request: ModelRequest,
  dialect: ResponsesDialect,
  losses: Losses,
): EncodedOutput {
  const { format, instruction } = encodeFormat(request.output, dialect, losses)
  if (request.verbosity !== undefined && !dialect.verbosity) losses.unsupported('text.verbosity')
  const text = {
    ...asObject(ownFields(request.ext)['text']),
    ...compact({ format, verbosity: dialect.verbosity ? request.verbosity : undefined }),
  }
  return {
    fields: Object.keys(text).length > 0 ? { text } : {},
    ...compact({ instruction }),
  }
}

type EncodedFormat = { readonly format?: JsonObject; readonly instruction?: string }

function encodeFormat(
  output: OutputFormat | undefined,
  dialect: ResponsesDialect,
  losses: Losses,
): EncodedFormat {
  if (output === undefined) return {}
  switch (output.type) {
    case 'text':
      return { format: { type: 'text' } }
    case 'json':
      if (dialect.structuredOutput !== 'none') return { format: { type: 'json_object' } }
      losses.approximated('text.format', 'asked for in words')
      return { instruction: 'Answer with one JSON object and nothing else.' }
    case 'schema': {
      if (dialect.structuredOutput === 'schema') return { format: encodeSchema(output, losses) }
      losses.approximated('text.format', 'the schema is asked for in words')
      return {
        ...(dialect.structuredOutput === 'json-object' && { format: { type: 'json_object' } }),
        instruction: `Answer with one JSON object and nothing else. It must match this JSON Schema:\n${JSON.stringify(output.schema)}`,
      }
    }
    default:
      return output satisfies never
  }
}

function encodeSchema(output: Extract<OutputFormat, { type: 'schema' }>, losses: Losses): JsonObject {
  reportForeign('text.format', output.ext, losses)
  const strict = output.strict !== false && conformsToStrict(output.schema)
  if (output.strict === true && !strict)
    losses.approximated('text.format.strict', 'the schema is outside the strict subset')
  // Messages and Gemini clients count on the schema being kept to without having a word for it.
  if (output.strict === undefined && strict)
    losses.approximated('text.format.strict', 'enforced, as the schema allows it')
  return {
    ...ownFields(output.ext),
    type: 'json_schema',
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
