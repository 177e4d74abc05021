import OpenAI from 'openai'
import { describe, expect, it } from 'vitest'
import { GatewayError } from '../../errors.ts'
import type { ModelEvent } from '../../ir/event.ts'
import { unfold } from '../../ir/fold.ts'
import type { ModelResponse } from '../../ir/response.ts'
import { run } from '../../stream/sink.ts'
import { decodeRequest } from './decode-request.ts'
import { encodeResponse } from './encode-response.ts'
import { encodeStream } from './encode-stream.ts'

const context = {
  request: decodeRequest({ model: 'asked', messages: [{ role: 'user', content: 'Hi' }] }),
  id: 'abc',
  created: 7,
}
const answer: ModelResponse = {
  id: 'u',
  model: 'up',
  parts: [
    { kind: 'reasoning', text: 'Hm', seal: { value: 's' } },
    {
      kind: 'text',
      text: 'Let me look.',
      citations: [{ kind: 'web', url: 'https://example.com', title: 'E', start: 0, end: 3 }],
    },
    { kind: 'tool-call', id: 'a', name: 'f', input: '{"x":1}', seal: { value: 'g' } },
    { kind: 'tool-call', id: 'b', name: 'g', input: '' },
  ],
  finish: { reason: 'tool-calls' },
  usage: { uncached: 3, output: 2 },
}
const params = { model: 'asked', messages: [{ role: 'user' as const, content: 'Hi' }] }

/** The official client, answered from memory. */
function clientThatGets(body: string, contentType: string): OpenAI {
  const fetch = () => Promise.resolve(new Response(body, { headers: { 'content-type': contentType } }))
  return new OpenAI({ apiKey: 'none', baseURL: 'http://127.0.0.1/v1', maxRetries: 0, fetch })
}
const stream = (events: Iterable<ModelEvent>) =>
  run(encodeStream(context), events)
    .map((event) => `data: ${event.data}\n\n`)
    .join('')

describe('the official SDK', () => {
  it('accumulates a stream into the answer that it would have got whole', async () => {
    const streamed = await clientThatGets(stream(unfold(answer)), 'text/event-stream')
      .chat.completions.stream({ ...params, stream_options: { include_usage: true } })
      .finalChatCompletion()
    const whole = await clientThatGets(
      JSON.stringify(encodeResponse(answer, context).body),
      'application/json',
    ).chat.completions.create(params)
    expect(streamed.choices[0]?.message).toMatchObject({
      role: 'assistant',
      content: 'Let me look.',
      refusal: null,
      tool_calls: [
        { id: 'a', type: 'function', function: { name: 'f', arguments: '{"x":1}' } },
        { id: 'b', type: 'function', function: { name: 'g', arguments: '{}' } },
      ],
    })
    expect(streamed.usage).toEqual(whole.usage)
    expect(streamed.choices[0]?.finish_reason).toBe(whole.choices[0]?.finish_reason)
    expect(streamed.choices[0]?.message.annotations).toEqual(whole.choices[0]?.message.annotations)
    expect(streamed.id).toBe(whole.id)
  })

  it('throws when the answer broke off', async () => {
    const torn = [...unfold(answer)].slice(0, 5)
    const broken: ModelEvent = { type: 'error', error: new GatewayError('upstream-broken', 'It broke off') }
    for (const events of [torn, [...torn, broken]])
      await expect(
        clientThatGets(stream(events), 'text/event-stream')
          .chat.completions.stream(params)
          .finalChatCompletion(),
      ).rejects.toThrow(/broke off|ended/)
  })
})
