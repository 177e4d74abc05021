import type { Losses } from '../../ir/dropped.ts'
import { compact } from '../../ir/json.ts'
import type { JsonObject } from '../../ir/json.ts'
import type { OutputFormat } from '../../ir/request.ts'
import { encodeFormat, schemaFields } from '../openai/encode-format.ts'
import type { SchemaFormat } from '../openai/encode-format.ts'
import type { ChatDialect } from './dialect.ts'
import { reportForeign } from './extensions.ts'

/** `response_format`, and an instruction that stands in for it where the upstream has none. */
export type EncodedOutput = { readonly fields: JsonObject; readonly instruction?: string }

export function encodeOutput(
  output: OutputFormat | undefined,
  dialect: ChatDialect,
  losses: Losses,
): EncodedOutput {
  const { format, instruction } = encodeFormat(
    output,
    {
      structuredOutput: dialect.structuredOutput,
      path: 'response_format',
      encodeSchema: (schema) => encodeSchema(schema, losses),
    },
    losses,
  )
  return { fields: compact({ response_format: format }), ...compact({ instruction }) }
}

function encodeSchema(output: SchemaFormat, losses: Losses): JsonObject {
  const path = 'response_format.json_schema'
  reportForeign(path, output.ext, losses)
  return {
    type: 'json_schema',
    json_schema: { ...output.ext?.chat, ...schemaFields(output, path, losses) },
  }
}
