/** What Azure's content filter does, in Azure's own frames, as every client protocol hears of it. */
import { describe, expect, it } from 'vitest'
import type { Answer } from '../../src/simulator/script.ts'
import { readSse } from '../support/sse.ts'
import { startGateway } from '../support/gateway.ts'

const SAFE = { filtered: false, severity: 'safe' }
const CALM = { hate: SAFE, self_harm: SAFE, sexual: SAFE, violence: SAFE }
const FIRED = { ...CALM, violence: { filtered: true, severity: 'high' } }

const REFUSED_PROMPT = {
  error: {
    message: 'The response was filtered due to the prompt triggering the content management policy.',
    type: null,
    param: 'prompt',
    code: 'content_filter',
    status: 400,
    innererror: {
      code: 'ResponsibleAIPolicyViolation',
      content_filter_result: { ...CALM, jailbreak: { filtered: true, detected: true } },
    },
  },
}

const HEAD = { id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: 'gpt-5.2' }
const PRELUDE = {
  choices: [],
  created: 0,
  id: '',
  model: '',
  object: '',
  prompt_filter_results: [{ prompt_index: 0, content_filter_results: CALM }],
}
const piece = (delta: object, verdicts: object, finish_reason: string | null = null) => ({
  ...HEAD,
  choices: [{ index: 0, delta, finish_reason, logprobs: null, content_filter_results: verdicts }],
})
const frames = (...chunks: object[]) => [...chunks, '[DONE]'].map(frame).join('')
const frame = (chunk: object | string) =>
  `data: ${typeof chunk === 'string' ? chunk : JSON.stringify(chunk)}\n\n`

const streamed = (body: string): Answer => ({
  raw: { headers: { 'content-type': 'text/event-stream', 'apim-request-id': 'apim-1' }, body },
})

const CUT = frames(
  PRELUDE,
  piece({ role: 'assistant', content: '' }, {}),
  piece({ content: 'Once upon' }, CALM),
  piece({}, FIRED, 'content_filter'),
)
/** With the asynchronous filter, verdicts come in chunks of their own, behind the text. */
const CUT_LATER = frames(PRELUDE, piece({ role: 'assistant', content: 'Once upon' }, {}), {
  ...HEAD,
  id: '',
  model: '',
  choices: [
    {
      index: 0,
      finish_reason: 'content_filter',
      content_filter_results: FIRED,
      content_filter_offsets: { check_offset: 0, start_offset: 0, end_offset: 9 },
    },
  ],
})
const WHOLE = {
  id: 'chatcmpl-1',
  object: 'chat.completion',
  created: 1,
  model: 'gpt-5.2',
  prompt_filter_results: PRELUDE.prompt_filter_results,
  choices: [
    {
      index: 0,
      message: { role: 'assistant', content: 'Once upon' },
      finish_reason: 'content_filter',
      logprobs: null,
      content_filter_results: FIRED,
    },
  ],
  usage: { prompt_tokens: 5, completion_tokens: 2, total_tokens: 7 },
}
const TORN = [PRELUDE, piece({ role: 'assistant', content: 'Once upon' }, CALM), REFUSED_PROMPT]
  .map(frame)
  .join('')

const CONFIG = `
providers:
  azure: { type: azure-openai, endpoint: "$UPSTREAM", apiKey: azure-key-1, protocol: chat }
  answers: { type: azure-openai, endpoint: "$UPSTREAM", apiKey: azure-key-1, protocol: responses }
models: { chat: azure/gpt-5.2, responses: answers/gpt-5.2 }`

const messages = [{ role: 'user', content: 'Hello' }]
const CLIENTS = {
  messages: { path: '/v1/messages', body: { max_tokens: 64, messages } },
  chat: { path: '/v1/chat/completions', body: { messages } },
  responses: { path: '/v1/responses', body: { input: 'Hello' } },
  completions: { path: '/v1/completions', body: { prompt: 'Hello' } },
} as const
type Client = keyof typeof CLIENTS

async function ask(client: Client, answer: Answer, stream: boolean, model = 'chat') {
  const { url, simulator } = await startGateway({ config: CONFIG })
  simulator.enqueue(answer)
  const { path, body } = CLIENTS[client]
  const response = await fetch(url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ...body, model, stream }),
  })
  const isStream = response.headers.get('content-type')?.includes('event-stream') === true
  const events = isStream ? (await readSse(response)).events.map((event) => event.json) : []
  const json: any = isStream ? undefined : await response.json()
  return { response, events, json, requests: simulator.requests.length }
}

/** The one event or chunk that a test looks for. */
const find = (events: readonly any[], matches: (event: any) => unknown) =>
  events.find((event) => event && matches(event))

describe('a prompt that Azure refuses', () => {
  const refused: Answer = {
    raw: { status: 400, headers: { 'apim-request-id': 'apim-1' }, body: REFUSED_PROMPT },
  }

  it.each<[Client, boolean]>([
    ['messages', false],
    ['messages', true],
    ['chat', false],
    ['chat', true],
    ['responses', false],
    ['responses', true],
    ['completions', false],
  ])('is a final 400 that names the category to a client of %s (streaming: %s)', async (client, stream) => {
    const { response, json, requests } = await ask(client, refused, stream)
    expect(response.status).toBe(400)
    expect(JSON.stringify(json.error)).toContain('jailbreak')
    expect(response.headers.get('apim-request-id')).toBe('apim-1')
    expect(requests).toBe(1)
  })
})

const EXPECTED: Readonly<Record<Client, (outcome: Awaited<ReturnType<typeof ask>>) => void>> = {
  messages({ events, json }) {
    const { stop_reason, stop_details } = json ?? find(events, ({ type }) => type === 'message_delta').delta
    expect({ stop_reason, stop_details }).toEqual({
      stop_reason: 'refusal',
      stop_details: {
        type: 'refusal',
        category: 'violence',
        explanation: "The provider's content filter cut in: violence",
      },
    })
    if (json === undefined) expect(events.at(-1)).toEqual({ type: 'message_stop' })
  },
  chat({ events, json }) {
    const choice = (json ?? find(events, (chunk) => chunk.choices?.[0]?.finish_reason)).choices[0]
    expect(choice.finish_reason).toBe('content_filter')
    expect(choice.content_filter_results).toMatchObject({ violence: { filtered: true } })
  },
  responses({ events, json }) {
    const response = json ?? find(events, ({ type }) => type === 'response.incomplete').response
    expect(response).toMatchObject({
      status: 'incomplete',
      incomplete_details: { reason: 'content_filter' },
      content_filters: [{ blocked: true, content_filter_results: { violence: { filtered: true } } }],
    })
  },
  completions({ events, json }) {
    const choice = (json ?? find(events, (chunk) => chunk.choices?.[0]?.finish_reason)).choices[0]
    expect(choice).toMatchObject({
      finish_reason: 'content_filter',
      content_filter_results: { violence: { filtered: true } },
    })
  },
}

describe('an answer that Azure cuts off', () => {
  const cases: [string, Answer, boolean][] = [
    ['whole', { raw: { headers: { 'apim-request-id': 'apim-1' }, body: WHOLE } }, false],
    ['streamed', streamed(CUT), true],
    ['judged behind the stream', streamed(CUT_LATER), true],
  ]
  it.each(
    cases.flatMap((one) => (Object.keys(CLIENTS) as Client[]).map((client) => [...one, client] as const)),
  )('%s, tells the category to a client of %4$s', async (_how, answer, stream, client) => {
    const outcome = await ask(client, answer, stream)
    expect(outcome.response.status).toBe(200)
    expect(outcome.response.headers.get('apim-request-id')).toBe('apim-1')
    EXPECTED[client](outcome)
    expect(JSON.stringify(outcome.json ?? outcome.events)).toContain('Once upon')
  })

  const FILTERS = [
    { blocked: false, source_type: 'prompt', content_filter_results: CALM },
    { blocked: true, source_type: 'completion', content_filter_results: FIRED },
  ]
  const item = {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    status: 'incomplete',
    content: [{ type: 'output_text', text: 'Once upon', annotations: [] }],
  }
  const cut = {
    id: 'resp_1',
    object: 'response',
    created_at: 1,
    model: 'gpt-5.2',
    status: 'incomplete',
    incomplete_details: { reason: 'content_filter' },
    content_filters: FILTERS,
    output: [item],
    error: null,
  }

  it.each(Object.keys(CLIENTS) as Client[])(
    'over Responses, tells the category to a client of %s',
    async (client) => {
      const outcome = await ask(client, { raw: { body: cut } }, false, 'responses')
      expect(outcome.response.status).toBe(200)
      if (client === 'responses') expect(outcome.json.content_filters).toEqual(FILTERS)
      else EXPECTED[client](outcome)
    },
  )
})

describe('an error of the filter in the middle of a stream', () => {
  it.each(Object.keys(CLIENTS) as Client[])('ends it once, naming the category, for %s', async (client) => {
    const { events } = await ask(client, streamed(TORN), true)
    const told = events.filter((event) => JSON.stringify(event ?? '').includes('jailbreak'))
    expect(told).toHaveLength(1)
    expect(JSON.stringify(told)).toMatch(/error/)
    expect(
      find(events, ({ type }) => type === 'message_stop' || type === 'response.completed'),
    ).toBeUndefined()
  })
})
