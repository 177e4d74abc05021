/** The protocols that the workloads are spoken in. */
export type WireProtocol = 'messages' | 'chat' | 'responses'

/** What the client speaks and what the upstream speaks. */
export type Pair = { readonly name: string; readonly client: WireProtocol; readonly upstream: WireProtocol }

const pair = (client: WireProtocol, upstream: WireProtocol): Pair => ({
  name: `${client}→${upstream}`,
  client,
  upstream,
})

export const PAIRS = {
  messagesToChat: pair('messages', 'chat'),
  chatToMessages: pair('chat', 'messages'),
  messagesToResponses: pair('messages', 'responses'),
  messages: pair('messages', 'messages'),
  chat: pair('chat', 'chat'),
  responses: pair('responses', 'responses'),
} as const

/** Where each protocol is served. */
export const PATHS: Readonly<Record<WireProtocol, string>> = {
  messages: '/v1/messages',
  chat: '/v1/chat/completions',
  responses: '/v1/responses',
}
