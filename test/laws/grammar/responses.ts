import { asArray, asNumber, asObject, asString, isObject, parseJson } from '../../../src/ir/json.ts'
import type { JsonObject } from '../../../src/ir/json.ts'
import type { SseEvent } from '../../../src/stream/sse.ts'
import type { GrammarReport } from '../protocols.ts'

type Part = { type: string; text: string; annotations: number; done: boolean }
type Item = {
  id: string
  type: string
  callId: string
  input: string
  inputDone: boolean
  parts: Part[]
  summaries: { text: string; done: boolean }[]
  done: JsonObject | undefined
}

/** Which items take which events. */
const ITEM_OF: readonly (readonly [prefix: string, type: string])[] = [
  ['response.content_part', 'message'],
  ['response.output_text', 'message'],
  ['response.refusal', 'message'],
  ['response.function_call_arguments', 'function_call'],
  ['response.custom_tool_call_input', 'custom_tool_call'],
  ['response.reasoning_summary', 'reasoning'],
  ['response.web_search_call', 'web_search_call'],
]

const FIELDS = ['id', 'created_at', 'model', 'output', 'tools', 'tool_choice', 'parallel_tool_calls']

/**
 * The grammar of a Responses stream as the official SDK and Codex read it: numbered events, `response.created` first, items
 * that begin at the next index and are addressed by it and their id, parts within them, `done` events that say again what
 * the deltas said, one terminal event with every item.
 */
export function responsesGrammar(events: readonly SseEvent[]): GrammarReport {
  const faults: string[] = []
  let ending: GrammarReport['ending'] = 'none'
  let identity: string | undefined
  const items: Item[] = []

  for (const [position, event] of events.entries()) {
    const fault = (text: string) => void faults.push(`event ${position}: ${text}`)
    const value = parseJson(event.data)
    if (!isObject(value)) {
      fault('data is no JSON object')
      continue
    }
    const type = asString(value['type']) ?? ''
    if (event.event !== type) fault(`event name ${event.event} differs from type ${type}`)
    if (value['sequence_number'] !== position) fault(`sequence_number ${String(value['sequence_number'])}`)
    if (ending !== 'none') fault(`${type} after the terminal event`)
    if (position === 0 && type !== 'response.created') fault(`${type} before response.created`)
    if (position > 0 && type === 'response.created') fault('second response.created')

    const response = value['response']
    if (response !== undefined) {
      const { id, status, output, error, incomplete_details } = asObject(response)
      for (const field of FIELDS)
        if (asObject(response)[field] === undefined) fault(`response without ${field}`)
      if (identity !== undefined && identity !== id) fault('response of another identity')
      identity = asString(id)
      if (type === 'response.created' || type === 'response.in_progress') {
        if (status !== 'in_progress') fault(`${type} with status ${String(status)}`)
        continue
      }
      if (type !== `response.${String(status)}`) fault(`${type} with status ${String(status)}`)
      if (!['response.completed', 'response.incomplete', 'response.failed'].includes(type))
        fault(`unknown terminal event ${type}`)
      ending = type === 'response.failed' ? 'error' : 'success'
      if ((status === 'failed') !== isObject(error)) fault('error and status do not agree')
      if ((status === 'incomplete') !== isObject(incomplete_details)) fault('incomplete without a reason')
      if (isObject(error) && !(asString(error['code']) && asString(error['message'])))
        fault('error without code or message')
      for (const item of items) if (item.done === undefined) fault(`item ${item.id} was left open`)
      if (JSON.stringify(output) !== JSON.stringify(items.map((item) => item.done)))
        fault('output differs from the items that were done')
      continue
    }

    const index = asNumber(value['output_index']) ?? -1
    if (type === 'response.output_item.added') {
      const item = asObject(value['item'])
      if (index !== items.length) fault(`output_index ${index}, expected ${items.length}`)
      const id = asString(item['id']) ?? ''
      if (id === '') fault('item without id')
      if (items.some((other) => other.id === id)) fault(`item id ${id} used twice`)
      const kind = asString(item['type']) ?? ''
      const callId = asString(item['call_id']) ?? ''
      if (kind === 'function_call' || kind === 'custom_tool_call') {
        if (callId === '' || callId.length > 64) fault(`call_id ${callId}`)
        if (items.some((other) => other.callId === callId)) fault(`call_id ${callId} used twice`)
        if (!asString(item['name'])) fault('call without a name')
      }
      items.push({
        id,
        type: kind,
        callId,
        input: '',
        inputDone: false,
        parts: [],
        summaries: [],
        done: undefined,
      })
      continue
    }
    const item = items[index]
    if (item === undefined) {
      fault(`${type} for no item`)
      continue
    }
    if (item.done !== undefined) fault(`${type} after its item was done`)
    if (type === 'response.output_item.done') {
      item.done = asObject(value['item'])
      checkDone(item, fault)
      continue
    }
    if (value['item_id'] !== item.id) fault(`item_id ${String(value['item_id'])}, expected ${item.id}`)
    const expected = ITEM_OF.find(([prefix]) => type.startsWith(prefix))?.[1]
    if (expected === undefined) fault(`unknown event ${type}`)
    else if (expected !== item.type) fault(`${type} in a ${item.type}`)
    inside(type, value, item, fault)
  }
  if (ending === 'none') faults.push('no terminal event')
  return { faults, ending }
}

type Fault = (text: string) => void

function inside(type: string, value: JsonObject, item: Item, fault: Fault): void {
  const at = asNumber(value['content_index']) ?? -1
  const part = item.parts[at]
  const delta = asString(value['delta'])
  if (type.endsWith('.delta') && !delta) fault(`${type} without a delta`)
  switch (type) {
    case 'response.content_part.added': {
      const { type: kind, text, refusal, annotations } = asObject(value['part'])
      if (at !== item.parts.length) fault(`content_index ${at}, expected ${item.parts.length}`)
      if ((kind === 'refusal' ? refusal : text) !== '') fault('content part does not start empty')
      if (kind === 'output_text' && !Array.isArray(annotations)) fault('text part without annotations')
      item.parts.push({ type: asString(kind) ?? '', text: '', annotations: 0, done: false })
      return
    }
    case 'response.output_text.delta':
    case 'response.refusal.delta':
      if (part === undefined || part.done) fault('delta outside of its part')
      else if ((part.type === 'refusal') !== (type === 'response.refusal.delta'))
        fault(`${type} in a ${part.type}`)
      else part.text += delta ?? ''
      return
    case 'response.output_text.annotation.added':
      if (part?.type !== 'output_text' || part.done) fault('annotation outside of its part')
      else if (value['annotation_index'] !== part.annotations++) fault('annotation out of turn')
      return
    case 'response.output_text.done':
    case 'response.refusal.done':
      if (part === undefined || (value['text'] ?? value['refusal']) !== part.text)
        fault(`${type} differs from its deltas`)
      return
    case 'response.content_part.done': {
      const whole = asObject(value['part'])
      if (part === undefined || part.done) fault('part done twice or never begun')
      else if ((whole['text'] ?? whole['refusal']) !== part.text) fault('part differs from its deltas')
      if (part !== undefined) part.done = true
      return
    }
    case 'response.function_call_arguments.delta':
    case 'response.custom_tool_call_input.delta':
      item.input += delta ?? ''
      return
    case 'response.function_call_arguments.done':
    case 'response.custom_tool_call_input.done': {
      const whole = asString(value['arguments'] ?? value['input'])
      if (whole !== item.input && !(item.input.trim() === '' && whole === '{}'))
        fault(`${type} differs from its deltas`)
      item.input = whole ?? ''
      item.inputDone = true
      return
    }
    default:
      summary(type, value, item, fault)
  }
}

function summary(type: string, value: JsonObject, item: Item, fault: Fault): void {
  if (item.type !== 'reasoning') return
  const index = asNumber(value['summary_index']) ?? -1
  const open = item.summaries[index]
  if (type === 'response.reasoning_summary_part.added') {
    if (index !== item.summaries.length) fault(`summary_index ${index}`)
    item.summaries.push({ text: '', done: false })
  } else if (open === undefined || open.done) fault(`${type} outside of its summary`)
  else if (type === 'response.reasoning_summary_text.delta') open.text += asString(value['delta']) ?? ''
  else if (type === 'response.reasoning_summary_text.done') {
    if (value['text'] !== open.text) fault('summary differs from its deltas')
  } else open.done = true
}

/** An item that is done says all that was said of it. */
function checkDone(item: Item, fault: Fault): void {
  const { id, type, content, call_id, arguments: args, input, summary: summaries } = item.done ?? {}
  if (id !== item.id || type !== item.type) fault('item done under another name')
  if (item.type === 'message') {
    const texts = asArray(content).map((part) => asObject(part)['text'] ?? asObject(part)['refusal'])
    if (JSON.stringify(texts) !== JSON.stringify(item.parts.map((part) => part.text)))
      fault('message differs from its parts')
    if (item.parts.length === 0) fault('message that says nothing')
    if (item.parts.some((part) => !part.done)) fault('message done with a part open')
  }
  if (item.callId !== '') {
    if (call_id !== item.callId) fault('call done under another id')
    if (!item.inputDone || (args ?? input) !== item.input) fault('call differs from its input')
    if (item.type === 'function_call' && item.input === '') fault('arguments that no client can parse')
  }
  if (item.type === 'reasoning' && item.summaries.length > 0) {
    const texts = asArray(summaries).map((part) => asObject(part)['text'])
    if (JSON.stringify(texts) !== JSON.stringify(item.summaries.map((part) => part.text)))
      fault('reasoning differs from its summaries')
    if (item.summaries.some((part) => !part.done)) fault('reasoning done with a summary open')
  }
}
