import type { Losses } from '../../ir/dropped.ts'
import { compact } from '../../ir/json.ts'
import type { JsonObject } from '../../ir/json.ts'
import type { OutputFormat } from '../../ir/request.ts'
import { conformsToStrict } from '../../ir/strict-schema.ts'
import type { ChatDialect } from './dialect.ts'
import { reportForeign } from './extensions.ts'

/** `response_format`, and an instruction that stands in for it where the upstream has none. */
export type EncodedOutput = { readonly fields: JsonObject; readonly instruction?: string }

export function encodeOutput(
  output: OutputFormat | undefined,
  dialect: ChatDialect,
  losses: Losses,
): EncodedOutput {
  if (output === undefined) return { fields: {} }
  switch (output.type) {
    case 'text':
      return { fields: { response_format: { type: 'text' } } }
    case 'json':
      if (dialect.structuredOutput !== 'none') return { fields: { response_format: { type: 'json_object' } } }
      losses.approximated('response_format', 'asked for in words')
      return { fields: {}, instruction: 'Answer with one JSON object and nothing else.' }
    case 'schema': {
      if (dialect.structuredOutput === 'schema')
        return { fields: { response_format: encodeSchema(output, losses) } }
      losses.approximated('response_format', 'the schema is asked for in words')
      return {
        fields: dialect.structuredOutput === 'none' ? {} : { response_format: { type: 'json_object' } },
        instruction: `Answer with one JSON object and nothing else. It must match this JSON Schema:\n${JSON.stringify(output.schema)}`,
      }
    }
    default:
      return output satisfies never
  }
}

function encodeSchema(output: Extract<OutputFormat, { type: 'schema' }>, losses: Losses): JsonObject {
  reportForeign('response_format.json_schema', output.ext, losses)
  const strict = output.strict !== false && conformsToStrict(output.schema)
  if (output.strict === true && !strict)
    losses.approximated('response_format.json_schema.strict', 'the schema is outside the strict subset')
  // Messages and Gemini clients count on the schema being kept to without having a word for it.
  if (output.strict === undefined && strict)
    losses.approximated('response_format.json_schema.strict', 'enforced, as the schema allows it')
  return {
    type: 'json_schema',
    json_schema: {
      ...output.ext?.chat,
      name: legalName(output.name),
      ...compact({ description: output.description }),
      schema: output.schema,
      ...(strict && { strict: true }),
      ...(output.strict === false && { strict: false }),
    },
  }
}

/** OpenAI: letters, digits, `_` and `-`, at most 64. The name has no meaning to anybody but the model. */
function legalName(name: string | undefined): string {
  const legal = (name ?? '').replaceAll(/[^A-Za-z0-9_-]/g, '_').slice(0, 64)
  return legal === '' ? 'output' : legal
}
