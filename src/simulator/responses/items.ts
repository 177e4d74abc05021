import { asArray, asObject } from '../../ir/json.ts'
import type { JsonObject } from '../../ir/json.ts'
import { customInput } from '../chat/ask.ts'
import type { Composed, ComposedPart } from '../compose.ts'
import type { FoundPage } from '../script.ts'
import { sign } from '../signature.ts'
import type { Call } from '../surface.ts'
import { declaredTools } from './ask.ts'
import { issuerOf } from './check.ts'

/** The output item that a part of the answer becomes. */
export function itemOf(call: Call, part: ComposedPart, index: number): JsonObject {
  const id = (prefix: string): string => `${prefix}_${call.serial}n${index}`
  switch (part.kind) {
    case 'text':
      return message(id('msg'), {
        type: 'output_text',
        annotations: (part.cites ?? []).map((page) => citation(part.text, page)),
        logprobs: [],
        text: part.text,
      })
    case 'refusal':
      return message(id('msg'), { type: 'refusal', refusal: part.text })
    case 'thinking':
    case 'redacted-thinking': {
      const shown = asObject(call.body.reasoning).summary !== undefined && part.kind === 'thinking'
      const sealed = asArray(call.body.include).includes('reasoning.encrypted_content')
      return {
        id: id('rs'),
        type: 'reasoning',
        summary: shown ? [{ type: 'summary_text', text: part.text }] : [],
        ...(sealed && { encrypted_content: sign(part.text, issuerOf(call)) }),
      }
    }
    case 'tool-call':
      return toolCall(call, part, id)
    case 'web-search':
      return searchCall(call, part, id('ws'))
    default:
      return part satisfies never
  }
}

function message(id: string, content: JsonObject): JsonObject {
  return { id, type: 'message', status: 'completed', role: 'assistant', content: [content] }
}

function citation(text: string, { url, title }: FoundPage): JsonObject {
  return { type: 'url_citation', start_index: 0, end_index: text.length, url, title }
}

/** The sources have no titles, and come on request only. */
function searchCall(call: Call, part: ComposedPart & { kind: 'web-search' }, id: string): JsonObject {
  const { query, results } = part
  const wanted = asArray(call.body.include).includes('web_search_call.action.sources')
  const sources = results.map(({ url }) => ({ type: 'url', url }))
  const action = { type: 'search', query, queries: [query], ...(wanted && { sources }) }
  return { id, type: 'web_search_call', status: 'completed', action }
}

function toolCall(
  call: Call,
  part: ComposedPart & { kind: 'tool-call' },
  id: (prefix: string) => string,
): JsonObject {
  const declared = declaredTools(call.body).find(({ tool }) => tool.name === part.name)
  const common = { status: 'completed', call_id: part.id ?? id('call'), name: part.name }
  if (declared?.tool.type === 'custom') {
    return { id: id('ctc'), type: 'custom_tool_call', ...common, input: customInput(part.input) }
  }
  const namespace = declared?.namespace
  return {
    id: id('fc'),
    type: 'function_call',
    ...common,
    arguments: part.input,
    ...(namespace !== undefined && { namespace }),
  }
}

/** The response object around output items, with the request's settings said again. */
export function responseOf(
  call: Call,
  state: { status: string; output: readonly JsonObject[]; usage?: JsonObject; extra?: JsonObject },
): JsonObject {
  const { body } = call
  const done = state.status === 'completed'
  return {
    id: `resp_${call.serial}`,
    object: 'response',
    created_at: call.created,
    status: state.status,
    background: false,
    completed_at: done ? call.created : null,
    error: null,
    incomplete_details: null,
    instructions: body.instructions ?? null,
    max_output_tokens: body.max_output_tokens ?? null,
    max_tool_calls: null,
    model: call.model,
    output: state.output,
    parallel_tool_calls: body.parallel_tool_calls ?? true,
    previous_response_id: body.previous_response_id ?? null,
    prompt_cache_key: body.prompt_cache_key ?? null,
    reasoning: { effort: null, summary: null, ...asObject(body.reasoning) },
    safety_identifier: body.safety_identifier ?? null,
    service_tier: 'default',
    store: body.store ?? true,
    temperature: body.temperature ?? 1,
    text: {
      verbosity: 'medium',
      ...asObject(body.text),
      format: asObject(body.text).format ?? { type: 'text' },
    },
    tool_choice: body.tool_choice ?? 'auto',
    tools: body.tools ?? [],
    top_logprobs: 0,
    top_p: body.top_p ?? 1,
    truncation: 'disabled',
    usage: state.usage ?? null,
    user: null,
    metadata: body.metadata ?? {},
    ...state.extra,
  }
}

/** The response when all has been said. */
export function finishedResponse(call: Call, composed: Composed): JsonObject {
  const output = composed.parts.map((part, index) => itemOf(call, part, index))
  const reason =
    composed.finish === 'length'
      ? 'max_output_tokens'
      : composed.finish === 'content-filter'
        ? 'content_filter'
        : undefined
  const { usage } = composed
  return responseOf(call, {
    status: reason === undefined ? 'completed' : 'incomplete',
    output,
    usage: {
      input_tokens: usage.input,
      input_tokens_details: {
        cached_tokens: usage.cacheRead,
        ...(usage.cacheWrite > 0 && { cache_write_tokens: usage.cacheWrite }),
      },
      output_tokens: usage.output,
      output_tokens_details: { reasoning_tokens: usage.reasoning },
      total_tokens: usage.input + usage.output,
    },
    ...(reason !== undefined && { extra: { incomplete_details: { reason } } }),
  })
}
