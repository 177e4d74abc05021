import type { GatewayError } from '../../errors.ts'
import type { JsonObject } from '../../ir/json.ts'
import { errorBodyOf, errorReply } from '../openai/error-reply.ts'
import { filteredMessage } from '../openai/error-words.ts'
import type { ErrorReply } from '../protocol.ts'

/** An error for a client, before the first byte. */
export function encodeError(error: GatewayError, requestId: string): ErrorReply {
  return errorReply(error, requestId, errorBody(error))
}

/** The body of an error; the same inside a stream. */
export function errorBody(error: GatewayError): JsonObject {
  const overflow = error.code === 'context-overflow' || error.code === 'output-overflow'
  return errorBodyOf(error, {
    message: messageOf(error),
    param: overflow ? 'prompt' : (error.details.param ?? null),
  })
}

/** Clients shorten a prompt when they read OpenAI's own sentence about the context length. */
function messageOf(error: GatewayError): string {
  const { code, message, details } = error
  const { tokens, limit, maxTokens } = details
  if (code === 'content-filtered') return filteredMessage(error)
  if (tokens === undefined || limit === undefined) return message
  const most = `This model's maximum context length is ${limit} tokens`
  if (code === 'context-overflow')
    return `${most}, however you requested ${tokens} tokens in your prompt. Please reduce your prompt.`
  if (code === 'output-overflow' && maxTokens !== undefined)
    return `${most}, however you requested ${tokens + maxTokens} tokens (${tokens} in your prompt; ${maxTokens} for the completion). Please reduce your prompt; or completion length.`
  return message
}
