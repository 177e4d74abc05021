/** What a client sends next turn: the answer as it got it, then the results of its calls. */
import { asArray, asObject, asString, type JsonObject } from '../../src/ir/json.ts'
import type { ProtocolId } from '../../src/ir/part.ts'

export type Replay = (question: string, answer: JsonObject, result: string) => JsonObject

export const REPLAYS: Readonly<Partial<Record<ProtocolId, Replay>>> = {
  messages: replayMessages,
  chat: replayChat,
  responses: replayResponses,
  gemini: replayGemini,
}

function replayMessages(question: string, answer: JsonObject, result: string): JsonObject {
  const content = asArray(answer['content']).map(asObject)
  const results = content
    .filter((block) => block['type'] === 'tool_use')
    .map((block) => ({ type: 'tool_result', tool_use_id: block['id'], content: result }))
  return {
    model: 'asked-model',
    max_tokens: 2048,
    messages: [
      { role: 'user', content: question },
      { role: 'assistant', content },
      { role: 'user', content: [...results, { type: 'text', text: 'go on' }] },
    ],
  }
}

function replayChat(question: string, answer: JsonObject, result: string): JsonObject {
  const message = asObject(asObject(asArray(answer['choices'])[0])['message'])
  const results = asArray(message['tool_calls'])
    .map(asObject)
    .map((call) => ({ role: 'tool', tool_call_id: asString(call['id']), content: result }))
  return {
    model: 'asked-model',
    messages: [{ role: 'user', content: question }, message, ...results, { role: 'user', content: 'go on' }],
  }
}

function replayGemini(question: string, answer: JsonObject, result: string): JsonObject {
  const { content } = asObject(asArray(answer['candidates'])[0])
  const parts = asArray(asObject(content)['parts']).map(asObject)
  const results = parts
    .filter((part) => part['functionCall'] !== undefined)
    .map((part) => {
      const { id, name } = asObject(part['functionCall'])
      return { functionResponse: { id, name, response: { output: result } } }
    })
  return {
    model: 'asked-model',
    contents: [
      { role: 'user', parts: [{ text: question }] },
      { role: 'model', parts },
      { role: 'user', parts: [...results, { text: 'go on' }] },
    ],
  }
}

function replayResponses(question: string, answer: JsonObject, result: string): JsonObject {
  const output = asArray(answer['output']).map(asObject)
  const results = output
    .filter((item) => item['type'] === 'function_call' || item['type'] === 'custom_tool_call')
    .map((call) => ({
      type: call['type'] === 'custom_tool_call' ? 'custom_tool_call_output' : 'function_call_output',
      call_id: asString(call['call_id']),
      output: result,
    }))
  return {
    model: 'asked-model',
    store: false,
    input: [{ role: 'user', content: question }, ...output, ...results, { role: 'user', content: 'go on' }],
  }
}
