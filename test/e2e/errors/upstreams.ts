/** The four ways to speak to an upstream, and how each words a failure: before its answer, and in the middle of it. */
export type UpstreamProtocol = 'messages' | 'chat' | 'responses' | 'gemini'

export const UPSTREAMS: readonly UpstreamProtocol[] = ['messages', 'chat', 'responses', 'gemini']

/** A failure as its upstream says it. */
export type Said = {
  readonly status: number
  readonly message: string
  readonly type?: string
  readonly code?: string | number | null
  readonly param?: string
  readonly headers?: Readonly<Record<string, string>>
  /** Members of the error object that only this vendor has. */
  readonly extra?: Readonly<Record<string, unknown>>
  /** Sent instead of the vendor's envelope. */
  readonly body?: unknown
}

const MODEL: Readonly<Record<UpstreamProtocol, string>> = {
  messages: 'claude-sonnet-4-5',
  chat: 'gpt-4.1',
  responses: 'gpt-4.1',
  gemini: 'gemini-2.5-pro',
}

/** The target of a protocol. `own`: the provider that forwards the client's own key. */
export const targetOf = (upstream: UpstreamProtocol, key: 'gateway' | 'client' = 'gateway'): string =>
  `${upstream}${key === 'client' ? '-own' : ''}/${MODEL[upstream]}`

/** A provider for every protocol, with a key of the gateway's, and another that forwards the client's. */
export const CONFIG = `
timeouts: { connect: 2s, firstByte: 2s, idle: 300ms }
retries: 0
providers:
  messages:      { type: anthropic, baseUrl: "$UPSTREAM", apiKey: gateway-key-1 }
  chat:          { type: openai, baseUrl: "$UPSTREAM/v1", apiKey: gateway-key-1, protocol: chat }
  responses:     { type: openai, baseUrl: "$UPSTREAM/v1", apiKey: gateway-key-1, protocol: responses }
  gemini:        { type: gemini, baseUrl: "$UPSTREAM", apiKey: gateway-key-1 }
  messages-own:  { type: anthropic, baseUrl: "$UPSTREAM", apiKey: client }
  chat-own:      { type: openai, baseUrl: "$UPSTREAM/v1", apiKey: client, protocol: chat }
  responses-own: { type: openai, baseUrl: "$UPSTREAM/v1", apiKey: client, protocol: responses }
  gemini-own:    { type: gemini, baseUrl: "$UPSTREAM", apiKey: client }
models:
  "*": chat/gpt-4.1
`

/** The id that an upstream gives its answer, and the header that it comes in. */
export const UPSTREAM_ID = 'req_of_upstream_1'
const ID_HEADER: Readonly<Record<UpstreamProtocol, string>> = {
  messages: 'request-id',
  chat: 'x-request-id',
  responses: 'x-request-id',
  gemini: 'x-request-id',
}

/** The error object's body in the vendor's envelope. */
export function envelope(upstream: UpstreamProtocol, said: Said): Record<string, unknown> {
  const { message, type, code, status, param, extra } = said
  switch (upstream) {
    case 'messages':
      return { type: 'error', error: { type, message, ...extra }, request_id: UPSTREAM_ID }
    case 'chat':
    case 'responses':
      return {
        error: { message, type: type ?? null, param: param ?? null, code: code ?? null, ...extra },
      }
    case 'gemini':
      return { error: { code: code ?? status, message, status: type, ...extra } }
  }
}

/** The failure as an HTTP answer. */
export function refusal(upstream: UpstreamProtocol, said: Said) {
  return {
    raw: {
      status: said.status,
      headers: {
        'content-type': 'application/json',
        [ID_HEADER[upstream]]: UPSTREAM_ID,
        ...said.headers,
      },
      body: JSON.stringify(said.body ?? envelope(upstream, said)),
    },
  }
}

/** The failure as an event of a stream, which has said a word before or not. */
export function streamedRefusal(upstream: UpstreamProtocol, said: Said, before: 'nothing' | 'a word') {
  const opening = before === 'nothing' ? '' : OPENINGS[upstream].map(frame).join('')
  return {
    raw: {
      status: 200,
      headers: { 'content-type': 'text/event-stream', [ID_HEADER[upstream]]: UPSTREAM_ID },
      body: opening + frame(errorEvent(upstream, said)),
    },
  }
}

/** The payload of the event in which a stream of this protocol says that it failed. */
export function errorEvent(upstream: UpstreamProtocol, said: Said): Record<string, unknown> {
  if (upstream !== 'responses') return envelope(upstream, said)
  const error = { code: said.code ?? 'server_error', message: said.message }
  return { type: 'response.failed', sequence_number: 5, response: response('failed', error) }
}

const response = (status: string, error: object | null = null) => ({
  id: 'resp_1',
  object: 'response',
  created_at: 1,
  model: 'gpt-4.1',
  status,
  output: [],
  tools: [],
  tool_choice: 'auto',
  parallel_tool_calls: true,
  error,
})

const chunk = (delta: object) => ({
  id: 'chatcmpl-1',
  object: 'chat.completion.chunk',
  created: 1,
  model: 'gpt-4.1',
  choices: [{ index: 0, delta, finish_reason: null }],
})

const ITEM = { id: 'msg_1', type: 'message', role: 'assistant', status: 'in_progress', content: [] }
const TEXT_PART = { type: 'output_text', text: '', annotations: [] }

/** How each protocol begins to answer "Hello". */
const OPENINGS: Readonly<Record<UpstreamProtocol, readonly Record<string, unknown>[]>> = {
  messages: [
    {
      type: 'message_start',
      message: {
        id: 'msg_1',
        type: 'message',
        role: 'assistant',
        model: 'claude-sonnet-4-5',
        content: [],
        stop_reason: null,
        usage: { input_tokens: 3, output_tokens: 1 },
      },
    },
    { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
    { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Hello' } },
  ],
  chat: [chunk({ role: 'assistant', content: '' }), chunk({ content: 'Hello' })],
  responses: [
    { type: 'response.created', sequence_number: 0, response: response('in_progress') },
    { type: 'response.in_progress', sequence_number: 1, response: response('in_progress') },
    { type: 'response.output_item.added', sequence_number: 2, output_index: 0, item: ITEM },
    {
      type: 'response.content_part.added',
      sequence_number: 3,
      item_id: 'msg_1',
      output_index: 0,
      content_index: 0,
      part: TEXT_PART,
    },
    {
      type: 'response.output_text.delta',
      sequence_number: 4,
      item_id: 'msg_1',
      output_index: 0,
      content_index: 0,
      delta: 'Hello',
    },
  ],
  gemini: [
    { candidates: [{ index: 0, content: { role: 'model', parts: [{ text: 'Hello' }] } }], responseId: 'g1' },
  ],
}

const frame = (data: Record<string, unknown>): string =>
  `${typeof data['type'] === 'string' ? `event: ${data['type']}\n` : ''}data: ${JSON.stringify(data)}\n\n`
