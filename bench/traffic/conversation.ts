/** A request in no protocol yet. */
export type Conversation = {
  readonly system: string
  readonly tools: readonly Tool[]
  readonly turns: readonly Turn[]
  readonly maxTokens: number
  /** Asks for visible reasoning. */
  readonly reasoning: boolean
  readonly stream: boolean
}

export type Tool = { readonly name: string; readonly description: string; readonly schema: object }

export type Turn =
  | { readonly kind: 'user'; readonly text: string }
  | { readonly kind: 'assistant'; readonly text: string; readonly call?: ToolCall }
  | { readonly kind: 'result'; readonly callId: string; readonly text: string }

export type ToolCall = { readonly id: string; readonly name: string; readonly input: object }

/** How large a conversation is to be. Sizes in characters of text; JSON adds a little. */
export type ConversationSize = {
  readonly system: number
  readonly tools: number
  readonly turns: number
  /** Characters in each turn. */
  readonly turn: number
}

/** The sizes of the workloads: 1 KB; 4 KB with tools; a coding agent's 250 KB. */
export const SIZES = {
  small: { system: 300, tools: 0, turns: 1, turn: 500 },
  tools: { system: 400, tools: 4, turns: 3, turn: 300 },
  agent: { system: 40_000, tools: 28, turns: 59, turn: 2_560 },
} as const satisfies Record<string, ConversationSize>

/** The last turn holds this, so that it can be checked that a gateway passed the whole request on. */
export const LAST_WORDS = 'and with that the question is complete.'

const CODE = `export function total(items: readonly Item[]): number {
  return items.reduce((sum, item) => sum + item.price * item.count, 0)
}
// "quoted", tab\tand a path: C:\\work\\main \u2013 na\u00efve
`

/** Text as agents carry it around: source code with quotes, line ends and a few letters beyond ASCII. */
export function textOf(length: number, seed = 0): string {
  const start = `// file ${seed}\n`
  return (start + CODE.repeat(Math.ceil(length / CODE.length))).slice(0, length)
}

/** A conversation of a size. Always the same for the same size. */
export function conversationOf(
  size: ConversationSize,
  asks: Pick<Conversation, 'stream' | 'reasoning'>,
): Conversation {
  return {
    system: `You are a coding agent.\n${textOf(size.system)}`,
    tools: Array.from({ length: size.tools }, (_, index) => toolOf(index)),
    turns: turnsOf(size),
    maxTokens: asks.reasoning ? 16_000 : 4_096,
    ...asks,
  }
}

/** User, then call and result in turn, then the question. */
function turnsOf({ turns, turn, tools }: ConversationSize): Turn[] {
  const history: Turn[] = []
  const last: Turn = { kind: 'user', text: `${textOf(turn, turns)}\n${LAST_WORDS}` }
  if (turns > 1) history.push({ kind: 'user', text: textOf(turn) })
  while (history.length < turns - 1) {
    const index = history.length
    const id = `call_${String(index).padStart(6, '0')}`
    if (tools === 0) {
      history.push({ kind: 'assistant', text: textOf(turn, index) })
      if (history.length < turns - 1) history.push({ kind: 'user', text: textOf(turn, index + 1) })
      continue
    }
    const call = {
      id,
      name: toolOf(index % tools).name,
      input: { path: `src/file-${index}.ts`, content: textOf(turn / 2) },
    }
    history.push({ kind: 'assistant', text: textOf(turn / 4, index), call })
    history.push({ kind: 'result', callId: id, text: textOf(turn, index) })
  }
  return [...history, last]
}

/** A tool with a schema of about 2 KB in all, as coding agents declare them. */
export function toolOf(index: number): Tool {
  const property = (name: string) => ({
    type: 'string',
    description: `The ${name} to work on. ${textOf(180)}`,
  })
  return {
    name: index === 0 ? 'read_file' : index === 1 ? 'edit_file' : `tool_${index}`,
    description: `Tool number ${index}. ${textOf(900, index)}`,
    schema: {
      type: 'object',
      properties: {
        path: property('path'),
        content: property('content'),
        mode: { type: 'string', enum: ['create', 'replace', 'append'], description: 'How to write.' },
        limit: { type: 'integer', minimum: 0, description: 'The most lines to take.' },
        ranges: {
          type: 'array',
          items: {
            type: 'object',
            properties: { from: { type: 'integer' }, to: { type: 'integer' } },
            required: ['from', 'to'],
          },
        },
      },
      required: ['path'],
      additionalProperties: false,
    },
  }
}
