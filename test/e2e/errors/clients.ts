import { chatGrammar } from '../../laws/grammar/chat.ts'
import { messagesGrammar } from '../../laws/grammar/messages.ts'
import type { ReadStream } from '../../support/sse.ts'
import { ask, type Asked } from '../../support/ask.ts'
import { readSse } from '../../support/sse.ts'

/** The three kinds of clients, as far as errors concern them. */
export type ClientProtocol = 'messages' | 'chat' | 'responses'

export const CLIENTS: readonly ClientProtocol[] = ['messages', 'chat', 'responses']

/** What every client needs to say. */
export const ROUTES: Readonly<Record<ClientProtocol, string>> = {
  messages: '/v1/messages',
  chat: '/v1/chat/completions',
  responses: '/v1/responses',
}

/** The header in which a client of this protocol looks for the request's id. */
export const ID_HEADER: Readonly<Record<ClientProtocol, string>> = {
  messages: 'request-id',
  chat: 'x-request-id',
  responses: 'x-request-id',
}

export function bodyFor(client: ClientProtocol, model: string, stream = false, text = 'Hi'): string {
  return JSON.stringify(
    client === 'responses'
      ? { model, stream, input: text, store: false, max_output_tokens: 100 }
      : { model, stream, max_tokens: 100, messages: [{ role: 'user', content: text }] },
  )
}

export type Wish = { readonly stream?: boolean; readonly headers?: Readonly<Record<string, string>> }

/** Asks for a whole answer, or for a stream that is expected to fail before it begins. */
export function askFor(url: string, client: ClientProtocol, model: string, wish: Wish = {}): Promise<Asked> {
  return ask(url + ROUTES[client], { body: bodyFor(client, model, wish.stream), headers: wish.headers ?? {} })
}

export type Streamed = ReadStream & { readonly status: number; readonly lane: string | null }

export async function streamFor(url: string, client: ClientProtocol, model: string): Promise<Streamed> {
  const answer = await fetch(url + ROUTES[client], {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: bodyFor(client, model, true),
  })
  const read = await readSse(answer)
  return { ...read, status: answer.status, lane: answer.headers.get('x-dragoman-lane') }
}

/** The error that a stream ended with. */
export type StreamedError = {
  readonly type?: string
  readonly code?: string | null
  readonly message: string
}

/** The error object of a terminal event. */
export function errorOf(event: { readonly json: any } | undefined): StreamedError | undefined {
  return event?.json?.response?.error ?? event?.json?.error ?? undefined
}

/** Everything that an answer says, deltas put together. */
export const wordsOf = (events: readonly { readonly json: any }[]): string =>
  events
    .map(({ json }) => {
      const delta = json?.choices?.[0]?.delta ?? json?.delta
      if (typeof delta === 'string') return delta
      const call = delta?.tool_calls?.[0]?.function?.arguments
      return delta?.text ?? delta?.partial_json ?? call ?? delta?.content ?? json?.choices?.[0]?.text ?? ''
    })
    .join('')

/** How a client reads a whole stream: what is wrong with its form, and whether it ended well or in an error. */
export function judge(client: ClientProtocol, { events, broken }: ReadStream) {
  const plain = events.map(({ event, data }) => (event === undefined ? { data } : { event, data }))
  const faults = broken ? ['the connection broke off'] : []
  if (client !== 'responses') {
    const report = client === 'messages' ? messagesGrammar(plain) : chatGrammar(plain)
    return { faults: [...faults, ...report.faults], ending: report.ending }
  }
  // Keep-alives are numbered apart; before the first event there is none that the SDK would bear.
  const said = events
    .map(({ json }) => json)
    .filter((json, index) => index === 0 || json?.type !== 'keepalive')
  const report = responsesForm(said)
  return { faults: [...faults, ...report.faults], ending: report.ending }
}

/** What holds for relayed Responses streams too, whose items may be left open by their own upstream. */
function responsesForm(events: readonly any[]): {
  faults: string[]
  ending: 'none' | 'success' | 'error'
} {
  const faults: string[] = []
  let ending: 'none' | 'success' | 'error' = 'none'
  let id: string | undefined
  for (const [index, event] of events.entries()) {
    if (event === undefined) {
      faults.push(`event ${index} is no JSON`)
      continue
    }
    const { type, sequence_number: number, response } = event
    if (ending !== 'none') faults.push(`${type} after the terminal event`)
    if (number !== index) faults.push(`event ${index} has number ${number}`)
    if ((type === 'response.created') !== (index === 0)) faults.push(`${type} as event ${index}`)
    if (response !== undefined && id !== undefined && response.id !== id) faults.push('another identity')
    id ??= response?.id
    if (type === 'response.completed' || type === 'response.incomplete') ending = 'success'
    if (type === 'response.failed' || type === 'error') ending = 'error'
  }
  return { faults, ending }
}
