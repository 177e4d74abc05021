import { isObject, parseJson } from '../../ir/json.ts'
import type { SseEvent } from '../../stream/sse.ts'
import type { Protocol } from '../protocol.ts'
import { counting } from './count-tokens.ts'
import { decodeRequest } from './decode-request.ts'
import { decodeResponse } from './decode-response.ts'
import { decodeStream } from './decode-stream.ts'
import { geminiDialect } from './dialect.ts'
import type { GeminiDialect } from './dialect.ts'
import { encodeRequest } from './encode-request.ts'
import { encodeResponse } from './encode-response.ts'
import { encodeStream } from './encode-stream.ts'
import { decodeError, encodeError } from './errors.ts'
import { usageOf } from './usage.ts'

export type { GeminiDialect } from './dialect.ts'

/** Google's generateContent, as the Gemini API speaks it. */
export const gemini: Protocol<GeminiDialect> = {
  id: 'gemini',
  defaultDialect: geminiDialect,
  decodeRequest,
  encodeRequest,
  decodeResponse,
  encodeResponse,
  decodeStream: () => decodeStream,
  encodeStream,
  encodeError,
  decodeError,
  usageOf,
  isTerminal,
  ping: () => ': ping\n\n',
  counting,
}

/** True from the chunk on that gives a finish reason, or refuses the prompt. */
function isTerminal({ data }: SseEvent): boolean {
  if (/"(?:finishReason|blockReason)"\s*:\s*"[^"]/.test(data)) return true
  if (!data.includes('"error"')) return false
  const parsed = parseJson(data)
  const chunk: unknown = Array.isArray(parsed) ? parsed[0] : parsed
  return isObject(chunk) && chunk['error'] !== undefined && chunk['error'] !== null
}
