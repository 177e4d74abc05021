import { asArray, asObject, asString } from '../../ir/json.ts'
import type { JsonObject } from '../../ir/json.ts'
import type { Composed } from '../compose.ts'
import { fragments, words } from '../pieces.ts'
import type { Call } from '../surface.ts'
import { finishedResponse, itemOf, responseOf } from './items.ts'

/** The events of a streamed response, without their sequence numbers. */
export function* events(call: Call, composed: Composed): Generator<JsonObject> {
  const begun = responseOf(call, { status: 'in_progress', output: [] })
  yield { type: 'response.created', response: begun }
  yield { type: 'response.in_progress', response: begun }
  for (const [index, part] of composed.parts.entries()) {
    const item = itemOf(call, part, index)
    const at = { output_index: index }
    yield { type: 'response.output_item.added', ...at, item: opened(item) }
    yield* within(item, { item_id: item.id, ...at })
    yield { type: 'response.output_item.done', ...at, item }
  }
  const response = finishedResponse(call, composed)
  yield { type: `response.${String(response.status)}`, response }
}

/** An item as it is before anything is in it. */
function opened(item: JsonObject): JsonObject {
  switch (item.type) {
    case 'message':
      return { ...item, status: 'in_progress', content: [] }
    case 'function_call':
      return { ...item, status: 'in_progress', arguments: '' }
    case 'custom_tool_call':
      return { ...item, status: 'in_progress', input: '' }
    case 'web_search_call': {
      const { action: _action, ...rest } = item
      return { ...rest, status: 'in_progress' }
    }
    default:
      return { ...item, summary: [] }
  }
}

function* within(item: JsonObject, at: JsonObject): Generator<JsonObject> {
  switch (item.type) {
    case 'message':
      return yield* content(asObject(asArray(item.content)[0]), { ...at, content_index: 0 })
    case 'reasoning':
      for (const [index, part] of asArray(item.summary).entries()) {
        yield* summary(asObject(part), { ...at, summary_index: index })
      }
      return
    case 'function_call':
      return yield* pieces(
        'response.function_call_arguments',
        'arguments',
        asString(item.arguments) ?? '',
        at,
      )
    case 'web_search_call':
      for (const state of ['in_progress', 'searching', 'completed']) {
        yield { type: `response.web_search_call.${state}`, ...at }
      }
      return
    case 'custom_tool_call':
      return yield* pieces('response.custom_tool_call_input', 'input', asString(item.input) ?? '', at)
  }
}

function* pieces(type: string, field: string, value: string, at: JsonObject): Generator<JsonObject> {
  for (const delta of fragments(value)) yield { type: `${type}.delta`, ...at, delta }
  yield { type: `${type}.done`, ...at, [field]: value }
}

function* content(part: JsonObject, at: JsonObject): Generator<JsonObject> {
  const refused = part.type === 'refusal'
  const text = asString(refused ? part.refusal : part.text) ?? ''
  const kind = refused ? 'refusal' : 'output_text'
  const extra = refused ? {} : { logprobs: [] }
  const empty = refused ? { ...part, refusal: '' } : { ...part, text: '', annotations: [] }
  yield { type: 'response.content_part.added', ...at, part: empty }
  for (const delta of words(text)) yield { type: `response.${kind}.delta`, ...at, delta, ...extra }
  for (const [index, annotation] of asArray(part.annotations).entries()) {
    yield { type: 'response.output_text.annotation.added', ...at, annotation_index: index, annotation }
  }
  yield { type: `response.${kind}.done`, ...at, [refused ? 'refusal' : 'text']: text, ...extra }
  yield { type: 'response.content_part.done', ...at, part }
}

function* summary(part: JsonObject, at: JsonObject): Generator<JsonObject> {
  const text = asString(part.text) ?? ''
  yield { type: 'response.reasoning_summary_part.added', ...at, part: { ...part, text: '' } }
  for (const delta of words(text)) yield { type: 'response.reasoning_summary_text.delta', ...at, delta }
  yield { type: 'response.reasoning_summary_text.done', ...at, text }
  yield { type: 'response.reasoning_summary_part.done', ...at, part }
}
