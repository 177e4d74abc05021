import { describe, expect, it } from 'vitest'
import { asArray, asObject } from '../../ir/json.ts'
import type { ModelRequest } from '../../ir/request.ts'
import type { ModelResponse } from '../../ir/response.ts'
import { encodeResponse } from './encode-response.ts'

function encode(response: Partial<ModelResponse>, request: Partial<ModelRequest> = {}) {
  const { body, dropped } = encodeResponse(
    { id: 'u', model: 'up', parts: [], finish: { reason: 'stop' }, ...response },
    { request: { model: 'asked', stream: false, turns: [], tools: [], ...request }, id: 'abc', created: 7 },
  )
  const choice = asObject(asArray(body['choices'])[0])
  return { body, dropped, message: asObject(choice['message']), finish: choice['finish_reason'] }
}

const call = (id: string) => ({ kind: 'tool-call', id, name: 'f', input: '{"x":1}' }) as const

describe('a whole answer for a client', () => {
  it('has the fields that OpenAI’s has', () => {
    const { body } = encode({
      parts: [
        { kind: 'reasoning', text: 'Hm', seal: { value: 's' } },
        { kind: 'text', text: 'A' },
        { kind: 'text', text: 'B' },
      ],
      usage: { uncached: 1, output: 2 },
    })
    expect(body).toEqual({
      id: 'chatcmpl-abc',
      object: 'chat.completion',
      created: 7,
      model: 'asked',
      choices: [
        {
          index: 0,
          message: {
            role: 'assistant',
            content: 'AB',
            refusal: null,
            reasoning_content: 'Hm',
            reasoning_details: [
              { type: 'reasoning.text', text: 'Hm', signature: 's', format: 'dragoman', index: 0 },
            ],
          },
          logprobs: null,
          finish_reason: 'stop',
        },
      ],
      usage: {
        prompt_tokens: 1,
        completion_tokens: 2,
        total_tokens: 3,
        prompt_tokens_details: { cached_tokens: 0 },
        completion_tokens_details: { reasoning_tokens: 0 },
      },
    })
  })

  it('has null content beside calls, and arguments that can be parsed', () => {
    const { message, finish } = encode({
      parts: [
        { kind: 'tool-call', id: 'a', name: 'f', input: '', seal: { value: 'sig' } },
        { kind: 'tool-call', id: 'a', name: 'patch', input: 'free', custom: true },
      ],
    })
    expect(message['content']).toBeNull()
    expect(message['tool_calls']).toEqual([
      {
        id: 'a',
        type: 'function',
        function: { name: 'f', arguments: '{}' },
        extra_content: { google: { thought_signature: 'sig' } },
      },
      { id: 'a_2', type: 'custom', custom: { name: 'patch', input: 'free' } },
    ])
    expect(finish).toBe('tool_calls')
  })

  it('has one function call for clients of the old form', () => {
    const { message, finish, dropped } = encode({ parts: [call('a'), call('b')] }, { legacyFunctions: true })
    expect(message['function_call']).toEqual({ name: 'f', arguments: '{"x":1}' })
    expect(message).not.toHaveProperty('tool_calls')
    expect(finish).toBe('function_call')
    expect(dropped).toMatchObject([{ content: true }])
  })

  it.each([
    ['length', 'length'],
    ['context-window', 'length'],
    ['filtered', 'content_filter'],
    ['refusal', 'content_filter'],
    ['stop-sequence', 'stop'],
    ['pause', 'stop'],
    ['compaction', 'stop'],
    ['tool-calls', 'stop'],
  ] as const)('that ended for %s without calls says %s', (reason, said) => {
    expect(encode({ finish: { reason } }).finish).toBe(said)
  })

  it('has a choice for each alternative', () => {
    const { body } = encode({
      alternatives: [{ parts: [{ kind: 'text', text: 'B' }], finish: { reason: 'length' } }],
    })
    expect(asArray(body['choices'])[1]).toMatchObject({
      index: 1,
      message: { content: 'B' },
      finish_reason: 'length',
    })
  })

  it('shows images and sound, and reports what it cannot show', () => {
    const audio = { id: 'au', transcript: 'abc', expires_at: 1 }
    const { message, dropped } = encode({
      parts: [
        { kind: 'media', media: 'image', source: { type: 'url', url: 'https://example.com/a.png' } },
        {
          kind: 'media',
          media: 'audio',
          source: { type: 'base64', mimeType: 'audio/wav', data: 'AA' },
          ext: { chat: { audio } },
        },
        { kind: 'media', media: 'video', source: { type: 'url', url: 'https://example.com/a.mp4' } },
      ],
    })
    expect(message).toMatchObject({
      content: null,
      images: [{ type: 'image_url', image_url: { url: 'https://example.com/a.png' } }],
      audio: { ...audio, data: 'AA' },
    })
    expect(dropped).toMatchObject([{ path: 'choices[0].content[2]', content: true }])
  })

  it('puts back what a Chat upstream said beyond the IR', () => {
    const { body, message } = encode({
      ext: {
        chat: {
          system_fingerprint: 'fp',
          choice: { logprobs: { content: [] } },
          message: { annotations: [{ type: 'file' }] },
        },
      },
    })
    expect(body).toMatchObject({ system_fingerprint: 'fp', choices: [{ logprobs: { content: [] } }] })
    expect(message['annotations']).toEqual([{ type: 'file' }])
  })
})
