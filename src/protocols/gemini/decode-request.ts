import { invalidRequest } from '../../errors.ts'
import { asString, compact } from '../../ir/json.ts'
import type { JsonObject } from '../../ir/json.ts'
import type { ModelRequest, OutputFormat } from '../../ir/request.ts'
import { optionalNumber } from '../request-fields.ts'
import { decodeContents, decodeSystem } from './decode-contents.ts'
import { decodeToolConfig, decodeTools, schemaOf } from './decode-tools.ts'
import { keepUnknown } from './extensions.ts'
import { camelFields, nested, optionalFields, optionalStrings } from './fields.ts'
import { decodeThinking } from './thinking.ts'

/**
 * A client's generateContent request. The model's name comes from the URL; a body may repeat it. What the IR does not
 * model is kept in `ext.gemini`.
 * @throws `invalid-request` naming the field that cannot be read.
 */
export function decodeRequest(wire: JsonObject): ModelRequest {
  const { model, contents, systemInstruction, tools, toolConfig, generationConfig, serviceTier, ...rest } =
    camelFields(wire)
  if (model !== undefined && typeof model !== 'string')
    throw invalidRequest('model must be a string', 'model')
  const config = optionalFields(generationConfig, 'generationConfig')
  const { fields, unknown } = decodeConfig(config)
  const calling = decodeToolConfig(toolConfig)
  const tier = TIER_OF[asString(serviceTier)?.toLowerCase() ?? '']
  return {
    model: (model ?? '').replace(/^models\//, ''),
    stream: false,
    turns: [...decodeSystem(systemInstruction), ...decodeContents(contents)],
    tools: decodeTools(tools, calling.strict),
    ...calling.choice,
    ...fields,
    ...compact({ serviceTier: tier }),
    ...keepUnknown({
      ...rest,
      ...(tier === undefined && { serviceTier }),
      ...nested('generationConfig', unknown),
      ...nested('toolConfig', calling.unknown),
    }),
  }
}

const TIER_OF: Readonly<Record<string, string>> = { standard: 'default', flex: 'flex', priority: 'priority' }

function decodeConfig(config: JsonObject): { fields: Partial<ModelRequest>; unknown: JsonObject } {
  const {
    maxOutputTokens,
    temperature,
    topP,
    topK,
    presencePenalty,
    frequencyPenalty,
    seed,
    stopSequences,
    candidateCount,
    thinkingConfig,
    responseMimeType,
    responseJsonSchema,
    responseSchema,
    ...unknown
  } = config
  const output = decodeOutput(config)
  const stop = optionalStrings(stopSequences, 'generationConfig.stopSequences')
  return {
    fields: compact({
      maxOutputTokens: number(maxOutputTokens, 'maxOutputTokens'),
      temperature: number(temperature, 'temperature'),
      topP: number(topP, 'topP'),
      topK: number(topK, 'topK'),
      presencePenalty: number(presencePenalty, 'presencePenalty'),
      frequencyPenalty: number(frequencyPenalty, 'frequencyPenalty'),
      seed: number(seed, 'seed'),
      stop: stop === undefined || stop.length === 0 ? undefined : stop,
      candidates: number(candidateCount, 'candidateCount'),
      reasoning: decodeThinking(thinkingConfig),
      output,
    }),
    unknown: {
      ...unknown,
      ...(output === undefined && compact({ responseMimeType, responseJsonSchema, responseSchema })),
    },
  }
}

const number = (value: unknown, name: string): number | undefined =>
  optionalNumber(value, `generationConfig.${name}`)

function decodeOutput(config: JsonObject): OutputFormat | undefined {
  const { responseMimeType } = config
  if (responseMimeType === 'text/plain') return { type: 'text' }
  if (responseMimeType !== 'application/json') return undefined
  const schema = schemaOf(config)
  return schema === undefined ? { type: 'json' } : { type: 'schema', schema }
}
