import type { Losses } from '../../ir/dropped.ts'
import { asObject, compact } from '../../ir/json.ts'
import type { JsonObject } from '../../ir/json.ts'
import type { ModelRequest } from '../../ir/request.ts'
import { encodeFormat, schemaFields } from '../openai/encode-format.ts'
import type { SchemaFormat } from '../openai/encode-format.ts'
import type { ResponsesDialect } from './dialect.ts'
import { ownFields, reportForeign } from './extensions.ts'

/** `text`: format and verbosity, and an instruction that stands in for a format where the upstream has none. */
export type EncodedOutput = { readonly fields: JsonObject; readonly instruction?: string }

export function encodeOutput(
  request: ModelRequest,
  dialect: ResponsesDialect,
  losses: Losses,
): EncodedOutput {
  const { format, instruction } = encodeFormat(
    request.output,
    {
      structuredOutput: dialect.structuredOutput,
      path: 'text.format',
      encodeSchema: (schema) => encodeSchema(schema, losses),
    },
    losses,
  )
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

function encodeSchema(output: SchemaFormat, losses: Losses): JsonObject {
  const path = 'text.format'
  reportForeign(path, output.ext, losses)
  return { ...ownFields(output.ext), type: 'json_schema', ...schemaFields(output, path, losses) }
}
