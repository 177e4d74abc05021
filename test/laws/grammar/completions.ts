import { asArray, asNumber, asObject, asString, isObject, parseJson } from '../../../src/ir/json.ts'
import type { SseEvent } from '../../../src/stream/sse.ts'
import type { GrammarReport } from '../protocols.ts'

const REASONS: ReadonlySet<string> = new Set(['stop', 'length', 'content_filter'])

/**
 * The grammar of a Completions stream as the official SDK reads it: chunks of one identity with one text each, one
 * finish chunk, usage after it, `[DONE]`; or an error object and no `[DONE]`.
 */
export function completionsGrammar(events: readonly SseEvent[]): GrammarReport {
  const faults: string[] = []
  let ending: GrammarReport['ending'] = 'none'
  let identity: string | undefined
  let finished = false

  for (const [position, event] of events.entries()) {
    const fault = (text: string) => void faults.push(`event ${position}: ${text}`)
    if (event.event !== undefined) fault(`named event ${event.event}`)
    if (ending !== 'none') fault('chunk after the terminal event')
    if (event.data === '[DONE]') {
      if (!finished) fault('[DONE] without a finish chunk')
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
    if (chunk['object'] !== 'text_completion') fault(`object ${String(chunk['object'])}`)
    const own = JSON.stringify([chunk['id'], chunk['created'], chunk['model']])
    if (asString(chunk['id']) === undefined || asNumber(chunk['created']) === undefined)
      fault('chunk without id or created')
    if (identity !== undefined && identity !== own) fault('chunk of another identity')
    identity ??= own
    const [choice] = asArray(chunk['choices'])
    if (choice === undefined) {
      if (!isObject(chunk['usage'])) fault('chunk without a choice or usage')
      if (!finished) fault('usage before the finish chunk')
      continue
    }
    const { index, text, logprobs, finish_reason: reason } = asObject(choice)
    if (index !== 0) fault(`choice ${String(index)}`)
    if (typeof text !== 'string') fault('choice without a text')
    if (logprobs !== null) fault('choice without logprobs: null')
    if (finished) fault('choice after the finish chunk')
    if (reason === null) continue
    if (!REASONS.has(String(reason))) fault(`finish_reason ${String(reason)}`)
    finished = true
  }
  if (ending === 'none') faults.push('no terminal event')
  return { faults, ending }
}
