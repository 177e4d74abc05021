import { unfold, fold } from '../../src/ir/fold.ts'
import type { ModelEvent } from '../../src/ir/event.ts'
import { asArray, asObject, isObject, parseJson, type JsonObject } from '../../src/ir/json.ts'
import type { ModelRequest } from '../../src/ir/request.ts'
import type { ModelResponse } from '../../src/ir/response.ts'
import type { ReplyContext } from '../../src/protocols/protocol.ts'
import { run } from '../../src/stream/sink.ts'
import { formatSse, parseSse } from '../../src/stream/sse.ts'
import type { Subject } from '../../test/laws/protocols.ts'
import type { CorpusRecord } from '../../test/support/corpus.ts'
import type { Semantics } from './semantics.ts'

/**
 * The recorded stream as the gateway gets it. Gemini was recorded in its other framing too, one JSON array, which the gateway
 * never asks for.
 */
export function streamOf({ response_body: body, stream_format: format }: CorpusRecord): string | undefined {
  if (typeof body !== 'string') return undefined
  const chunks = format === 'json-array' ? parseJson(body) : undefined
  return Array.isArray(chunks)
    ? chunks.map((chunk) => formatSse({ data: JSON.stringify(chunk) })).join('')
    : body
}

/** The recorded answer as events; a whole one as if it had streamed. */
export function eventsOf(record: CorpusRecord, source: Subject): ModelEvent[] {
  const stream = streamOf(record)
  return stream === undefined
    ? [...unfold(source.protocol.decodeResponse(record.response_body as JsonObject, source.faithful))]
    : run(source.protocol.decodeStream(source.faithful), run(parseSse(), [Buffer.from(stream)]))
}

/** The recorded answer as a whole. */
export function wholeOf(record: CorpusRecord, source: Subject): ModelResponse {
  return streamOf(record) === undefined
    ? source.protocol.decodeResponse(record.response_body as JsonObject, source.faithful)
    : fold(eventsOf(record, source))
}

/** The request that it answers, as the client made it; a plain one where none was recorded or it cannot be read. */
export function requestOf(record: CorpusRecord, source: Subject): ModelRequest {
  const plain: ModelRequest = { model: 'model', stream: record.stream, turns: [], tools: [] }
  if (record.request_body === null) return plain
  try {
    return source.protocol.decodeRequest({ model: 'model', ...record.request_body })
  } catch {
    return plain
  }
}

export function replyContext(
  request: ModelRequest,
  form: 'whole' | 'streamed',
  onDropped: NonNullable<ReplyContext['onDropped']>,
): ReplyContext {
  return {
    request: { ...request, stream: form === 'streamed', streamUsage: true },
    id: 'conformance0123456789',
    created: 1_790_000_000,
    onDropped,
  }
}

/** What a client's library makes of a stream: the answer as if it had come whole. */
export function accumulate(protocol: string, stream: string, semantics: Semantics): JsonObject {
  switch (protocol) {
    case 'messages':
      return semantics.accumulateAnthropicSSE(stream).message
    case 'responses':
      return { ...semantics.accumulateResponsesSSE(stream).response, ...itemsDone(stream) }
    case 'gemini': {
      const chunks = run(parseSse(), [Buffer.from(stream)]).map(({ data }) => parseJson(data))
      return semantics.accumulateGemini(chunks.filter(isObject)).response
    }
    default:
      return semantics.accumulateChatSSE(stream).completion
  }
}

/** Some servers send every member of a call there is; the empty ones say nothing. */
export function withoutEmptyCalls(body: JsonObject | string | null): JsonObject | string | null {
  if (!isObject(body) || !Array.isArray(body['choices'])) return body
  const tidy = (call: unknown): unknown => {
    if (!isObject(call) || !isObject(call['custom']) || call['custom']['name'] !== '') return call
    const { custom: _, ...rest } = call
    return rest
  }
  const choices = body['choices'].filter(isObject).map((choice) => {
    const { message } = choice
    if (!isObject(message)) return choice
    const { function_call: legacy, ...rest } = message
    const isEmpty = !isObject(legacy) || legacy['name'] === ''
    const calls = asArray(message['tool_calls']).map(tidy)
    return {
      ...choice,
      message: {
        ...rest,
        ...(!isEmpty && { function_call: legacy }),
        ...(calls.length > 0 && { tool_calls: calls }),
      },
    }
  })
  return { ...body, choices }
}

/** The items as they were finished: the last event repeats them, but encrypts reasoning anew. */
function itemsDone(stream: string): { readonly output?: readonly JsonObject[] } {
  const output: JsonObject[] = []
  for (const { data } of run(parseSse(), [Buffer.from(stream)])) {
    const { type, output_index: at, item } = asObject(parseJson(data))
    if (type === 'response.output_item.done' && typeof at === 'number') output[at] = asObject(item)
  }
  const whole = output.filter((item) => item !== undefined)
  return whole.length === 0 ? {} : { output: whole }
}
