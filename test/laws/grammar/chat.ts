import { asArray, asNumber, asObject, asString, isObject, parseJson } from '../../../src/ir/json.ts'
import type { SseEvent } from '../../../src/stream/sse.ts'
import type { GrammarReport } from '../protocols.ts'

const DONE = '[DONE]'
const REASONS = new Set(['stop', 'length', 'tool_calls', 'content_filter', 'function_call'])

/**
 * The grammar of a Chat Completions stream as the official SDK reads it: chunks of one identity, a role first, tool
 * calls numbered in order of appearance, one finish chunk, usage after it, `[DONE]`; or an error object and no `[DONE]`.
 */
export function chatGrammar(events: readonly SseEvent[]): GrammarReport {
  const faults: string[] = []
  let ending: GrammarReport['ending'] = 'none'
  let identity: string | undefined
  let role = false
  let finish: string | undefined
  const calls: { id: string; name: string; input: string; custom: boolean }[] = []

  for (const [position, event] of events.entries()) {
    const fault = (text: string) => void faults.push(`event ${position}: ${text}`)
    if (event.event !== undefined) fault(`named event ${event.event}`)
    if (ending !== 'none') fault('chunk after the terminal event')
    if (event.data === DONE) {
      if (finish === undefined) fault('[DONE] without a finish chunk')
      ending = 'success'
      continue
    }
    const chunk = parseJson(event.data)
    if (!isObject(chunk)) {
      fault('data is no JSON object')
      continue
    }
    if (chunk['error'] !== undefined) {
      if (asString(asObject(chunk['error'])['message']) === undefined) fault('error without a message')
      ending = 'error'
      continue
    }
    if (chunk['object'] !== 'chat.completion.chunk') fault(`object ${String(chunk['object'])}`)
    const own = JSON.stringify([chunk['id'], chunk['created'], chunk['model']])
    if (asString(chunk['id']) === undefined || asNumber(chunk['created']) === undefined)
      fault('chunk without id or created')
    if (identity !== undefined && identity !== own) fault('chunk of another identity')
    identity ??= own
    if (!Array.isArray(chunk['choices'])) fault('chunk without choices')
    const [choice] = asArray(chunk['choices'])
    if (choice === undefined) {
      if (chunk['usage'] !== undefined && chunk['usage'] !== null && finish === undefined)
        fault('usage chunk before the finish chunk')
      continue
    }
    const { index, delta, finish_reason: reason } = asObject(choice)
    if (index !== 0) fault(`choice index ${String(index)}`)
    if (!isObject(delta)) fault('choice without delta')
    if (finish !== undefined) fault('choice after the finish chunk')
    const said = asObject(delta)
    if (!role && said['role'] !== 'assistant') fault('first delta has no role')
    if (role && said['role'] !== undefined) fault('second role')
    role = true
    for (const item of asArray(said['tool_calls'])) {
      const call = asObject(item)
      const at = asNumber(call['index'])
      if (at === undefined || at > calls.length) {
        fault(`tool call index ${String(call['index'])}, expected at most ${calls.length}`)
        continue
      }
      const custom = isObject(call['custom'])
      const body = asObject(custom ? call['custom'] : call['function'])
      if (at === calls.length) {
        const id = asString(call['id']) ?? ''
        const name = asString(body['name']) ?? ''
        if (id === '') fault('tool call without id')
        if (calls.some((other) => other.id === id)) fault(`tool call id ${id} used twice`)
        if (name === '') fault('tool call without name')
        if (call['type'] !== (custom ? 'custom' : 'function')) fault('tool call without type')
        calls.push({ id, name, input: '', custom })
      } else if (call['id'] !== undefined && call['id'] !== calls[at]!.id) fault('tool call changed its id')
      calls[at]!.input += asString(body[custom ? 'input' : 'arguments']) ?? ''
    }
    if (reason !== null && reason !== undefined) {
      finish = asString(reason) ?? ''
      if (!REASONS.has(finish)) fault(`finish_reason ${finish}`)
      if ((finish === 'tool_calls') !== calls.length > 0 && !['length', 'content_filter'].includes(finish))
        fault(`finish_reason ${finish} with ${calls.length} tool calls`)
      if (finish === 'tool_calls')
        for (const call of calls)
          if (!call.custom && parseJson(call.input) === undefined)
            fault(`arguments of ${call.name} are no JSON`)
    }
  }
  if (ending === 'none') faults.push('no terminal event')
  return { faults, ending }
}
