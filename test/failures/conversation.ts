import type { Client } from './world.ts'

export type Wire = { readonly [field: string]: any }

/** One thing that was said, in no protocol's words. Neighbouring calls, and neighbouring results, belong together. */
export type Line =
  | { readonly system: string }
  | { readonly user: string }
  | { readonly assistant: string }
  | { readonly call: string; readonly name: string; readonly input?: Wire }
  | { readonly result: string; readonly output: string }

export type ToolSpec = { readonly name: string; readonly description?: string; readonly schema?: Wire }

export type Talk = {
  readonly model: string
  readonly lines: readonly Line[]
  readonly tools?: readonly ToolSpec[]
  /** Default: 1000 tokens. */
  readonly limit?: number
  readonly temperature?: number
  readonly topP?: number
}

/** A request in a client's own words; `more` is added as it is. */
export function request(client: Client, talk: Talk, more: Wire = {}): Wire {
  const { model, temperature, topP, limit = 1000 } = talk
  return {
    model,
    [LIMITS[client]]: limit,
    ...(temperature !== undefined && { temperature }),
    ...(topP !== undefined && { top_p: topP }),
    ...(talk.tools !== undefined && { tools: talk.tools.map(TOOLS[client]) }),
    ...WRITERS[client](talk.lines),
    ...more,
  }
}

const LIMITS: Readonly<Record<Client, string>> = {
  messages: 'max_tokens',
  chat: 'max_completion_tokens',
  responses: 'max_output_tokens',
}

export const ANY_OBJECT = { type: 'object', properties: {} }

const TOOLS: Readonly<Record<Client, (tool: ToolSpec) => Wire>> = {
  messages: ({ name, description, schema = ANY_OBJECT }) => ({ name, description, input_schema: schema }),
  chat: ({ name, description, schema = ANY_OBJECT }) => ({
    type: 'function',
    function: { name, description, parameters: schema },
  }),
  responses: ({ name, description, schema = ANY_OBJECT }) => ({
    type: 'function',
    name,
    description,
    parameters: schema,
    strict: false,
  }),
}

const WRITERS: Readonly<Record<Client, (lines: readonly Line[]) => Wire>> = {
  messages: (lines) => {
    const start = lines.findIndex((line) => !('system' in line))
    const leading = lines.slice(0, start).map((line) => ({ type: 'text', text: (line as any).system }))
    const messages: { role: string; content: any }[] = []
    for (const line of lines.slice(start)) {
      const [role, block] = blockOf(line)
      const last = messages.at(-1)
      const joins = last?.role === role && Array.isArray(last.content) && role === 'assistant'
      const joinsResults = last?.role === role && last.content[0]?.type === 'tool_result' && 'result' in line
      if (joins || joinsResults) last.content.push(block)
      else
        messages.push({ role, content: 'user' in line || 'system' in line ? (block as any).text : [block] })
    }
    return { ...(leading.length > 0 && { system: leading }), messages }
  },
  chat: (lines) => {
    const messages: any[] = []
    for (const line of lines) {
      const last = messages.at(-1)
      if ('system' in line) messages.push({ role: 'system', content: line.system })
      else if ('user' in line) messages.push({ role: 'user', content: line.user })
      else if ('assistant' in line) messages.push({ role: 'assistant', content: line.assistant })
      else if ('result' in line)
        messages.push({ role: 'tool', tool_call_id: line.result, content: line.output })
      else {
        const call = {
          id: line.call,
          type: 'function',
          function: { name: line.name, arguments: JSON.stringify(line.input ?? {}) },
        }
        if (last?.role === 'assistant') last.tool_calls = [...(last.tool_calls ?? []), call]
        else messages.push({ role: 'assistant', content: null, tool_calls: [call] })
      }
    }
    return { messages }
  },
  responses: (lines) => ({
    input: lines.map((line) => {
      if ('system' in line) return { role: 'developer', content: line.system }
      if ('user' in line) return { role: 'user', content: line.user }
      if ('assistant' in line)
        return {
          type: 'message',
          role: 'assistant',
          content: [{ type: 'output_text', text: line.assistant, annotations: [] }],
        }
      if ('result' in line) return { type: 'function_call_output', call_id: line.result, output: line.output }
      return {
        type: 'function_call',
        call_id: line.call,
        name: line.name,
        arguments: JSON.stringify(line.input ?? {}),
      }
    }),
  }),
}

function blockOf(line: Line): [role: string, block: Wire] {
  if ('system' in line) return ['system', { type: 'text', text: line.system }]
  if ('user' in line) return ['user', { type: 'text', text: line.user }]
  if ('assistant' in line) return ['assistant', { type: 'text', text: line.assistant }]
  if ('result' in line)
    return ['user', { type: 'tool_result', tool_use_id: line.result, content: line.output }]
  return ['assistant', { type: 'tool_use', id: line.call, name: line.name, input: line.input ?? {} }]
}

/** Where in a text each of the words stands; -1 where it does not. For what must arrive, and in which order. */
export const placesOf = (text: string, ...words: readonly string[]): readonly number[] =>
  words.map((word) => text.indexOf(word))

/** True when all of the words are in the text, in this order. */
export function inOrder(text: string, ...words: readonly string[]): boolean {
  const places = placesOf(text, ...words)
  return places.every((place, index) => place >= 0 && place > (places[index - 1] ?? -1))
}
