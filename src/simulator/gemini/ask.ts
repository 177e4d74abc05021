import { asArray, asNumber, asObject, asString, isObject } from '../../ir/json.ts'
import type { JsonObject } from '../../ir/json.ts'
import { base64Bytes } from '../ask.ts'
import type { Ask, Medium, OfferedTool, ToolOutcome } from '../ask.ts'
import type { Call } from '../surface.ts'
import { countPrompt } from '../tokens.ts'

/** A member that Google takes in camelCase and in snake_case. */
export function member(value: JsonObject, name: string): unknown {
  return value[name] ?? value[name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)]
}

/** The parts of a content. */
export function partsOf(content: unknown): JsonObject[] {
  return asArray(asObject(content).parts).filter(isObject)
}

/** Every function that a request declares. */
export function declarations(body: JsonObject): JsonObject[] {
  return asArray(body.tools).flatMap((tool) =>
    asArray(member(asObject(tool), 'functionDeclarations')).filter(isObject),
  )
}

/** What a generateContent request asks for. */
export function askOfGemini({ body, model }: Call): Ask {
  const contents = asArray(body.contents).filter(isObject)
  const last = contents.at(-1)
  const parts = last?.role === 'model' ? [] : partsOf(last)
  const config = asObject(member(body, 'generationConfig'))
  const thinking = asObject(member(config, 'thinkingConfig'))
  const maxTokens = asNumber(member(config, 'maxOutputTokens'))
  const schema = member(config, 'responseJsonSchema') ?? member(config, 'responseSchema')
  const wantsJson = member(config, 'responseMimeType') === 'application/json'
  const texts = parts.flatMap((part) => asString(part.text) ?? [])
  return {
    model,
    userText: texts.at(-1) ?? '',
    media: parts.flatMap(mediumOf),
    outcomes: parts.flatMap(outcomeOf),
    tools: declarations(body).map(offered),
    toolChoice: choiceOf(body),
    parallelToolCalls: true,
    thinking: member(thinking, 'thinkingBudget') !== 0,
    ...(maxTokens !== undefined && { maxTokens }),
    stops: asArray(member(config, 'stopSequences')).filter((stop) => typeof stop === 'string'),
    ...(isObject(schema) ? { json: schema } : wantsJson && { json: true as const }),
    promptTokens: countPrompt(member(body, 'systemInstruction'), body.contents, body.tools),
  }
}

function mediumOf(part: JsonObject): Medium[] {
  const inline = member(part, 'inlineData')
  if (!isObject(inline)) return []
  const mimeType = asString(member(inline, 'mimeType')) ?? ''
  const kind = mimeType.startsWith('image/') ? 'image' : mimeType.startsWith('audio/') ? 'audio' : 'document'
  return [{ kind, mimeType, bytes: base64Bytes(asString(inline.data) ?? '') }]
}

function outcomeOf(part: JsonObject): ToolOutcome[] {
  const result = member(part, 'functionResponse')
  if (!isObject(result)) return []
  const response = asObject(result.response)
  const said = response.output ?? response.result ?? response.error ?? response
  return [
    {
      name: asString(result.name) ?? 'tool',
      text: typeof said === 'string' ? said : JSON.stringify(said),
      isError: response.error !== undefined,
      media: partsOf(result).flatMap(mediumOf),
    },
  ]
}

function offered(declaration: JsonObject): OfferedTool {
  const schema = member(declaration, 'parametersJsonSchema') ?? declaration.parameters
  return { name: asString(declaration.name) ?? '', schema: asObject(schema) }
}

function choiceOf(body: JsonObject): Ask['toolChoice'] {
  const config = asObject(member(asObject(member(body, 'toolConfig')), 'functionCallingConfig'))
  const names = asArray(member(config, 'allowedFunctionNames'))
  if (config.mode === 'NONE') return 'none'
  if (config.mode !== 'ANY') return 'auto'
  return names.length === 1 ? { name: String(names[0]) } : 'required'
}
