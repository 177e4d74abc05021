import Anthropic from '@anthropic-ai/sdk'
import OpenAI from 'openai'
import type { SimulatorOptions } from '../../src/simulator/simulator.ts'
import { ask } from '../support/ask.ts'
import { startGateway, type TestGateway, type TestGatewayOptions } from '../support/gateway.ts'
import { readSse, type ReadStream } from '../support/sse.ts'
import type { Wire } from './conversation.ts'

/** The protocols that clients speak here. Legacy Completions has no tools, turns or reasoning to lose. */
export const CLIENTS = ['messages', 'chat', 'responses'] as const
export type Client = (typeof CLIENTS)[number]

/** One upstream for each protocol, by its model name at the gateway; its provider is named after the protocol. */
export const UPSTREAMS = {
  messages: 'messages/claude-sonnet-4-6',
  chat: 'chat/gpt-4.1',
  responses: 'responses/gpt-5.4',
  gemini: 'gemini/gemini-3-pro',
} as const
export type Upstream = keyof typeof UPSTREAMS
export const upstreams = Object.keys(UPSTREAMS) as Upstream[]

/** Every client with every upstream. */
export const PAIRS = CLIENTS.flatMap((client) => upstreams.map((upstream) => [client, upstream] as const))

/** The pairs of different protocols: the others are relayed as they are. */
export const TRANSLATED = PAIRS.filter(([client, upstream]) => client !== (upstream as string))

const CONFIG = `
retries: 0
secret: a-secret-for-tests
timeouts: { connect: 2s, firstByte: 5s, idle: 400ms }
providers:
  messages:   { type: azure-foundry, baseUrl: "$UPSTREAM/anthropic", apiKey: foundry-key-1 }
  chat:       { type: azure-openai, endpoint: "$UPSTREAM", apiKey: azure-key-1, protocol: chat }
  responses:  { type: azure-openai, endpoint: "$UPSTREAM", apiKey: azure-key-1, protocol: responses }
  gemini:     { type: gemini, baseUrl: "$UPSTREAM", apiKey: gemini-key-1 }
  gemini-old: { type: gemini, baseUrl: "$UPSTREAM", apiKey: gemini-key-1, dialect: { jsonSchema: false } }
  anthropic:  { type: anthropic, baseUrl: "$UPSTREAM", apiKey: anthropic-key-1 }
  azure:      { type: azure-openai, endpoint: "$UPSTREAM", apiKey: azure-key-1 }
  openai:     { type: openai, baseUrl: "$UPSTREAM/v1", apiKey: openai-key-1, protocol: chat }
  compatible: { type: openai-compatible, baseUrl: "$UPSTREAM/compatible/v1", apiKey: compatible-key-1, protocol: chat }
  deepseek:   { type: openai-compatible, preset: deepseek, baseUrl: "$UPSTREAM/compatible/v1", apiKey: deepseek-key-1, protocol: chat }
models: { "*": chat/gpt-4.1 }
`

/** A gateway with every upstream of {@link UPSTREAMS}, the strict simulator behind it. */
export function world(
  simulator: SimulatorOptions = {},
  options: Pick<TestGatewayOptions, 'pingAfterMs'> = {},
): Promise<TestGateway> {
  return startGateway({ config: CONFIG, simulator, ...options })
}

export const PATHS: Readonly<Record<Client, string>> = {
  messages: '/v1/messages',
  chat: '/v1/chat/completions',
  responses: '/v1/responses',
}

/** What a client reads in an answer, whatever its protocol calls it. */
export type Heard = {
  readonly text: string
  readonly reasoning: string
  readonly calls: readonly { readonly id: string; readonly name: string; readonly input: string }[]
  /** The stop or finish reason, or the status of a response, in its protocol's word. */
  readonly stop: string
  /** The answer as the client's SDK gives it. */
  readonly answer: any
  readonly headers: Headers
}

/** Asks for a stream through the vendor's own SDK, which throws on what is not well formed, and reads its end result. */
export async function listen({ url }: TestGateway, client: Client, body: Wire): Promise<Heard> {
  let headers = new Headers()
  const options = {
    apiKey: 'any',
    maxRetries: 0,
    fetch: async (input: any, init: any) => {
      const response = await fetch(input, init)
      headers = response.headers
      return response
    },
  }
  const wire = body as any
  const openai = new OpenAI({ baseURL: `${url}/v1`, ...options })
  const answer =
    client === 'messages'
      ? await new Anthropic({ baseURL: url, ...options }).messages.stream(wire).finalMessage()
      : client === 'chat'
        ? await openai.chat.completions
            .stream({ stream_options: { include_usage: true }, ...wire })
            .finalChatCompletion()
        : await openai.responses.stream(wire).finalResponse()
  return { ...READERS[client](answer), answer, headers }
}

/** Asks for a whole answer. Throws what the client would be shown when it is an error. */
export async function hear({ url }: TestGateway, client: Client, body: Wire): Promise<Heard> {
  const { status, text, json, headers } = await ask(url + PATHS[client], { body: JSON.stringify(body) })
  if (status !== 200) throw new Error(`${status} ${text}`)
  return {
    ...READERS[client](json),
    answer: json,
    headers: new Headers(Object.entries(headers).map(([name, value]) => [name, String(value)])),
  }
}

/** Both ways to ask. */
export const WAYS = [
  ['whole', hear],
  ['streamed', listen],
] as const

/** A stream as it comes over the wire, errors and all. */
export async function watch(
  { url }: TestGateway,
  client: Client,
  body: Wire,
): Promise<ReadStream & { status: number; headers: Headers }> {
  const response = await fetch(url + PATHS[client], {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      ...body,
      stream: true,
      ...(client === 'chat' && { stream_options: { include_usage: true } }),
    }),
  })
  return { ...(await readSse(response)), status: response.status, headers: response.headers }
}

type Read = Pick<Heard, 'text' | 'reasoning' | 'calls' | 'stop'>

const READERS: Readonly<Record<Client, (answer: any) => Read>> = {
  messages: ({ content, stop_reason }) => ({
    text: content.map((block: any) => (block.type === 'text' ? block.text : '')).join(''),
    reasoning: content.map((block: any) => (block.type === 'thinking' ? block.thinking : '')).join(''),
    calls: content
      .filter((block: any) => block.type === 'tool_use')
      .map(({ id, name, input }: any) => ({ id, name, input: JSON.stringify(input) })),
    stop: stop_reason,
  }),
  chat: ({ choices: [{ message, finish_reason }] }) => ({
    text: message.content ?? '',
    reasoning: message.reasoning_content ?? '',
    calls: (message.tool_calls ?? []).map(({ id, function: { name, arguments: input } }: any) => ({
      id,
      name,
      input,
    })),
    stop: finish_reason,
  }),
  responses: ({ output, status }) => ({
    text: output
      .filter((item: any) => item.type === 'message')
      .flatMap((item: any) => item.content.map((part: any) => part.text ?? ''))
      .join(''),
    reasoning: output
      .filter((item: any) => item.type === 'reasoning')
      .flatMap((item: any) => item.summary.map((part: any) => part.text))
      .join(''),
    calls: output
      .filter((item: any) => item.type === 'function_call')
      .map(({ call_id, name, arguments: input }: any) => ({ id: call_id, name, input })),
    stop: status,
  }),
}

/** Events of Chat Completions as an upstream would send them; strings go out as they are. */
export function chatStream(...chunks: readonly (Wire | string)[]): string {
  return [...chunks, '[DONE]']
    .map((chunk) => `data: ${typeof chunk === 'string' ? chunk : JSON.stringify(chunk)}\n\n`)
    .join('')
}

/** Events that name themselves in their `type`: Messages and Responses. */
export function typedStream(...events: readonly Wire[]): string {
  return events.map((event) => `event: ${String(event['type'])}\ndata: ${JSON.stringify(event)}\n\n`).join('')
}

/** An answer whose body is a stream of events, sent as it is told. */
export const rawStream = (body: string) => ({
  raw: { headers: { 'content-type': 'text/event-stream' }, body },
})

/** One chunk of Chat Completions. */
export function chunk(delta: Wire, finish_reason: string | null = null, more: Wire = {}): Wire {
  return {
    id: 'chatcmpl-1',
    object: 'chat.completion.chunk',
    created: 1_700_000_000,
    model: 'm',
    choices: [{ index: 0, delta, finish_reason }],
    ...more,
  }
}

/** A piece of a tool call in a chunk's delta. */
export const piece = (index: number, args: string, start: { id?: string; name?: string } = {}): Wire => ({
  tool_calls: [
    {
      index,
      ...(start.id !== undefined && { id: start.id, type: 'function' }),
      function: { ...(start.name !== undefined && { name: start.name }), arguments: args },
    },
  ],
})
