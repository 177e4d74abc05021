import type { Answer, AnswerPart, WireAnswer } from './answer.ts'

const HEAD = { id: 'msg_bench0001', type: 'message', role: 'assistant', model: 'claude-sonnet-4-5' }
const USAGE = {
  input_tokens: 1200,
  cache_creation_input_tokens: 0,
  cache_read_input_tokens: 0,
  output_tokens: 300,
}
const SIGNATURE = 'RXF1aXZhbGVudC1vZi1hLXNpZ25hdHVyZQ=='

/** Anthropic Messages. */
export const messagesAnswer: WireAnswer = {
  protocol: 'messages',
  whole(answer) {
    return {
      ...HEAD,
      content: answer.map(blockOf),
      stop_reason: stopOf(answer),
      stop_sequence: null,
      usage: USAGE,
    }
  },
  events(answer) {
    const start = { ...HEAD, content: [], stop_reason: null, stop_sequence: null, usage: USAGE }
    return [
      event({ type: 'message_start', message: start }),
      ...answer.flatMap((part, index) => [
        event({ type: 'content_block_start', index, content_block: openingOf(part, index) }),
        ...part.tokens.map((token) =>
          event({ type: 'content_block_delta', index, delta: deltaOf(part, token) }),
        ),
        ...(part.kind === 'reasoning' ? [signed(index)] : []),
        event({ type: 'content_block_stop', index }),
      ]),
      event({
        type: 'message_delta',
        delta: { stop_reason: stopOf(answer), stop_sequence: null },
        usage: { output_tokens: 300 },
      }),
      event({ type: 'message_stop' }),
    ]
  },
}

function blockOf(part: AnswerPart, index: number): object {
  const all = part.tokens.join('')
  if (part.kind === 'text') return { type: 'text', text: all }
  if (part.kind === 'reasoning') return { type: 'thinking', thinking: all, signature: SIGNATURE }
  return { type: 'tool_use', id: `toolu_${index}`, name: part.name, input: JSON.parse(all) as unknown }
}

function openingOf(part: AnswerPart, index: number): object {
  if (part.kind === 'text') return { type: 'text', text: '' }
  if (part.kind === 'reasoning') return { type: 'thinking', thinking: '', signature: '' }
  return { type: 'tool_use', id: `toolu_${index}`, name: part.name, input: {} }
}

function deltaOf(part: AnswerPart, token: string): object {
  if (part.kind === 'text') return { type: 'text_delta', text: token }
  if (part.kind === 'reasoning') return { type: 'thinking_delta', thinking: token }
  return { type: 'input_json_delta', partial_json: token }
}

const signed = (index: number): string =>
  event({ type: 'content_block_delta', index, delta: { type: 'signature_delta', signature: SIGNATURE } })

const event = (body: { type: string } & Record<string, unknown>): string =>
  `event: ${body.type}\ndata: ${JSON.stringify(body)}\n\n`

const stopOf = (answer: Answer): string =>
  answer.some((part) => part.kind === 'tool') ? 'tool_use' : 'end_turn'
