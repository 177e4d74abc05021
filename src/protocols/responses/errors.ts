import type { ErrorCode, GatewayError } from '../../errors.ts'
import type { JsonObject } from '../../ir/json.ts'
import { errorBodyOf, errorReply } from '../openai/error-reply.ts'
import { messageOf, say } from '../openai/error-words.ts'
import type { ErrorWords } from '../openai/error-words.ts'
import type { ErrorReply } from '../protocol.ts'

const WORDS: ErrorWords = {
  prompt: 'input',
  answer: 'output',
  fields: { prompt: 'input', limit: 'max_output_tokens', filtered: 'input' },
  overflow: /maximum context length|context window/i,
}

/** The code of a failed answer; Codex acts on some of them. */
const FAILED: Readonly<Record<ErrorCode, string>> = {
  'invalid-request': 'invalid_prompt',
  'context-overflow': 'context_length_exceeded',
  'output-overflow': 'context_length_exceeded',
  'content-filtered': 'invalid_prompt',
  unauthenticated: 'invalid_prompt',
  forbidden: 'invalid_prompt',
  billing: 'insufficient_quota',
  'not-found': 'invalid_prompt',
  'method-not-allowed': 'invalid_prompt',
  conflict: 'server_error',
  'too-large': 'invalid_prompt',
  'rate-limited': 'rate_limit_exceeded',
  overloaded: 'server_is_overloaded',
  'upstream-auth': 'server_error',
  'upstream-failed': 'server_error',
  'upstream-broken': 'server_error',
  timeout: 'server_error',
  'not-supported': 'invalid_prompt',
  'client-closed': 'server_error',
  internal: 'server_error',
}

/** An error for a Responses client, before the first byte. */
export function encodeError(error: GatewayError, requestId: string): ErrorReply {
  const said = { ...say(error, WORDS), code: codeOfParam(error) }
  return errorReply(error, requestId, errorBodyOf(error, said))
}

/** The `error` of an answer that failed. */
export function failedError(error: GatewayError): JsonObject {
  return { code: FAILED[error.code], message: withDelay(messageOf(error, WORDS), error) }
}

/** Codex reads from the message how long to wait, in OpenAI's own words. */
function withDelay(message: string, { code, details }: GatewayError): string {
  if (code !== 'rate-limited' || details.retryAfterMs === undefined) return message
  if (/try again in \d/i.test(message)) return message
  return `${message} Please try again in ${Math.ceil(details.retryAfterMs / 1000)}s.`
}

/** Clients that keep their history at OpenAI send it whole again when they read this. */
function codeOfParam({ details }: GatewayError): string | undefined {
  return details.param === 'previous_response_id' ? 'previous_response_not_found' : undefined
}
