import { asObject, asString, isObject, parseJson } from '../../ir/json.ts'
import type { JsonObject } from '../../ir/json.ts'
import type { Composed, ComposedPart } from '../compose.ts'
import { phrases } from '../pieces.ts'
import type { Failure, Finish } from '../script.ts'
import { sign } from '../signature.ts'
import type { Call, Surface } from '../surface.ts'
import { askOfGemini, member } from './ask.ts'
import { checkGemini, issuerOf } from './check.ts'
import { grounding } from './grounding.ts'

/** generativelanguage.googleapis.com. */
export const gemini: Surface = {
  name: 'gemini',
  route: (method, path) => {
    const match = /^\/v1(?:beta)?\/models\/([^:/]+):(\w+)$/.exec(path)
    const [, model, action] = match ?? []
    if (method === 'GET' && path === '/v1beta/models') return { operation: 'models' }
    if (method !== 'POST' || model === undefined) return undefined
    const deployment = decodeURIComponent(model)
    if (action === 'countTokens') return { operation: 'count', deployment }
    if (action !== 'generateContent' && action !== 'streamGenerateContent') return undefined
    return { operation: 'generate', deployment, stream: action === 'streamGenerateContent' }
  },
  deploymentOf: (route) => route.deployment ?? '',
  check: checkGemini,
  ask: (call) => askOfGemini(call.route.operation === 'count' ? counted(call) : call),
  streams: (call) => call.route.stream === true,
  headers: (call, streaming) => ({
    'content-type': streaming && isSse(call) ? 'text/event-stream' : 'application/json; charset=UTF-8',
  }),
  whole: (call, composed) =>
    chunk(call, composed, partsOf(call, composed), reason(composed), grounding(composed)),
  frames: (call, composed) => frames(call, [...chunks(call, composed)]),
  count: (_call, tokens) => ({
    totalTokens: tokens,
    promptTokensDetails: [{ modality: 'TEXT', tokenCount: tokens }],
  }),
  failure: (_call, problem) => ({
    status: problem.status,
    headers: { 'content-type': 'application/json; charset=UTF-8' },
    body:
      typeof problem.body === 'string' ? problem.body : JSON.stringify(problem.body ?? errorBody(problem)),
  }),
  errorFrame: (call, problem, written) => frame(call, JSON.stringify(errorBody(problem)), written),
}

/** countTokens takes contents, or a whole request. */
function counted(call: Call): Call {
  const inner = member(call.body, 'generateContentRequest')
  return isObject(inner) ? { ...call, body: inner } : call
}

// Answers

const REASONS: Readonly<Record<Finish, string>> = {
  stop: 'STOP',
  'stop-sequence': 'STOP',
  'tool-calls': 'STOP',
  pause: 'STOP',
  length: 'MAX_TOKENS',
  'content-filter': 'SAFETY',
  refusal: 'STOP',
}

function reason(composed: Composed): string {
  return composed.rawFinish ?? REASONS[composed.finish]
}

function chunk(
  call: Call,
  composed: Composed,
  parts: readonly JsonObject[],
  finishReason?: string,
  groundingMetadata?: JsonObject,
): JsonObject {
  const { usage } = composed
  const answer = usage.output - usage.reasoning
  return {
    candidates: [
      {
        ...(parts.length > 0 && { content: { parts, role: 'model' } }),
        ...(finishReason !== undefined && { finishReason }),
        index: 0,
        ...(groundingMetadata !== undefined && { groundingMetadata }),
      },
    ],
    usageMetadata: {
      promptTokenCount: usage.input,
      candidatesTokenCount: answer,
      totalTokenCount: usage.input + usage.output,
      ...(usage.cacheRead > 0 && { cachedContentTokenCount: usage.cacheRead }),
      promptTokensDetails: [{ modality: 'TEXT', tokenCount: usage.input }],
      ...(usage.reasoning > 0 && { thoughtsTokenCount: usage.reasoning }),
    },
    modelVersion: call.model,
    responseId: call.serial,
  }
}

/** Thoughts are shown on request; their signature rides on the part that follows them. */
function partsOf(call: Call, composed: Composed): JsonObject[] {
  const config = asObject(member(asObject(member(call.body, 'generationConfig')), 'thinkingConfig'))
  const shown = member(config, 'includeThoughts') === true
  const out: JsonObject[] = []
  let thought: string | undefined
  for (const [index, part] of composed.parts.entries()) {
    if (part.kind === 'thinking' || part.kind === 'redacted-thinking') {
      thought = part.text
      if (shown && part.kind === 'thinking') out.push({ text: part.text, thought: true })
      continue
    }
    if (part.kind === 'web-search') continue
    const signature = thought === undefined ? {} : { thoughtSignature: sign(thought, issuerOf(call)) }
    thought = undefined
    out.push({ ...said(call, part, index), ...signature })
  }
  return out
}

function said(
  call: Call,
  part: Exclude<ComposedPart, { kind: 'thinking' | 'web-search' }>,
  index: number,
): JsonObject {
  if (part.kind !== 'tool-call') return { text: part.text }
  const args = parseJson(part.input)
  const id = part.id ?? `${call.serial.toLowerCase()}n${index}`
  return { functionCall: { name: part.name, args: isObject(args) ? args : {}, id } }
}

// Streams

/** Texts come in several chunks, calls whole; the reason comes with an empty text at the end. */
function* chunks(call: Call, composed: Composed): Generator<JsonObject> {
  for (const part of partsOf(call, composed)) {
    const text = asString(part.text)
    if (text === undefined) {
      yield chunk(call, composed, [part])
      continue
    }
    const { thoughtSignature, ...plain } = part
    for (const [index, piece] of phrases(text).entries()) {
      const signed = index === 0 && thoughtSignature !== undefined ? { thoughtSignature } : {}
      yield chunk(call, composed, [{ ...plain, text: piece, ...signed }])
    }
  }
  const filtered = composed.finish === 'content-filter'
  yield chunk(call, composed, filtered ? [] : [{ text: '' }], reason(composed), grounding(composed))
}

function isSse(call: Call): boolean {
  return call.request.query.get('alt') === 'sse'
}

/** Without `alt=sse` the stream is one JSON array that grows. */
function frames(call: Call, values: readonly JsonObject[]): string[] {
  const written = values.map((value, index) => frame(call, JSON.stringify(value), index))
  if (isSse(call)) return written
  return written.map((text, index) => (index === written.length - 1 ? `${text}\n]` : text))
}

function frame(call: Call, json: string, written: number): string {
  if (isSse(call)) return `data: ${json}\r\n\r\n`
  return `${written === 0 ? '[' : ',\r\n'}${json}`
}

const STATUSES: Readonly<Record<number, string>> = {
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  429: 'RESOURCE_EXHAUSTED',
  503: 'UNAVAILABLE',
  504: 'DEADLINE_EXCEEDED',
}

function errorBody(problem: Failure): JsonObject {
  const status = problem.type ?? STATUSES[problem.status] ?? 'INTERNAL'
  return { error: { code: problem.status, message: problem.message, status } }
}
