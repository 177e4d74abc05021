import type { JsonObject } from '../../ir/json.ts'
import { parseSse } from '../../stream/sse.ts'
import type { Conversation, ToolCall } from './conversations.ts'

/** An answer, put together from its stream. */
export type Heard = {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  readonly call: ToolCall | undefined
  readonly finish: string
  readonly output: number
  /** The body of an answer that was no success. */
  readonly problem: string
}

export type Listener = { readonly onText: (text: string) => void; readonly onCall: (name: string) => void }

/** Sends one turn to the gateway and tells of the answer as it arrives. */
export async function talk(
  url: string,
  conversation: Conversation,
  body: JsonObject,
  listener: Listener,
): Promise<Heard> {
  const response = await fetch(url + conversation.path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...conversation.headers },
    body: JSON.stringify(body),
  })
  const heard = { text: '', id: '', name: '', input: '', finish: '', output: 0 }
  const outcome = { status: response.status, headers: response.headers }
  if (!response.ok || response.body === null) {
    return { ...outcome, ...heard, call: undefined, problem: await response.text() }
  }
  const parser = parseSse()({
    write(event) {
      for (const said of conversation.read(event)) {
        if (said.call !== undefined) {
          Object.assign(heard, said.call)
          listener.onCall(said.call.name)
        }
        if (said.text !== undefined && said.text !== '') listener.onText(said.text)
        if (said.input !== undefined) listener.onText(said.input)
        heard.text += said.text ?? ''
        heard.input += said.input ?? ''
        heard.finish = said.finish ?? heard.finish
        heard.output = said.output ?? heard.output
      }
    },
    end() {},
  })
  for await (const chunk of response.body) parser.write(chunk as Uint8Array)
  parser.end()
  const { id, name, input, text, finish, output } = heard
  const call = name === '' ? undefined : { id, name, input }
  return { ...outcome, text, finish, output, call, problem: '' }
}
