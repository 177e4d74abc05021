import { asArray, asObject, asString, isObject, parseJson } from '../../ir/json.ts'
import type { JsonObject } from '../../ir/json.ts'
import { searchesIn } from '../compose.ts'
import type { Composed, ComposedPart } from '../compose.ts'
import { fragments, phrases } from '../pieces.ts'
import type { Failure, Finish } from '../script.ts'
import type { Call, HttpAnswer, Surface } from '../surface.ts'
import { askOfMessages } from './ask.ts'
import { checkMessagesCall } from './check.ts'
import { issuerOf } from './models.ts'
import { citation, searchBlocks } from './search.ts'
import { sign } from '../signature.ts'

/** Claude on Azure AI Foundry. */
export const foundryMessages = surface('foundry-messages', '/anthropic/v1')

/** api.anthropic.com. */
export const anthropicMessages = surface('anthropic-messages', '/v1')

type MessagesSurface = 'foundry-messages' | 'anthropic-messages'

function surface(name: MessagesSurface, base: string): Surface {
  return {
    name,
    route: (method, path) => {
      if (method !== 'POST') return undefined
      if (path === `${base}/messages`) return { operation: 'generate' }
      return path === `${base}/messages/count_tokens` ? { operation: 'count' } : undefined
    },
    deploymentOf: (_route, body) => asString(body.model) ?? '',
    check: checkMessagesCall,
    ask: askOfMessages,
    streams: (call) => call.body.stream === true,
    headers: (call, streaming) => headers(name, call, streaming),
    whole,
    frames: (call, composed) => [...events(call, composed)].map(frame),
    count: (_call, tokens) => ({ input_tokens: tokens }),
    failure: (call, problem) => failure(name, call, problem),
    errorFrame: (call, problem) => frame(errorBody(problem, call.serial), 0),
  }
}

/** The real server pads its data lines with spaces, by amounts that mean nothing. */
function frame(data: JsonObject, index: number): string {
  if (data.type === 'ping') return 'event: ping\ndata: {"type": "ping"}\n\n'
  return `event: ${String(data.type)}\ndata: ${JSON.stringify(data)}${' '.repeat((index * 7) % 13)}\n\n`
}

// Answers

function whole(call: Call, composed: Composed): JsonObject {
  return {
    ...head(call),
    content: composed.parts.flatMap((part, index) =>
      part.kind === 'web-search' ? searchBlocks(call, part, index) : [block(call, part, index)],
    ),
    ...ending(composed),
    usage: { ...inputUsage(composed), ...outputUsage(composed), service_tier: 'standard' },
  }
}

function head(call: Call): JsonObject {
  return { model: call.model, id: `msg_${call.serial}`, type: 'message', role: 'assistant' }
}

type BlockPart = Exclude<ComposedPart, { kind: 'web-search' }>

function block(call: Call, part: BlockPart, index: number): JsonObject {
  switch (part.kind) {
    case 'text': {
      const citations = (part.cites ?? []).map((page) => citation(call, part.text, page))
      return { type: 'text', text: part.text, ...(citations.length > 0 && { citations }) }
    }
    case 'refusal':
      return { type: 'text', text: part.text }
    case 'thinking':
      return {
        type: 'thinking',
        thinking: shown(call, part.text),
        signature: sign(part.text, issuerOf(call)),
      }
    case 'redacted-thinking':
      return { type: 'redacted_thinking', data: sign(part.text, issuerOf(call)) }
    case 'tool-call': {
      const parsed = parseJson(part.input)
      const input = isObject(parsed) ? parsed : {}
      return { type: 'tool_use', id: toolUseId(call, part, index), name: part.name, input }
    }
    default:
      return part satisfies never
  }
}

function toolUseId(call: Call, part: ComposedPart & { kind: 'tool-call' }, index: number): string {
  return part.id ?? `toolu_${call.serial}n${index}`
}

function shown(call: Call, thinking: string): string {
  return asObject(call.body.thinking).display === 'omitted' ? '' : thinking
}

const REASONS: Readonly<Record<Finish, string>> = {
  stop: 'end_turn',
  'stop-sequence': 'stop_sequence',
  length: 'max_tokens',
  'tool-calls': 'tool_use',
  'content-filter': 'refusal',
  refusal: 'refusal',
  pause: 'pause_turn',
}

function ending(composed: Composed): JsonObject {
  const reason = composed.rawFinish ?? REASONS[composed.finish]
  return {
    stop_reason: reason,
    stop_sequence: composed.stop ?? null,
    stop_details: reason === 'refusal' ? { type: 'refusal', category: null, explanation: null } : null,
  }
}

function inputUsage({ usage }: Composed): JsonObject {
  return {
    input_tokens: Math.max(0, usage.input - usage.cacheRead - usage.cacheWrite),
    cache_creation_input_tokens: usage.cacheWrite,
    cache_read_input_tokens: usage.cacheRead,
    cache_creation: { ephemeral_5m_input_tokens: usage.cacheWrite, ephemeral_1h_input_tokens: 0 },
  }
}

function outputUsage(composed: Composed): JsonObject {
  const { usage } = composed
  const searches = searchesIn(composed).length
  return {
    output_tokens: usage.output,
    ...(searches > 0 && { server_tool_use: { web_search_requests: searches, web_fetch_requests: 0 } }),
    ...(usage.reasoning > 0 && { output_tokens_details: { thinking_tokens: usage.reasoning } }),
  }
}

// Streams

function* events(call: Call, composed: Composed): Generator<JsonObject> {
  const usage = { ...inputUsage(composed), output_tokens: 1, service_tier: 'standard' }
  const empty = { content: [], stop_reason: null, stop_sequence: null, stop_details: null }
  yield { type: 'message_start', message: { ...head(call), ...empty, usage } }
  const blocks = composed.parts.flatMap((part, index) =>
    part.kind === 'web-search'
      ? searchBlocks(call, part, index).map(searchEvents)
      : [blockEvents(call, part, index)],
  )
  for (const [index, { opening, deltas }] of blocks.entries()) {
    yield { type: 'content_block_start', index, content_block: opening }
    if (index === 0) yield { type: 'ping' }
    for (const delta of deltas) yield { type: 'content_block_delta', index, delta }
    yield { type: 'content_block_stop', index }
  }
  const { cache_creation: _detail, ...input } = inputUsage(composed)
  yield { type: 'message_delta', delta: ending(composed), usage: { ...input, ...outputUsage(composed) } }
  yield { type: 'message_stop' }
}

type BlockEvents = { readonly opening: JsonObject; readonly deltas: readonly JsonObject[] }

/** What was asked streams like any input; what was found comes whole. */
function searchEvents(finished: JsonObject): BlockEvents {
  if (finished.type !== 'server_tool_use') return { opening: finished, deltas: [] }
  const pieces = fragments(JSON.stringify(finished.input))
  return {
    opening: { ...finished, input: {} },
    deltas: pieces.map((partial_json) => ({ type: 'input_json_delta', partial_json })),
  }
}

function blockEvents(call: Call, part: BlockPart, index: number): BlockEvents {
  const finished = block(call, part, index)
  switch (part.kind) {
    case 'text':
    case 'refusal': {
      const cited = asArray(finished.citations).map((one) => ({ type: 'citations_delta', citation: one }))
      return {
        opening: { type: 'text', text: '' },
        deltas: [...phrases(part.text).map((text) => ({ type: 'text_delta', text })), ...cited],
      }
    }
    case 'thinking': {
      const thoughts = phrases(shown(call, part.text)).map((thinking) => ({
        type: 'thinking_delta',
        thinking,
      }))
      return {
        opening: { type: 'thinking', thinking: '', signature: '' },
        deltas: [...thoughts, { type: 'signature_delta', signature: finished.signature }],
      }
    }
    case 'redacted-thinking':
      return { opening: finished, deltas: [] }
    case 'tool-call': {
      const pieces = part.input === '{}' ? [] : fragments(part.input)
      return {
        opening: { ...finished, input: {} },
        deltas: ['', ...pieces].map((partial_json) => ({ type: 'input_json_delta', partial_json })),
      }
    }
    default:
      return part satisfies never
  }
}

// Headers and failures

function headers(name: MessagesSurface, call: Call, streaming: boolean): Record<string, string> {
  return {
    'content-type': streaming ? 'text/event-stream; charset=utf-8' : 'application/json',
    ...requestIds(name, call.serial),
    ...(name === 'anthropic-messages' && {
      'anthropic-ratelimit-requests-limit': '4000',
      'anthropic-ratelimit-requests-remaining': '3999',
      'anthropic-ratelimit-requests-reset': new Date((call.created + 60) * 1000).toISOString(),
      'anthropic-ratelimit-tokens-remaining': '400000',
    }),
  }
}

function requestIds(name: MessagesSurface, serial: string): Record<string, string> {
  const own = { 'request-id': requestId(serial) }
  return name === 'foundry-messages' ? { ...own, 'apim-request-id': `apim-${serial.toLowerCase()}` } : own
}

function requestId(serial: string): string {
  return `req_${serial}`
}

const TYPES: Readonly<Record<number, string>> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  402: 'billing_error',
  403: 'permission_error',
  404: 'not_found_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  504: 'timeout_error',
  529: 'overloaded_error',
}

function failure(name: MessagesSurface, call: Pick<Call, 'serial'>, problem: Failure): HttpAnswer {
  return {
    status: problem.status,
    headers: { 'content-type': 'application/json', ...requestIds(name, call.serial) },
    body:
      typeof problem.body === 'string'
        ? problem.body
        : JSON.stringify(problem.body ?? errorBody(problem, call.serial)),
  }
}

function errorBody(problem: Failure, serial: string): JsonObject {
  const type = problem.type ?? TYPES[problem.status] ?? 'api_error'
  return {
    type: 'error',
    error: { type, message: problem.message },
    request_id: requestId(serial),
  }
}
