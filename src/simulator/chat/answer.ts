import { asNumber } from '../../ir/json.ts'
import type { JsonObject } from '../../ir/json.ts'
import type { Composed, ComposedPart } from '../compose.ts'
import type { Finish } from '../script.ts'
import type { Call } from '../surface.ts'
import { customInput, customTools } from './ask.ts'
import { filterResults, promptFilterResults } from './filters.ts'

export function head(call: Call, object: string): JsonObject {
  return {
    id: `chatcmpl-${call.serial}`,
    object,
    created: call.created,
    model: call.model,
    service_tier: 'default',
    system_fingerprint: null,
  }
}

export function choiceCount(call: Call): number {
  return Math.max(1, asNumber(call.body.n) ?? 1)
}

/** A chat completion in one piece. */
export function whole(call: Call, composed: Composed): JsonObject {
  const azure = call.request.surface === 'azure-chat'
  const choices = Array.from({ length: choiceCount(call) }, (_, index) => ({
    index,
    message: message(call, composed, index),
    logprobs: null,
    finish_reason: finishReason(composed),
    ...(azure && { content_filter_results: filterResults(composed.finish) }),
  }))
  return {
    ...head(call, 'chat.completion'),
    choices,
    usage: usage(composed, choices.length),
    ...(azure && { prompt_filter_results: promptFilterResults }),
  }
}

function message(call: Call, composed: Composed, choice: number): JsonObject {
  const text = joined(composed, 'text')
  const refusal = joined(composed, 'refusal')
  const thinking = joined(composed, 'thinking')
  const custom = customTools(call.body)
  const calls = composed.parts
    .filter((part) => part.kind === 'tool-call')
    .map((part, index) => ({ id: callId(call, part, choice, index), ...callBody(part, custom, part.input) }))
  return {
    role: 'assistant',
    content: text === '' && (calls.length > 0 || refusal !== '') ? null : text,
    refusal: refusal === '' ? null : refusal,
    ...(call.request.surface === 'compatible-chat' && thinking !== '' && { reasoning_content: thinking }),
    ...(calls.length > 0 && { tool_calls: calls }),
    annotations: annotations(composed),
  }
}

/** Search models cite; each source for the whole of the text that rests on it. */
export function annotations({ parts }: Composed): JsonObject[] {
  const out: JsonObject[] = []
  let offset = 0
  for (const part of parts) {
    if (part.kind !== 'text') continue
    const place = { start_index: offset, end_index: offset + part.text.length }
    for (const page of part.cites ?? [])
      out.push({ type: 'url_citation', url_citation: { ...place, ...page } })
    offset += part.text.length
  }
  return out
}

function joined(composed: Composed, kind: 'text' | 'refusal' | 'thinking'): string {
  return composed.parts.map((part) => (part.kind === kind ? part.text : '')).join('')
}

export type ToolCallPart = Extract<ComposedPart, { kind: 'tool-call' }>

export function callId(call: Call, part: ToolCallPart, choice: number, index: number): string {
  return part.id ?? `call_${call.serial}c${choice}n${index}`
}

export function callBody(part: ToolCallPart, custom: ReadonlySet<unknown>, input: string): JsonObject {
  if (custom.has(part.name)) return { type: 'custom', custom: { name: part.name, input: customInput(input) } }
  return { type: 'function', function: { name: part.name, arguments: input } }
}

export function usage({ usage }: Composed, choices: number): JsonObject {
  const output = usage.output * choices
  return {
    prompt_tokens: usage.input,
    completion_tokens: output,
    total_tokens: usage.input + output,
    prompt_tokens_details: {
      cached_tokens: usage.cacheRead,
      audio_tokens: 0,
      ...(usage.cacheWrite > 0 && { cache_write_tokens: usage.cacheWrite }),
    },
    completion_tokens_details: {
      reasoning_tokens: usage.reasoning * choices,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  }
}

const REASONS: Readonly<Record<Finish, string>> = {
  stop: 'stop',
  'stop-sequence': 'stop',
  pause: 'stop',
  refusal: 'stop',
  length: 'length',
  'tool-calls': 'tool_calls',
  'content-filter': 'content_filter',
}

export function finishReason(composed: Composed): string {
  return composed.rawFinish ?? REASONS[composed.finish]
}
