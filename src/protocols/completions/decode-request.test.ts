import { describe, expect, it } from 'vitest'
import { decodeRequest } from './decode-request.ts'

const decode = (fields: object) => decodeRequest({ model: 'm', prompt: 'Once upon', ...fields })

describe('a request to complete a text', () => {
  it('is one turn of the user, with OpenAI’s default limit', () => {
    expect(decode({})).toEqual({
      model: 'm',
      stream: false,
      turns: [{ role: 'user', parts: [{ kind: 'text', text: 'Once upon' }] }],
      tools: [],
      maxOutputTokens: 16,
    })
  })

  it('has its settings under the names of the IR', () => {
    const settings = {
      max_tokens: 5,
      temperature: 0.5,
      top_p: 0.9,
      n: 2,
      stop: '.',
      seed: 3,
      user: 'u',
      best_of: 2,
    }
    expect(
      decode({ ...settings, presence_penalty: 1, frequency_penalty: 2, logit_bias: { 5: 1 } }),
    ).toMatchObject({
      maxOutputTokens: 5,
      temperature: 0.5,
      topP: 0.9,
      candidates: 2,
      stop: ['.'],
      seed: 3,
      user: 'u',
      presencePenalty: 1,
      frequencyPenalty: 2,
      logitBias: { 5: 1 },
    })
  })

  it('asks for usage in a stream by an option, and keeps what the IR does not know', () => {
    expect(decode({ stream: true, stream_options: { include_usage: true }, top_k: 4 })).toMatchObject({
      stream: true,
      streamUsage: true,
      ext: { completions: { top_k: 4 } },
    })
    expect(decode({ stream: true }).streamUsage).toBe(false)
  })

  it('takes a list of one text, and nulls for nothing', () => {
    expect(decode({ prompt: ['a'], suffix: null, best_of: null, logprobs: null, echo: null }).turns).toEqual([
      { role: 'user', parts: [{ kind: 'text', text: 'a' }] },
    ])
  })

  it.each([
    ['prompt', { prompt: undefined }],
    ['prompt', { prompt: [1, 2] }],
    ['prompt', { prompt: [[1], [2]] }],
    ['prompt', { prompt: ['a', 'b'] }],
    ['prompt', { prompt: [] }],
    ['suffix', { suffix: 'end' }],
    ['best_of', { best_of: 3 }],
    ['best_of', { best_of: 3, n: 2 }],
    ['logprobs', { logprobs: 0 }],
    ['logprobs', { logprobs: 5 }],
    ['max_tokens', { max_tokens: '5' }],
    ['stop', { stop: [1] }],
    ['model', { model: '' }],
  ])('is refused by the name of %s: %j', (param, fields) => {
    expect(() => decode(fields)).toThrow(
      expect.objectContaining({ code: 'invalid-request', details: { param } }) as Error,
    )
  })
})
