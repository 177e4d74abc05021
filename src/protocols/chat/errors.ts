import type { GatewayError } from '../../errors.ts'
import type { JsonObject } from '../../ir/json.ts'
import { errorBodyOf, errorReply } from '../openai/error-reply.ts'
import { say } from '../openai/error-words.ts'
import type { ErrorWords } from '../openai/error-words.ts'
import type { ErrorReply } from '../protocol.ts'

const WORDS: ErrorWords = {
  prompt: 'messages',
  answer: 'completion',
  fields: { prompt: 'messages', limit: 'max_tokens', filtered: 'prompt' },
  overflow: /maximum context length/i,
}

/** An error for a Chat client, before the first byte. */
export function encodeError(error: GatewayError, requestId: string): ErrorReply {
  return errorReply(error, requestId, errorBody(error))
}

/** The body of an error; the same inside a stream. */
export function errorBody(error: GatewayError): JsonObject {
  return errorBodyOf(error, say(error, WORDS))
}
