import { MARK, type Answer } from './answer.ts'
import type { WireProtocol } from './protocols.ts'

type Json = Record<string, unknown>

/** What a reply said, kind by kind. Tool arguments are joined over all calls. */
export type Said = { text: string; reasoning: string; tool: string; complete: boolean }

/** What an answer says. */
export function saidBy(answer: Answer): Said {
  const said: Said = { text: '', reasoning: '', tool: '', complete: true }
  for (const part of answer) {
    const all = part.tokens.join('')
    said[part.kind] += part.kind === 'tool' ? canonical(all) : all
  }
  return said
}

/** Reads a whole reply in full; used once for each row, the runs then count marks. */
export function readReply(protocol: WireProtocol, stream: boolean, body: string): Said {
  if (!stream) return wholeReader[protocol](JSON.parse(body) as Json)
  const events = body.split(/\r?\n\r?\n/).flatMap((block) => {
    const data = block.split(/\r?\n/).filter((line) => line.startsWith('data:'))
    return data.length > 0 ? [data.map((line) => line.slice(5).trimStart()).join('\n')] : []
  })
  return streamReader[protocol](events)
}

/** What is wrong with a reply, in words; undefined when it says what the model said. */
export function faultOf(said: Said, wanted: Said): string | undefined {
  for (const kind of ['text', 'reasoning', 'tool'] as const) {
    const got = unstamped(said[kind])
    const expected = unstamped(wanted[kind])
    if (got === expected) continue
    return `${kind}: ${marksIn(got)} of ${marksIn(expected)} tokens${marksIn(got) === marksIn(expected) ? ', changed' : ''}`
  }
  return said.complete ? undefined : 'no terminal event'
}

const unstamped = (text: string): string => text.replace(/~\d{16}/g, MARK)
const marksIn = (text: string): number => text.split(MARK).length - 1
const canonical = (json: string): string => {
  try {
    return JSON.stringify(JSON.parse(json))
  } catch {
    return json
  }
}
const objects = (value: unknown): Json[] => (Array.isArray(value) ? (value as Json[]) : [])
const object = (value: unknown): Json => (value ?? {}) as Json
const string = (value: unknown): string => (typeof value === 'string' ? value : '')
const nothing = (): Said => ({ text: '', reasoning: '', tool: '', complete: false })

const wholeReader: Readonly<Record<WireProtocol, (body: Json) => Said>> = {
  chat(body) {
    const message = object(objects(body['choices'])[0]?.['message'])
    const calls = objects(message['tool_calls']).map((call) => string(object(call['function'])['arguments']))
    return {
      text: string(message['content']),
      reasoning: string(message['reasoning_content'] ?? message['reasoning']),
      tool: calls.map(canonical).join(''),
      complete: true,
    }
  },
  messages(body) {
    const said = { ...nothing(), complete: true }
    for (const block of objects(body['content'])) {
      said.text += string(block['text'])
      said.reasoning += string(block['thinking'])
      if (block['type'] === 'tool_use') said.tool += JSON.stringify(block['input'])
    }
    return said
  },
  responses(body) {
    const said = { ...nothing(), complete: true }
    for (const item of objects(body['output'])) {
      const written = [...objects(item['content']), ...objects(item['summary'])]
      const all = written.map((part) => string(part['text'])).join('')
      if (item['type'] === 'reasoning') said.reasoning += all
      else said.text += all
      said.tool += canonical(string(item['arguments']))
    }
    return said
  },
}

const streamReader: Readonly<Record<WireProtocol, (events: string[]) => Said>> = {
  chat(events) {
    const said = nothing()
    const calls: string[] = []
    for (const event of events) {
      if (event === '[DONE]') said.complete = true
      else {
        const delta = object(objects((JSON.parse(event) as Json)['choices'])[0]?.['delta'])
        said.text += string(delta['content'])
        said.reasoning += string(delta['reasoning_content'] ?? delta['reasoning'])
        for (const call of objects(delta['tool_calls'])) {
          const at = Number(call['index'] ?? 0)
          calls[at] = (calls[at] ?? '') + string(object(call['function'])['arguments'])
        }
      }
    }
    said.tool = calls.map(canonical).join('')
    return said
  },
  messages(events) {
    const said = nothing()
    const calls: string[] = []
    for (const event of events) {
      const body = JSON.parse(event) as Json
      if (body['type'] === 'message_stop') said.complete = true
      const delta = object(body['delta'])
      said.text += string(delta['text'])
      said.reasoning += string(delta['thinking'])
      const at = Number(body['index'] ?? 0)
      calls[at] = (calls[at] ?? '') + string(delta['partial_json'])
    }
    said.tool = calls.map(canonical).join('')
    return said
  },
  responses(events) {
    const said = nothing()
    let call = ''
    for (const event of events) {
      if (event === '[DONE]') continue
      const body = JSON.parse(event) as Json
      const type = string(body['type'])
      if (type === 'response.completed') said.complete = true
      if (type === 'response.output_text.delta') said.text += string(body['delta'])
      if (type === 'response.reasoning_summary_text.delta') said.reasoning += string(body['delta'])
      if (type === 'response.function_call_arguments.delta') call += string(body['delta'])
      if (type === 'response.function_call_arguments.done') {
        said.tool += canonical(call)
        call = ''
      }
    }
    return said
  },
}
