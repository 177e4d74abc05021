import { asArray, asObject, asString, isObject, parseJson } from '../../ir/json.ts'
import { decodeFailure } from '../upstream-failure.ts'
import type { Protocol } from '../protocol.ts'
import type { SseEvent } from '../../stream/sse.ts'
import { decodeRequest } from './decode-request.ts'
import { decodeResponse } from './decode-response.ts'
import { decodeStream } from './decode-stream.ts'
import { chatDialect } from './dialect.ts'
import type { ChatDialect } from './dialect.ts'
import { encodeRequest } from './encode-request.ts'
import { encodeResponse } from './encode-response.ts'
import { encodeStream } from './encode-stream.ts'
import { encodeError } from './errors.ts'
import { patchRequest } from './patch-request.ts'
import { usageIn } from './usage.ts'

export type { ChatDialect } from './dialect.ts'

/** OpenAI Chat Completions, with the departures of the servers that speak it in their own way. */
export const chat: Protocol<ChatDialect> = {
  id: 'chat',
  defaultDialect: chatDialect,
  decodeRequest,
  encodeRequest,
  patchRequest,
  decodeResponse,
  encodeResponse,
  decodeStream: () => decodeStream,
  encodeStream,
  encodeError,
  decodeError: decodeFailure,
  usageOf: usageIn,
  isTerminal,
  ping: () => ': ping\n\n',
}

/**
 * True from the finish chunk on: some servers end there, without `[DONE]`, and an answer that has said why it
 * ended is whole.
 */
function isTerminal({ data }: SseEvent): boolean {
  if (data === '[DONE]') return true
  // Parsing every delta again would cost more than relaying it.
  if (!data.includes('"error"') && !/"finish_reason"\s*:\s*"[^"]/.test(data)) return false
  const chunk = parseJson(data)
  if (!isObject(chunk)) return false
  if (isObject(chunk['error']) || typeof chunk['error'] === 'string') return true
  return asArray(chunk['choices']).some((choice) => {
    const reason = asString(asObject(choice)['finish_reason'])
    return reason !== undefined && reason !== ''
  })
}
