import type { Failure } from './script.ts'

/** Failures as vendors really word them, for scripts: `enqueue({ error: azureContentFilter() })`. */

/** Azure OpenAI's content filter on a prompt. */
export function azureContentFilter(category = 'violence'): Failure {
  const message =
    "The response was filtered due to the prompt triggering Azure OpenAI's content management policy. Please modify your prompt and retry."
  const filtered = { [category]: { filtered: true, severity: 'high' } }
  return {
    status: 400,
    message,
    body: {
      error: {
        message,
        type: null,
        param: 'prompt',
        code: 'content_filter',
        status: 400,
        innererror: { code: 'ResponsibleAIPolicyViolation', content_filter_result: filtered },
      },
    },
  }
}

/** Azure OpenAI's rate limit; `seconds` to wait. */
export function azureRateLimit(seconds: number): Failure {
  return {
    status: 429,
    code: '429',
    message: `Requests to the ChatCompletions_Create Operation have exceeded the token rate limit of your current pricing tier. Please retry after ${seconds} seconds.`,
    headers: { 'retry-after': String(seconds), 'retry-after-ms': String(seconds * 1000) },
  }
}

/** OpenAI's answer to an empty account: a 429 that waiting does not cure. */
export function openaiQuota(): Failure {
  return {
    status: 429,
    type: 'insufficient_quota',
    code: 'insufficient_quota',
    message: 'You exceeded your current quota, please check your plan and billing details.',
  }
}

/** Chat Completions' context overflow. */
export function openaiContextOverflow(tokens: number, limit: number): Failure {
  return {
    status: 400,
    type: 'invalid_request_error',
    param: 'messages',
    code: 'context_length_exceeded',
    message: `This model's maximum context length is ${limit} tokens. However, your messages resulted in ${tokens} tokens. Please reduce the length of the messages.`,
  }
}

/** The Messages API's context overflow. */
export function anthropicPromptTooLong(tokens: number, limit: number): Failure {
  return {
    status: 400,
    type: 'invalid_request_error',
    message: `prompt is too long: ${tokens} tokens > ${limit} maximum`,
  }
}

/** The Messages API under load. */
export function anthropicOverloaded(): Failure {
  return { status: 529, type: 'overloaded_error', message: 'Overloaded' }
}

/** The Messages API's rate limit; `seconds` to wait. */
export function anthropicRateLimit(seconds: number): Failure {
  return {
    status: 429,
    type: 'rate_limit_error',
    message: "This request would exceed your organization's rate limit. Please try again later.",
    headers: { 'retry-after': String(seconds) },
  }
}

/** A server error of any vendor. */
export function serverError(status = 500): Failure {
  return { status, message: 'The server had an error while processing your request. Sorry about that!' }
}
