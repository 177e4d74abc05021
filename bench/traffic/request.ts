import type { Conversation, Turn } from './conversation.ts'
import type { WireProtocol } from './protocols.ts'

/** The body of a request in a protocol. */
export function requestBody(protocol: WireProtocol, conversation: Conversation, model: string): object {
  return BODIES[protocol](conversation, model)
}

const BODIES: Readonly<Record<WireProtocol, (conversation: Conversation, model: string) => object>> = {
  messages: ({ system, tools, turns, maxTokens, reasoning, stream }, model) => ({
    model,
    max_tokens: maxTokens,
    system: [{ type: 'text', text: system }],
    messages: turns.map(messagesTurn),
    ...(tools.length > 0 && {
      tools: tools.map(({ name, description, schema }) => ({ name, description, input_schema: schema })),
    }),
    ...(reasoning && { thinking: { type: 'enabled', budget_tokens: 8_000 } }),
    stream,
  }),
  chat: ({ system, tools, turns, maxTokens, reasoning, stream }, model) => ({
    model,
    messages: [{ role: 'system', content: system }, ...turns.map(chatTurn)],
    max_completion_tokens: maxTokens,
    ...(tools.length > 0 && {
      tools: tools.map(({ name, description, schema }) => ({
        type: 'function',
        function: { name, description, parameters: schema },
      })),
    }),
    ...(reasoning && { reasoning_effort: 'medium' }),
    stream,
    ...(stream && { stream_options: { include_usage: true } }),
  }),
  responses: ({ system, tools, turns, maxTokens, reasoning, stream }, model) => ({
    model,
    instructions: system,
    input: turns.flatMap(responsesItems),
    max_output_tokens: maxTokens,
    ...(tools.length > 0 && {
      tools: tools.map(({ name, description, schema }) => ({
        type: 'function',
        name,
        description,
        parameters: schema,
        strict: false,
      })),
    }),
    ...(reasoning && { reasoning: { effort: 'medium', summary: 'auto' } }),
    store: false,
    stream,
  }),
}

function messagesTurn(turn: Turn): object {
  if (turn.kind === 'user') return { role: 'user', content: turn.text }
  if (turn.kind === 'result') {
    return {
      role: 'user',
      content: [{ type: 'tool_result', tool_use_id: turn.callId, content: turn.text }],
    }
  }
  const call = turn.call && {
    type: 'tool_use',
    id: turn.call.id,
    name: turn.call.name,
    input: turn.call.input,
  }
  return { role: 'assistant', content: [{ type: 'text', text: turn.text }, ...(call ? [call] : [])] }
}

function chatTurn(turn: Turn): object {
  if (turn.kind === 'user') return { role: 'user', content: turn.text }
  if (turn.kind === 'result') return { role: 'tool', tool_call_id: turn.callId, content: turn.text }
  const { call } = turn
  return {
    role: 'assistant',
    content: turn.text,
    ...(call && {
      tool_calls: [
        {
          id: call.id,
          type: 'function',
          function: { name: call.name, arguments: JSON.stringify(call.input) },
        },
      ],
    }),
  }
}

function responsesItems(turn: Turn): object[] {
  if (turn.kind === 'user') return [{ role: 'user', content: turn.text }]
  if (turn.kind === 'result') {
    return [{ type: 'function_call_output', call_id: turn.callId, output: turn.text }]
  }
  const { call } = turn
  return [
    { role: 'assistant', content: turn.text },
    ...(call
      ? [
          {
            type: 'function_call',
            call_id: call.id,
            name: call.name,
            arguments: JSON.stringify(call.input),
          },
        ]
      : []),
  ]
}
