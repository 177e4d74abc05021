import { invalidRequest } from '../../errors.ts'
import type { Losses } from '../../ir/dropped.ts'
import { asObject, isObject } from '../../ir/json.ts'
import type { JsonObject } from '../../ir/json.ts'
import type { ModelRequest } from '../../ir/request.ts'
import type { GeminiDialect } from './dialect.ts'
import { ownFields, reportForeign } from './extensions.ts'
import { toOpenApi } from './schema.ts'
import { encodeThinking } from './thinking.ts'

/** `generationConfig`, and an instruction that stands in for a form of answer which the model cannot be held to. */
export type GenerationConfig = { readonly fields: JsonObject; readonly instruction?: string }

export function encodeGenerationConfig(
  request: ModelRequest,
  dialect: GeminiDialect,
  losses: Losses,
): GenerationConfig {
  const output = encodeOutput(request, dialect, losses)
  const fields = {
    ...encodeLimit(request, dialect, losses),
    ...encodeSampling(request, dialect, losses),
    ...encodeStops(request, dialect, losses),
    ...encodeCandidates(request, dialect),
    ...output.fields,
    ...encodeThinking(request.reasoning, dialect, losses),
    ...asObject(ownFields(request.ext)['generationConfig']),
  }
  const { instruction } = output
  return { fields, ...(instruction !== undefined && { instruction }) }
}

function encodeLimit(
  { maxOutputTokens: wish }: ModelRequest,
  dialect: GeminiDialect,
  losses: Losses,
): JsonObject {
  if (wish === undefined) return {}
  const limit = dialect.maxOutputTokens ?? wish
  if (wish > limit) losses.approximated('max_tokens', `${limit} instead of ${wish}`)
  return { maxOutputTokens: Math.min(wish, limit) }
}

function encodeSampling(request: ModelRequest, dialect: GeminiDialect, losses: Losses): JsonObject {
  const out: Record<string, unknown> = {}
  const put = (name: string, field: string, value: number | undefined, accepted: boolean): void => {
    if (value === undefined) return
    if (accepted) out[field] = value
    else losses.unsupported(name, 'this model samples as it likes')
  }
  const samples = dialect.sampling === 'all'
  put('temperature', 'temperature', request.temperature, samples)
  put('top_p', 'topP', request.topP, samples)
  put('top_k', 'topK', request.topK, samples)
  put('presence_penalty', 'presencePenalty', request.presencePenalty, dialect.penalties)
  put('frequency_penalty', 'frequencyPenalty', request.frequencyPenalty, dialect.penalties)
  put('seed', 'seed', request.seed, true)
  return out
}

function encodeStops({ stop = [] }: ModelRequest, { maxStops }: GeminiDialect, losses: Losses): JsonObject {
  const kept = stop.filter((sequence) => sequence !== '')
  if (kept.length < stop.length) losses.unsupported('stop', 'an empty sequence')
  if (kept.length > maxStops) losses.unsupported('stop', `more than ${maxStops}`)
  return kept.length === 0 ? {} : { stopSequences: kept.slice(0, maxStops) }
}

function encodeCandidates({ candidates }: ModelRequest, dialect: GeminiDialect): JsonObject {
  if (candidates === undefined || (candidates === 1 && !dialect.candidates)) return {}
  if (!dialect.candidates) throw invalidRequest('n: this model gives one answer a request', 'n')
  return { candidateCount: candidates }
}

/** Models before the third generation write JSON or call functions; with both wanted, JSON is asked for in words. */
function encodeOutput(request: ModelRequest, dialect: GeminiDialect, losses: Losses): GenerationConfig {
  const { output, tools } = request
  if (output === undefined || output.type === 'text') return { fields: {} }
  const callable = tools.some(({ kind }) => kind === 'function' || kind === 'custom')
  if (callable && !dialect.toolCombinations) {
    losses.approximated('response_format', 'asked for in words')
    const match =
      output.type === 'json' ? '' : ` It must match this JSON Schema:\n${JSON.stringify(output.schema)}`
    return {
      fields: {},
      instruction: `Unless you call a function, answer with one JSON object and nothing else.${match}`,
    }
  }
  const mime = { responseMimeType: 'application/json' }
  if (output.type === 'json') return { fields: mime }
  reportForeign('response_format', output.ext, losses)
  if (output.name !== undefined || output.description !== undefined)
    losses.unsupported('response_format.name', 'a schema has no name here')
  if (output.strict === false)
    losses.approximated('response_format.strict', 'the answer is kept to its schema nonetheless')
  if (dialect.jsonSchema) return { fields: { ...mime, responseJsonSchema: output.schema } }
  const { schema, loosened } = toOpenApi(output.schema)
  if (loosened)
    losses.approximated('response_format.schema', 'constraints that the API does not know were left out')
  const isEmptyObject = schema['type'] === 'object' && !isObject(schema['properties'])
  return { fields: isEmptyObject ? mime : { ...mime, responseSchema: schema } }
}
