import { beforeAll, describe, expect, it } from 'vitest'
import { startGateway, type TestGateway } from '../../support/gateway.ts'
import { askFor, CLIENTS, errorOf, judge, streamFor, type ClientProtocol } from './clients.ts'
import { CONFIG, refusal, streamedRefusal, targetOf, type Said, type UpstreamProtocol } from './upstreams.ts'

let gateway: TestGateway
let answer: ReturnType<typeof refusal>
beforeAll(async () => {
  gateway = await startGateway({ config: CONFIG, simulator: { checks: 'lenient' }, lifetime: 'file' })
  gateway.simulator.respond(() => answer)
})

/** A wording, and the numbers in it. Where it has none, the window is the model's, the size an estimate above it. */
type Wording = {
  readonly of: string
  readonly upstream: UpstreamProtocol
  readonly said: Said
  readonly tokens?: number
  readonly limit?: number
}

const openai = (message: string, more: Partial<Said> = {}): Said => ({
  status: 400,
  type: 'invalid_request_error',
  message,
  ...more,
})

const PROMPTS: readonly Wording[] = [
  {
    of: 'Anthropic',
    upstream: 'messages',
    said: {
      status: 400,
      type: 'invalid_request_error',
      message: 'prompt is too long: 210000 tokens > 200000 maximum',
    },
    tokens: 210000,
    limit: 200000,
  },
  {
    of: 'OpenAI’s Chat',
    upstream: 'chat',
    said: openai(
      "This model's maximum context length is 128000 tokens. However, your messages resulted in 130121 tokens. Please reduce the length of the messages.",
      { code: 'context_length_exceeded', param: 'messages' },
    ),
    tokens: 130121,
    limit: 128000,
  },
  {
    of: 'older servers',
    upstream: 'chat',
    said: openai(
      "This model's maximum context length is 8192 tokens. However, you requested about 9000 tokens.",
    ),
    tokens: 9000,
    limit: 8192,
  },
  {
    of: 'vLLM',
    upstream: 'chat',
    said: openai(
      "This model's maximum context length is 4096 tokens. However, your request has 5000 input tokens. Please reduce the length of the input messages.",
      { type: 'BadRequestError', code: 400 },
    ),
    tokens: 5000,
    limit: 4096,
  },
  {
    of: 'OpenAI’s code alone',
    upstream: 'chat',
    said: openai('Too much.', { code: 'context_length_exceeded' }),
  },
  {
    of: 'OpenAI’s Responses',
    upstream: 'responses',
    said: openai(
      'Your input exceeds the context window of this model. Please adjust your input and try again.',
      {
        code: 'context_length_exceeded',
        param: 'input',
      },
    ),
  },
  {
    of: 'Gemini',
    upstream: 'gemini',
    said: {
      status: 400,
      type: 'INVALID_ARGUMENT',
      message: 'The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).',
    },
    tokens: 1200000,
    limit: 1048576,
  },
  {
    of: 'llama.cpp',
    upstream: 'chat',
    said: openai('the request exceeds the available context size, try increasing it', {
      type: 'exceed_context_size_error',
      code: 400,
      extra: { n_prompt_tokens: 5000, n_ctx: 4096 },
    }),
    tokens: 5000,
    limit: 4096,
  },
  {
    of: 'LiteLLM',
    upstream: 'chat',
    said: openai('litellm.ContextWindowExceededError: the prompt does not fit', {
      type: 'ContextWindowExceededError',
      code: '400',
    }),
  },
  {
    of: 'LM Studio',
    upstream: 'chat',
    said: {
      status: 400,
      message: 'x',
      body: {
        error:
          'Trying to keep the first 5000 tokens when context the overflows. However, the model is loaded with context length of only 4096 tokens, which is not enough.',
      },
    },
    tokens: 5000,
    limit: 4096,
  },
  {
    of: 'LM Studio under a 200',
    upstream: 'chat',
    said: {
      status: 200,
      message: 'x',
      body: { error: 'The number of tokens to keep is greater than the context length' },
    },
  },
]

const rows = (wordings: readonly Wording[]) =>
  wordings.flatMap((wording) => CLIENTS.map((client) => ({ ...wording, client })))

/** What makes each client shorten its conversation. */
function expectOverflow(
  client: ClientProtocol,
  error: any,
  { said, tokens, limit }: Wording,
  relayed: boolean,
) {
  if (client === 'messages') {
    expect(error.type).toBe('invalid_request_error')
    const [, much, most] = /^prompt is too long: (\d+) tokens > (\d+) maximum/.exec(error.message) ?? []
    expect(Number(much)).toBeGreaterThan(Number(most))
    if (tokens !== undefined) expect([Number(much), Number(most)]).toEqual([tokens, limit])
    return
  }
  if (relayed && said.code === 'context_length_exceeded') return expect(error.code).toBe(said.code)
  expect(error).toMatchObject({ code: 'context_length_exceeded' })
  expect(error.message).toMatch(
    /maximum context length is \d+ tokens\. However, your \w+ resulted in \d+ tokens/,
  )
  if (tokens !== undefined) expect(error.message).toMatch(new RegExp(`${limit} tokens\\..*${tokens} tokens`))
}

describe('a prompt that is too long', () => {
  it.each(rows(PROMPTS))('in the words of $of is told to a $client client in its own', async (row) => {
    const { said, client, upstream } = row
    answer = refusal(upstream, said)
    for (const stream of [false, true]) {
      const { status, json, headers } = await askFor(gateway.url, client, targetOf(upstream), { stream })
      expect(status).toBe(400)
      expectOverflow(client, json.error, row, client === upstream)
      expect(headers['x-should-retry']).toBeUndefined()
      if (client === 'messages') continue
      expect(json.error.type).toBe('invalid_request_error')
      if (client !== upstream) expect(json.error.param).toBe(client === 'chat' ? 'messages' : 'input')
    }
  })

  const streamed = PROMPTS.filter(({ said }) => said.body === undefined)
  it.each(rows(streamed))('in the first event, in the words of $of, too ($client)', async (row) => {
    const { said, client, upstream } = row
    answer = streamedRefusal(upstream, said, 'nothing')
    const { status, json } = await askFor(gateway.url, client, targetOf(upstream), { stream: true })
    expect(status).toBe(400)
    expectOverflow(client, json.error, row, client === upstream)
  })

  it.each(rows(streamed))('in mid-stream, in the words of $of, too ($client)', async (row) => {
    const { said, client, upstream } = row
    answer = streamedRefusal(upstream, said, 'a word')
    const read = await streamFor(gateway.url, client, targetOf(upstream))
    expect(judge(client, read)).toEqual({ faults: [], ending: 'error' })
    const error = errorOf(read.events.at(-1))
    if (client === upstream) return expect(error?.message).toBe(said.message)
    if (client === 'messages') expect(error?.message).toMatch(/^prompt is too long: \d+ tokens > \d+ maximum/)
    else expect(error?.code).toBe('context_length_exceeded')
  })
})

const OUTPUTS: readonly Wording[] = [
  {
    of: 'Anthropic',
    upstream: 'messages',
    said: {
      status: 400,
      type: 'invalid_request_error',
      message:
        'input length and `max_tokens` exceed context limit: 190000 + 32000 > 200000, decrease input length or `max_tokens` and try again',
    },
  },
  {
    of: 'OpenAI',
    upstream: 'chat',
    said: openai(
      "This model's maximum context length is 200000 tokens. However, you requested 222000 tokens (190000 in the messages, 32000 in the completion). Please reduce the length of the messages or completion.",
      { code: 'context_length_exceeded', param: 'messages' },
    ),
  },
  {
    of: 'vLLM',
    upstream: 'chat',
    said: openai(
      "'max_tokens' or 'max_completion_tokens' is too large: 32000. This model's maximum context length is 200000 tokens and your request has 190000 input tokens (32000 > 200000 - 190000).",
      { type: 'BadRequestError', code: 400 },
    ),
  },
]

describe('an output that does not fit beside its prompt', () => {
  it.each(rows(OUTPUTS))('in the words of $of is told to a $client client in its own', async (row) => {
    const { said, client, upstream } = row
    answer = refusal(upstream, said)
    const { status, json } = await askFor(gateway.url, client, targetOf(upstream))
    expect(status).toBe(400)
    expect(json.error.type).toBe('invalid_request_error')
    if (client === 'messages') {
      return expect(json.error.message).toMatch(
        /^input length and `max_tokens` exceed context limit: 190000 \+ 32000 > 200000/,
      )
    }
    expect(json.error.code).toBe('context_length_exceeded')
    expect(json.error.message).toMatch(/maximum context length is 200000 tokens.*222000 tokens/)
  })
})
