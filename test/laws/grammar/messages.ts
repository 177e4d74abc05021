import { asArray, asNumber, asObject, asString, isObject, parseJson } from '../../../src/ir/json.ts'
import type { SseEvent } from '../../../src/stream/sse.ts'
import type { GrammarReport } from '../protocols.ts'

/** Which deltas a block takes. Server tools' results and novelties take none. */
const DELTAS: Readonly<Record<string, readonly string[]>> = {
  text: ['text_delta', 'citations_delta'],
  thinking: ['thinking_delta', 'signature_delta'],
  tool_use: ['input_json_delta'],
  server_tool_use: ['input_json_delta'],
  mcp_tool_use: ['input_json_delta'],
  compaction: ['compaction_delta'],
}

/**
 * The grammar of a Messages stream as the official SDK and Claude Code read it: `message_start`, blocks one after
 * another with contiguous indexes, `message_delta`, `message_stop`; or an `error` in place of any of them.
 */
export function messagesGrammar(events: readonly SseEvent[]): GrammarReport {
  const faults: string[] = []
  let state: 'before' | 'open' | 'closing' | 'over' = 'before'
  let ending: GrammarReport['ending'] = 'none'
  let next = 0
  let block: { index: number; type: string; json: string; signed: boolean } | undefined
  let calls = 0
  let stopReason: string | undefined
  /** The last block is a call that was cut within its input: only a limit may do that. */
  let torn = false

  for (const [position, event] of events.entries()) {
    const fault = (text: string) => void faults.push(`event ${position}: ${text}`)
    const value = parseJson(event.data)
    if (!isObject(value)) {
      fault('data is no JSON object')
      continue
    }
    const type = asString(value['type'])
    if (event.event !== type) fault(`event name ${event.event} differs from type ${type}`)
    if (state === 'over') fault(`${type} after the terminal event`)
    switch (type) {
      case 'ping':
        break
      case 'error':
        if (asString(asObject(value['error'])['message']) === undefined) fault('error without a message')
        ending = 'error'
        state = 'over'
        break
      case 'message_start': {
        if (state !== 'before') fault('second message_start')
        const message = asObject(value['message'])
        if (asString(message['id']) === undefined) fault('message without id')
        if (asString(message['model']) === undefined) fault('message without model')
        if (message['role'] !== 'assistant') fault('message without role')
        if (!Array.isArray(message['content'])) fault('message without content')
        if (asNumber(asObject(message['usage'])['output_tokens']) === undefined)
          fault('message without usage')
        state = 'open'
        break
      }
      case 'content_block_start': {
        if (state !== 'open') fault(`block started ${state} the message`)
        if (block !== undefined) fault('two blocks open at once')
        if (torn) fault('a block after tool input that is no JSON object')
        if (value['index'] !== next) fault(`index ${String(value['index'])}, expected ${next}`)
        const content = asObject(value['content_block'])
        const kind = asString(content['type']) ?? ''
        if (kind === '') fault('block without a type')
        if (kind === 'text' && content['text'] !== '') fault('text block does not start empty')
        if (kind === 'thinking' && (content['thinking'] !== '' || content['signature'] !== ''))
          fault('thinking block does not start with empty thinking and signature')
        if (kind === 'tool_use') {
          calls++
          if (!/^[A-Za-z0-9_-]+$/.test(asString(content['id']) ?? ''))
            fault('tool_use with an id that Anthropic refuses')
          if ((asString(content['name']) ?? '') === '') fault('tool_use without a name')
          if (!isObject(content['input'])) fault('tool_use without an input object')
        }
        block = { index: next, type: kind, json: '', signed: false }
        next++
        break
      }
      case 'content_block_delta': {
        const delta = asObject(value['delta'])
        const kind = asString(delta['type']) ?? ''
        if (block === undefined || value['index'] !== block.index) {
          fault('delta outside of its block')
          break
        }
        if (DELTAS[block.type] !== undefined && !DELTAS[block.type]!.includes(kind))
          fault(`${kind} in a ${block.type}`)
        if (block.signed) fault('delta after the signature')
        if (kind === 'signature_delta') block.signed = true
        if (kind === 'text_delta' && asString(delta['text']) === undefined) fault('text_delta without text')
        if (kind === 'input_json_delta') block.json += asString(delta['partial_json']) ?? ''
        break
      }
      case 'content_block_stop':
        if (block === undefined || value['index'] !== block.index) fault('stop of a block that is not open')
        else torn = block.json !== '' && !isObject(parseJson(block.json))
        block = undefined
        break
      case 'message_delta': {
        if (state !== 'open') fault(`message_delta ${state} the message`)
        if (block !== undefined) fault('message_delta with a block open')
        if (!isObject(value['usage'])) fault('message_delta without usage')
        stopReason = asString(asObject(value['delta'])['stop_reason'])
        if (stopReason === undefined) fault('message_delta without stop_reason')
        if (torn && stopReason !== 'max_tokens' && stopReason !== 'model_context_window_exceeded')
          fault('tool input is no JSON object')
        if (
          (stopReason === 'tool_use') !== calls > 0 &&
          !['max_tokens', 'refusal', 'model_context_window_exceeded', 'pause_turn', 'compaction'].includes(
            stopReason ?? '',
          )
        )
          fault(`stop_reason ${stopReason} with ${calls} tool calls`)
        state = 'closing'
        break
      }
      case 'message_stop':
        if (state !== 'closing') fault('message_stop without message_delta')
        ending = 'success'
        state = 'over'
        break
      default:
        if (asArray(value['content']).length > 0) fault(`unknown event ${type}`)
    }
  }
  if (ending === 'none') faults.push('no terminal event')
  return { faults, ending }
}
