import type { Losses } from '../../ir/dropped.ts'
import type { JsonObject } from '../../ir/json.ts'
import type { ModelRequest, OutputFormat } from '../../ir/request.ts'
import type { MessagesDialect } from './dialect.ts'
import type { EncodedTools } from './encode-tools.ts'
import { ownFields, reportForeign } from './extensions.ts'
import { isObjectSchema, strictOutputSchema } from './strict-output.ts'
import type { Block } from './wire.ts'
import { JSON_OUTPUT_TOOL } from './wire.ts'

/** How a wish for JSON goes out: as a format, as a tool that the model must call, or as words. */
export type JsonOutput = {
  readonly format?: JsonObject
  readonly tools: EncodedTools
  /** Goes last among the system blocks. */
  readonly instruction?: Block
}

const PLAIN_JSON =
  'Answer with a single valid JSON object and nothing else: no code fence, no words around it.'

/** The wish for structured output, in the strongest form that the upstream takes. */
export function encodeJsonOutput(
  { output, ext }: ModelRequest,
  tools: EncodedTools,
  dialect: MessagesDialect,
  losses: Losses,
): JsonOutput {
  if (output === undefined || output.type === 'text') return { tools }
  if (output.type === 'json') {
    losses.approximated('response_format', 'an instruction: this API has no JSON mode without a schema')
    return { tools, instruction: { type: 'text', text: PLAIN_JSON } }
  }
  reportForeign('output_config.format', output.ext, losses)
  if (output.name !== undefined) losses.unsupported('response_format.name')
  if (!isObjectSchema(output.schema)) {
    losses.approximated('response_format', 'an instruction: the API answers with JSON objects only')
    return { tools, instruction: { type: 'text', text: inWords(output.schema) } }
  }
  if (!dialect.structuredOutput) return asTool(output, tools, dialect, losses)
  // A client of this protocol wrote the schema for it.
  const schema = ext?.messages === undefined ? strictOutputSchema(output.schema) : output.schema
  if (schema !== output.schema)
    losses.approximated('response_format.schema', 'closed objects, limits told in descriptions')
  const described =
    output.description === undefined || 'description' in schema
      ? schema
      : { ...schema, description: output.description }
  return { tools, format: { type: 'json_schema', schema: described, ...ownFields(output.ext) } }
}

/** The tool's call is the answer: decoders turn it back into text. Beside other tools, any of them may be called. */
function asTool(
  { schema, description }: Extract<OutputFormat, { type: 'schema' }>,
  { tools, choice }: EncodedTools,
  dialect: MessagesDialect,
  losses: Losses,
): JsonOutput {
  losses.approximated('response_format', 'a tool that the model must call')
  const tool = {
    name: JSON_OUTPUT_TOOL,
    description: description ?? 'Gives the final answer. Call it once, when nothing is left to do.',
    input_schema: { ...schema, type: 'object' },
  }
  const alone = tools.length === 0 || choice?.['type'] === 'none'
  if (!dialect.forcedToolChoice) {
    const instruction: Block = {
      type: 'text',
      text: `Give your final answer by calling the tool ${JSON_OUTPUT_TOOL}.`,
    }
    return { tools: { tools: [...tools, tool], choice: { type: 'auto' }, forced: false }, instruction }
  }
  const must = alone ? { type: 'tool', name: JSON_OUTPUT_TOOL } : { type: 'any' }
  const forced = choice?.['type'] === 'tool' ? choice : must
  return { tools: { tools: [...tools, tool], choice: forced, forced: true } }
}

function inWords(schema: JsonObject): string {
  return `Answer with JSON that matches this JSON Schema and nothing else: no code fence, no words around it.\n${JSON.stringify(schema)}`
}
