import type { GatewayError } from '../../errors.ts'
import type { JsonObject } from '../../ir/json.ts'
import type { Said } from './error-reply.ts'

/** What a protocol calls what an error is about. */
export type ErrorWords = {
  readonly prompt: string
  readonly answer: string
  /** The fields that hold them. */
  readonly fields: { readonly prompt: string; readonly limit: string; readonly filtered: string }
  /** Recognises a message that says already that the prompt is too long. */
  readonly overflow: RegExp
}

/** What an error object says, in a protocol's words. */
export function say(error: GatewayError, words: ErrorWords): Said {
  return { message: messageOf(error, words), param: paramOf(error, words), more: innerError(error) }
}

function paramOf({ code, details }: GatewayError, { fields }: ErrorWords): string | null {
  if (code === 'context-overflow') return fields.prompt
  if (code === 'output-overflow') return fields.limit
  if (code === 'content-filtered') return details.param ?? fields.filtered
  return details.param ?? null
}

/** Clients compact a conversation when they read OpenAI's own sentence about the context length. */
export function messageOf(error: GatewayError, words: ErrorWords): string {
  const { tokens, limit, maxTokens } = error.details
  switch (error.code) {
    case 'context-overflow':
      if (tokens === undefined || limit === undefined) {
        if (words.overflow.test(error.message)) return error.message
        const most = limit === undefined ? "This model's maximum context length is exceeded" : maximum(limit)
        return `${most}. Please reduce the length of the ${words.prompt}. (${error.message})`
      }
      return `${maximum(limit)}. However, your ${words.prompt} resulted in ${tokens} tokens. Please reduce the length of the ${words.prompt}.`
    case 'output-overflow':
      if (tokens === undefined || limit === undefined || maxTokens === undefined) return error.message
      return `${maximum(limit)}. However, you requested ${tokens + maxTokens} tokens (${tokens} in the ${words.prompt}, ${maxTokens} in the ${words.answer}). Please reduce the length of the ${words.prompt} or ${words.answer}.`
    case 'content-filtered':
      return filteredMessage(error)
    default:
      return error.message
  }
}

/** Names what the filter found where the message does not. */
export function filteredMessage({ message, details }: GatewayError): string {
  const unnamed = details.categories?.filter((category) => !message.includes(category)) ?? []
  return unnamed.length === 0 ? message : `${message} (filtered for: ${unnamed.join(', ')})`
}

const maximum = (limit: number): string => `This model's maximum context length is ${limit} tokens`

/** Azure's clients look here for what its filter found. */
function innerError({ code, details }: GatewayError): JsonObject {
  const { categories = [] } = details
  if (code !== 'content-filtered' || categories.length === 0) return {}
  return {
    innererror: {
      code: 'ResponsibleAIPolicyViolation',
      content_filter_result: Object.fromEntries(categories.map((category) => [category, { filtered: true }])),
    },
  }
}
