import type { AnswerPart, WireAnswer } from './answer.ts'

const HEAD = {
  id: 'resp_bench0001',
  object: 'response',
  created_at: 1_700_000_000,
  model: 'gpt-5',
  error: null,
  incomplete_details: null,
  instructions: null,
  parallel_tool_calls: true,
  previous_response_id: null,
  store: false,
  temperature: 1,
  text: { format: { type: 'text' } },
  tool_choice: 'auto',
  tools: [],
  top_p: 1,
  truncation: 'disabled',
  metadata: {},
}
const USAGE = {
  input_tokens: 1200,
  input_tokens_details: { cached_tokens: 0 },
  output_tokens: 300,
  output_tokens_details: { reasoning_tokens: 0 },
  total_tokens: 1500,
}

/** OpenAI Responses; reasoning as summaries, the only form in which it shows any. */
export const responsesAnswer: WireAnswer = {
  protocol: 'responses',
  whole(answer) {
    return { ...HEAD, status: 'completed', output: answer.map(itemOf), usage: USAGE }
  },
  events(answer) {
    let sequence = 0
    const event = (type: string, body: object) =>
      `event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: sequence++, ...body })}\n\n`
    const response = { ...HEAD, status: 'in_progress', output: [], usage: null }
    return [
      event('response.created', { response }),
      event('response.in_progress', { response }),
      ...answer.flatMap((part, index) => partEvents(part, index, event)),
      event('response.completed', { response: responsesAnswer.whole(answer) }),
    ]
  },
}

type MakeEvent = (type: string, body: object) => string

function partEvents(part: AnswerPart, index: number, event: MakeEvent): string[] {
  const item = itemOf(part, index)
  const at = { item_id: idOf(part, index), output_index: index }
  return [
    event('response.output_item.added', { output_index: index, item: openingOf(part, index) }),
    ...contentEvents(part, at, event),
    event('response.output_item.done', { output_index: index, item }),
  ]
}

function contentEvents(part: AnswerPart, at: object, event: MakeEvent): string[] {
  const all = part.tokens.join('')
  if (part.kind === 'tool') {
    const stem = 'response.function_call_arguments'
    return [
      ...part.tokens.map((delta) => event(`${stem}.delta`, { ...at, delta })),
      event(`${stem}.done`, { ...at, arguments: all }),
    ]
  }
  if (part.kind === 'reasoning') {
    const stem = 'response.reasoning_summary'
    const place = { ...at, summary_index: 0 }
    return [
      event(`${stem}_part.added`, { ...place, part: { type: 'summary_text', text: '' } }),
      ...part.tokens.map((delta) => event(`${stem}_text.delta`, { ...place, delta })),
      event(`${stem}_text.done`, { ...place, text: all }),
      event(`${stem}_part.done`, { ...place, part: { type: 'summary_text', text: all } }),
    ]
  }
  const place = { ...at, content_index: 0 }
  return [
    event('response.content_part.added', { ...place, part: outputText('') }),
    ...part.tokens.map((delta) => event('response.output_text.delta', { ...place, delta, logprobs: [] })),
    event('response.output_text.done', { ...place, text: all, logprobs: [] }),
    event('response.content_part.done', { ...place, part: outputText(all) }),
  ]
}

const outputText = (text: string): object => ({ type: 'output_text', text, annotations: [], logprobs: [] })

const idOf = (part: AnswerPart, index: number): string =>
  `${{ text: 'msg', reasoning: 'rs', tool: 'fc' }[part.kind]}_${index}`

function itemOf(part: AnswerPart, index: number): object {
  const all = part.tokens.join('')
  const id = idOf(part, index)
  if (part.kind === 'text') {
    return { type: 'message', id, role: 'assistant', status: 'completed', content: [outputText(all)] }
  }
  if (part.kind === 'reasoning')
    return { type: 'reasoning', id, summary: [{ type: 'summary_text', text: all }] }
  return callItem(part.name, id, index, { arguments: all, status: 'completed' })
}

function openingOf(part: AnswerPart, index: number): object {
  const id = idOf(part, index)
  if (part.kind === 'text') {
    return { type: 'message', id, role: 'assistant', status: 'in_progress', content: [] }
  }
  if (part.kind === 'reasoning') return { type: 'reasoning', id, summary: [] }
  return callItem(part.name, id, index, { arguments: '', status: 'in_progress' })
}

const callItem = (name: string, id: string, index: number, rest: object): object => ({
  type: 'function_call',
  id,
  call_id: `call_${index}`,
  name,
  ...rest,
})
