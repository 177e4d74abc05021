import { asArray, asNumber, asObject, asString, isObject, parseJson } from '../../../src/ir/json.ts'
import type { SseEvent } from '../../../src/stream/sse.ts'
import type { GrammarReport } from '../protocols.ts'

/** Members of a part of which each has exactly one. */
const DATA = [
  'text',
  'inlineData',
  'fileData',
  'functionCall',
  'executableCode',
  'codeExecutionResult',
  'toolCall',
  'toolResponse',
]

/**
 * The grammar of a generateContent stream as the official SDK reads it: chunks of one identity, each an answer with whole
 * parts of the model, the last with a finish reason; or an error object in place of any of them.
 */
export function geminiGrammar(events: readonly SseEvent[]): GrammarReport {
  const faults: string[] = []
  let ending: GrammarReport['ending'] = 'none'
  let identity: string | undefined

  for (const [position, event] of events.entries()) {
    const fault = (text: string) => void faults.push(`event ${position}: ${text}`)
    if (event.event !== undefined) fault(`named event ${event.event}`)
    if (ending !== 'none') fault('chunk after the terminal event')
    const chunk = parseJson(event.data)
    if (!isObject(chunk)) {
      fault('data is no JSON object')
      continue
    }
    if (chunk['error'] !== undefined) {
      const { code, message, status } = asObject(chunk['error'])
      if (asNumber(code) === undefined || asString(message) === undefined || asString(status) === undefined)
        fault('error without code, message or status')
      ending = 'error'
      continue
    }
    const own = JSON.stringify([chunk['responseId'], chunk['modelVersion']])
    if (asString(chunk['responseId']) === undefined) fault('chunk without an id')
    if (identity !== undefined && identity !== own) fault('chunk of another identity')
    identity ??= own
    const candidates = asArray(chunk['candidates']).map(asObject)
    if (candidates.length !== 1) fault(`${candidates.length} candidates`)
    for (const { index, content, finishReason } of candidates) {
      if (index !== 0) fault(`candidate ${String(index)}`)
      const { role, parts } = asObject(content)
      if (role !== 'model' || asArray(parts).length === 0) fault('content without parts of the model')
      for (const part of asArray(parts).map(asObject)) faults.push(...partFaults(part, position))
      if (finishReason === undefined) continue
      if (!/^[A-Z_]+$/.test(String(finishReason))) fault(`finish reason ${String(finishReason)}`)
      ending = 'success'
    }
  }
  if (ending === 'none') faults.push('no terminal event')
  return { faults, ending }
}

function partFaults(part: JsonPart, position: number): string[] {
  const faults: string[] = []
  const data = DATA.filter((name) => part[name] !== undefined)
  if (data.length !== 1) faults.push(`event ${position}: a part with ${data.length} members of data`)
  const call = part['functionCall']
  if (call !== undefined) {
    const { name, args } = asObject(call)
    if ((asString(name) ?? '') === '') faults.push(`event ${position}: a call without a name`)
    if (!isObject(args)) faults.push(`event ${position}: arguments that are no object`)
  }
  const signature = part['thoughtSignature']
  if (signature !== undefined && typeof signature !== 'string')
    faults.push(`event ${position}: a signature that is no string`)
  return faults
}

type JsonPart = { readonly [key: string]: unknown }
