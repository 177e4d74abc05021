import type { Answer, AnswerPart, WireAnswer } from './answer.ts'

const HEAD = { id: 'chatcmpl-bench0001', created: 1_700_000_000, model: 'bench-model' }
const USAGE = { prompt_tokens: 1200, completion_tokens: 300, total_tokens: 1500 }

/** Chat Completions, with reasoning where servers of open models put it. */
export const chatAnswer: WireAnswer = {
  protocol: 'chat',
  whole(answer) {
    const calls = answer.filter((part) => part.kind === 'tool')
    const said = (kind: AnswerPart['kind']) =>
      answer.flatMap((part) => (part.kind === kind ? part.tokens : [])).join('')
    const message = {
      role: 'assistant',
      content: said('text') || null,
      ...(said('reasoning') && { reasoning_content: said('reasoning') }),
      ...(calls.length > 0 && {
        tool_calls: calls.map((call, index) => ({
          id: `call_${index}`,
          type: 'function',
          function: { name: call.name, arguments: call.tokens.join('') },
        })),
      }),
    }
    const choice = { index: 0, message, logprobs: null, finish_reason: finishOf(answer) }
    return { ...HEAD, object: 'chat.completion', choices: [choice], usage: USAGE }
  },
  events(answer) {
    const deltas: object[] = [{ role: 'assistant', content: '' }]
    let call = -1
    for (const part of answer) {
      if (part.kind === 'tool') {
        call += 1
        const opening = { name: part.name, arguments: '' }
        deltas.push({
          tool_calls: [{ index: call, id: `call_${call}`, type: 'function', function: opening }],
        })
      }
      for (const token of part.tokens) {
        if (part.kind === 'text') deltas.push({ content: token })
        else if (part.kind === 'reasoning') deltas.push({ reasoning_content: token })
        else deltas.push({ tool_calls: [{ index: call, function: { arguments: token } }] })
      }
    }
    return [
      ...deltas.map((delta, index) => chunk([{ index: 0, delta, finish_reason: null }], index)),
      chunk([{ index: 0, delta: {}, finish_reason: finishOf(answer) }], 1),
      `data: ${JSON.stringify({ ...HEAD, object: 'chat.completion.chunk', choices: [], usage: USAGE })}\n\n`,
      'data: [DONE]\n\n',
    ]
  },
}

/** OpenAI pads each chunk so that its length tells nothing about its token. */
function chunk(choices: object[], index: number): string {
  const obfuscation = 'kZ3vQ9xW2bLm'.slice(0, 3 + (index % 9))
  const body = { ...HEAD, object: 'chat.completion.chunk', choices, usage: null, obfuscation }
  return `data: ${JSON.stringify(body)}\n\n`
}

const finishOf = (answer: Answer): string =>
  answer.some((part) => part.kind === 'tool') ? 'tool_calls' : 'stop'
