import { describe, expect, it } from 'vitest'
import { contextOverflow, outputOverflow } from './overflow.ts'

describe('a prompt longer than the window is recognised', () => {
  const worded: readonly (readonly [who: string, message: string, tokens: number, limit: number])[] = [
    ['Anthropic', 'prompt is too long: 208310 tokens > 200000 maximum', 208_310, 200_000],
    [
      'OpenAI',
      "This model's maximum context length is 4097 tokens. However, your messages resulted in 5,000 tokens. Please shorten them.",
      5000,
      4097,
    ],
    [
      'OpenAI, with tools',
      "This model's maximum context length is 128000 tokens. However, your messages resulted in 140100 tokens (139000 in the messages, 1100 in the functions).",
      140_100,
      128_000,
    ],
    [
      'OpenRouter',
      "This endpoint's maximum context length is 131072 tokens. However, you requested about 150000 tokens (150000 of text input).",
      150_000,
      131_072,
    ],
    [
      'vLLM',
      "This model's maximum context length is 8192 tokens. However, you requested 100 output tokens and your prompt contains at least 9000 input tokens.",
      9000,
      8192,
    ],
    ['xAI', "This model's maximum prompt length is 1000 but the request contains 1200 tokens.", 1200, 1000],
    [
      'Gemini',
      'The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).',
      1_200_000,
      1_048_576,
    ],
    [
      'Mistral',
      'Prompt contains 40000 tokens and 0 draft tokens, too large for model with 32768 maximum context length',
      40_000,
      32_768,
    ],
    [
      'llama.cpp',
      'request (5000 tokens) exceeds the available context size (4096 tokens), try increasing it',
      5000,
      4096,
    ],
    [
      'LM Studio',
      'The number of tokens to keep from the initial prompt is greater than the context length (n_keep: 5000>= n_ctx: 4096).',
      5000,
      4096,
    ],
  ]
  it.each(worded)('in the words of %s', (_, message, tokens, limit) => {
    expect(contextOverflow(message)).toEqual({ tokens, limit })
    expect(outputOverflow(message)).toBeUndefined()
  })

  it.each([
    'Your input exceeds the context window of this model. Please adjust your input and try again.',
    'Input is too long for requested model.',
    'the request exceeds the available context size',
    'Please reduce the length of the messages or completion.',
  ])('without numbers: %s', (message) => {
    expect(contextOverflow(message)).toEqual({})
  })

  it.each([
    'Request too large for gpt in organization on tokens per min (TPM): Limit 10000, Requested 12000.',
    'max_tokens: 100000 > 64000, which is the maximum allowed number of output tokens',
    'messages.0: the text is too long to be funny',
  ])('and nothing else is taken for it: %s', (message) => {
    expect(contextOverflow(message)).toBeUndefined()
    expect(outputOverflow(message)).toBeUndefined()
  })
})

describe('an output budget that does not fit beside the prompt is recognised', () => {
  it.each([
    [
      'Anthropic',
      'input length and `max_tokens` exceed context limit: 190000 + 32000 > 200000, decrease input length',
    ],
    [
      'OpenAI',
      "This model's maximum context length is 200000 tokens. However, you requested 222000 tokens (190000 in the messages, 32000 in the completion).",
    ],
    [
      'OpenRouter',
      "This endpoint's maximum context length is 200000 tokens. However, you requested about 222000 tokens (190000 of text input, 32000 in the output).",
    ],
    [
      'vLLM',
      "'max_tokens' or 'max_completion_tokens' is too large: 32000. This model's maximum context length is 200000 tokens and your request has 190000 input tokens (32000 > 200000 - 190000).",
    ],
    [
      'newer vLLM',
      "This model's maximum context length is 200000 tokens. However, you requested 32000 output tokens and your prompt contains at least 190000 input tokens, for a total of at least 222000 tokens.",
    ],
  ])('in the words of %s', (_, message) => {
    expect(outputOverflow(message)).toEqual({ tokens: 190_000, maxTokens: 32_000, limit: 200_000 })
  })

  it('but not when the prompt alone is over the limit', () => {
    const message =
      "This model's maximum context length is 1000 tokens. However, you requested 1500 tokens (1200 in the messages, 300 in the completion)."
    expect(outputOverflow(message)).toBeUndefined()
    expect(contextOverflow(message)?.limit).toBe(1000)
  })
})
