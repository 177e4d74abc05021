import type { Said, UpstreamProtocol } from './upstreams.ts'

/** How OpenAI's two protocols name a condition. */
type OpenAiForm = { readonly status: number; readonly type: string; readonly code: string | null }

/** One condition: how every vendor says it, and what every client must hear. */
export type Condition = {
  readonly name: string
  readonly said: Readonly<Record<UpstreamProtocol, readonly Said[]>>
  readonly messages: { readonly status: number; readonly type: string }
  readonly openai: OpenAiForm
  /** The code of a Responses answer that failed; absent where the condition cannot arise once an answer has begun. */
  readonly failed?: string
  /** Whose key was refused, where that makes the difference. */
  readonly key?: 'client'
  /** The SDKs are told not to come again. */
  readonly final?: true
  /** Milliseconds to wait, told in both headers. */
  readonly waitMs?: number
}

const all = (
  messages: readonly Said[],
  openai: readonly Said[],
  gemini: readonly Said[],
  chatOnly: readonly Said[] = [],
): Condition['said'] => ({ messages, chat: [...openai, ...chatOnly], responses: openai, gemini })

const WAIT = { 'retry-after': '7', 'retry-after-ms': '6500' }
const AUTH_SAID = all(
  [{ status: 401, type: 'authentication_error', message: 'invalid x-api-key' }],
  [
    {
      status: 401,
      type: 'invalid_request_error',
      code: 'invalid_api_key',
      message: 'Incorrect API key provided.',
    },
  ],
  [
    { status: 401, type: 'UNAUTHENTICATED', message: 'Request had invalid authentication credentials.' },
    {
      status: 400,
      type: 'INVALID_ARGUMENT',
      message: 'API key not valid. Please pass a valid API key.',
      extra: {
        details: [{ '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: 'API_KEY_INVALID' }],
      },
    },
  ],
  [
    { status: 401, code: '401', message: 'Access denied due to invalid subscription key.' },
    {
      status: 401,
      message: 'Access denied due to missing subscription key.',
      body: { statusCode: 401, message: 'Access denied due to missing subscription key.' },
    },
  ],
)
const PERMISSION_SAID = all(
  [{ status: 403, type: 'permission_error', message: 'Your API key may not use this resource.' }],
  [{ status: 403, type: 'invalid_request_error', message: 'You are not allowed to use this model.' }],
  [{ status: 403, type: 'PERMISSION_DENIED', message: 'The caller does not have permission.' }],
  [{ status: 403, code: 'PermissionDenied', message: 'The principal lacks the required data action.' }],
)

export const CONDITIONS: readonly Condition[] = [
  {
    name: 'a bad request',
    said: all(
      [{ status: 400, type: 'invalid_request_error', message: 'messages.0: this cannot be' }],
      [
        {
          status: 400,
          type: 'invalid_request_error',
          param: 'messages',
          code: 'invalid_prompt',
          message: 'This cannot be.',
        },
      ],
      [
        { status: 400, type: 'INVALID_ARGUMENT', message: 'This cannot be.' },
        { status: 400, type: 'FAILED_PRECONDITION', message: 'User location is not supported.' },
      ],
    ),
    messages: { status: 400, type: 'invalid_request_error' },
    openai: { status: 400, type: 'invalid_request_error', code: null },
    failed: 'invalid_prompt',
  },
  {
    name: 'the client’s own key refused',
    said: AUTH_SAID,
    key: 'client',
    messages: { status: 401, type: 'authentication_error' },
    openai: { status: 401, type: 'invalid_request_error', code: 'invalid_api_key' },
    final: true,
  },
  {
    name: 'the gateway’s own key refused',
    said: AUTH_SAID,
    messages: { status: 502, type: 'api_error' },
    openai: { status: 502, type: 'server_error', code: 'upstream_auth' },
    final: true,
  },
  {
    name: 'a bill unpaid',
    said: all(
      [
        { status: 402, type: 'billing_error', message: 'There is an issue with your billing.' },
        {
          status: 400,
          type: 'invalid_request_error',
          message: 'Your credit balance is too low to access the API.',
        },
      ],
      [
        {
          status: 429,
          type: 'insufficient_quota',
          code: 'insufficient_quota',
          message: 'You exceeded your current quota, please check your plan and billing details.',
        },
        {
          status: 429,
          type: 'insufficient_quota',
          code: 'credit_balance_exhausted',
          message: 'Your credit balance is exhausted.',
        },
      ],
      [
        {
          status: 403,
          type: 'PERMISSION_DENIED',
          message: 'This API method requires billing to be enabled.',
          extra: {
            details: [{ '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: 'BILLING_DISABLED' }],
          },
        },
        {
          status: 429,
          type: 'RESOURCE_EXHAUSTED',
          message:
            'You exceeded your current quota, please check your plan and billing details. * Quota exceeded for metric: requests, limit: 0',
        },
      ],
    ),
    messages: { status: 402, type: 'billing_error' },
    openai: { status: 429, type: 'insufficient_quota', code: 'insufficient_quota' },
    failed: 'insufficient_quota',
    final: true,
  },
  {
    name: 'the client forbidden',
    said: PERMISSION_SAID,
    key: 'client',
    messages: { status: 403, type: 'permission_error' },
    openai: { status: 403, type: 'invalid_request_error', code: null },
  },
  {
    name: 'the gateway forbidden',
    said: PERMISSION_SAID,
    messages: { status: 502, type: 'api_error' },
    openai: { status: 502, type: 'server_error', code: 'upstream_auth' },
    final: true,
  },
  {
    name: 'no such model',
    said: all(
      [
        { status: 404, type: 'not_found_error', message: 'model: claude-nine' },
        {
          status: 404,
          message: 'The API deployment for this resource does not exist.',
          body: {
            error: {
              code: 'DeploymentNotFound',
              message: 'The API deployment for this resource does not exist.',
            },
          },
        },
      ],
      [
        {
          status: 404,
          type: 'invalid_request_error',
          code: 'model_not_found',
          message: 'The model does not exist.',
        },
        {
          status: 404,
          code: 'DeploymentNotFound',
          message: 'The API deployment for this resource does not exist.',
        },
      ],
      [{ status: 404, type: 'NOT_FOUND', message: 'models/gemini-9 is not found for API version v1beta.' }],
      [{ status: 404, code: 'api_not_supported', message: 'The API is not supported for this model.' }],
    ),
    messages: { status: 404, type: 'not_found_error' },
    openai: { status: 404, type: 'invalid_request_error', code: 'model_not_found' },
  },
  {
    name: 'a conflict',
    said: all(
      [{ status: 409, type: 'conflict_error', message: 'The resource was changed.' }],
      [{ status: 409, type: 'invalid_request_error', message: 'The resource was changed.' }],
      [{ status: 409, type: 'ABORTED', message: 'The operation was aborted.' }],
    ),
    messages: { status: 409, type: 'conflict_error' },
    openai: { status: 409, type: 'invalid_request_error', code: 'conflict' },
  },
  {
    name: 'a request too large',
    said: all(
      [{ status: 413, type: 'request_too_large', message: 'Request exceeds the maximum size.' }],
      [{ status: 413, type: 'invalid_request_error', message: 'Request body too large.' }],
      [{ status: 413, type: 'INVALID_ARGUMENT', message: 'Request payload size exceeds the limit.' }],
    ),
    messages: { status: 413, type: 'request_too_large' },
    openai: { status: 413, type: 'invalid_request_error', code: 'request_too_large' },
  },
  {
    name: 'a rate limit',
    said: all(
      [
        {
          status: 429,
          type: 'rate_limit_error',
          message: "This request would exceed your organization's rate limit.",
          headers: WAIT,
        },
      ],
      [
        {
          status: 429,
          type: 'tokens',
          code: 'rate_limit_exceeded',
          message: 'Rate limit reached. Please try again in 6.5s.',
          headers: WAIT,
        },
      ],
      [
        {
          status: 429,
          type: 'RESOURCE_EXHAUSTED',
          message: 'Resource has been exhausted. Please retry in 6.5s.',
          extra: {
            details: [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '6.5s' }],
          },
        },
      ],
      [
        {
          status: 429,
          code: '429',
          message: 'Requests have exceeded the token rate limit. Please retry after 7 seconds.',
          headers: WAIT,
        },
      ],
    ),
    messages: { status: 429, type: 'rate_limit_error' },
    openai: { status: 429, type: 'rate_limit_error', code: 'rate_limit_exceeded' },
    failed: 'rate_limit_exceeded',
    waitMs: 6500,
  },
  {
    name: 'a server error',
    said: all(
      [{ status: 500, type: 'api_error', message: 'Internal server error' }],
      [
        {
          status: 500,
          type: 'server_error',
          code: 'server_error',
          message: 'The server had an error while processing your request.',
        },
      ],
      [{ status: 500, type: 'INTERNAL', message: 'An internal error has occurred.' }],
      [{ status: 500, code: 'InternalServerError', message: 'Backend call failure.' }],
    ),
    messages: { status: 500, type: 'api_error' },
    openai: { status: 500, type: 'server_error', code: null },
    failed: 'server_error',
  },
  {
    name: 'an overload',
    said: all(
      [{ status: 529, type: 'overloaded_error', message: 'Overloaded' }],
      [
        {
          status: 503,
          type: 'server_error',
          code: 'server_is_overloaded',
          message: 'That model is currently overloaded with other requests.',
        },
      ],
      [{ status: 503, type: 'UNAVAILABLE', message: 'The model is overloaded. Please try again later.' }],
    ),
    messages: { status: 529, type: 'overloaded_error' },
    openai: { status: 503, type: 'server_error', code: 'server_is_overloaded' },
    failed: 'server_is_overloaded',
  },
  {
    name: 'a timeout',
    said: all(
      [{ status: 504, type: 'timeout_error', message: 'Request timed out.' }],
      [
        { status: 504, type: 'server_error', message: 'The operation was timeout.' },
        { status: 408, type: 'server_error', message: 'Operation timed out.' },
      ],
      [{ status: 504, type: 'DEADLINE_EXCEEDED', message: 'The service could not finish in time.' }],
    ),
    messages: { status: 504, type: 'timeout_error' },
    openai: { status: 504, type: 'server_error', code: 'timeout' },
  },
]
