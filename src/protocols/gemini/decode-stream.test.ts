import { describe, expect, it } from 'vitest'
import type { ModelEvent } from '../../ir/event.ts'
import { fold } from '../../ir/fold.ts'
import type { JsonObject } from '../../ir/json.ts'
import { run } from '../../stream/sink.ts'
import { decodeResponse } from './decode-response.ts'
import { decodeStream } from './decode-stream.ts'

type Extra = { finish?: string; candidate?: JsonObject; usage?: JsonObject }

const chunk = (parts: readonly JsonObject[], { finish, candidate, usage }: Extra = {}): JsonObject => ({
  candidates: [
    {
      content: { role: 'model', parts },
      index: 0,
      ...(finish !== undefined && { finishReason: finish }),
      ...candidate,
    },
  ],
  modelVersion: 'gemini-3-flash',
  responseId: 'r-1_x',
  ...(usage !== undefined && { usageMetadata: usage }),
})

const events = (...chunks: readonly unknown[]): ModelEvent[] =>
  run(
    decodeStream,
    chunks.map((one) => ({ data: JSON.stringify(one) })),
  )
const answer = (...chunks: readonly unknown[]) => fold(events(...chunks))
const functionCall = (name: string, more: JsonObject = {}) => ({
  functionCall: { name, args: { at: 1 }, ...more },
})

describe('a stream of answers', () => {
  it('is one text, however it was cut', () => {
    const whole = answer(
      chunk([{ text: 'Hel' }]),
      chunk([{ text: 'lo' }]),
      chunk([{ text: '' }], { finish: 'STOP' }),
    )
    expect(whole).toMatchObject({
      id: 'r-1_x',
      model: 'gemini-3-flash',
      parts: [{ kind: 'text', text: 'Hello' }],
      finish: { reason: 'stop', raw: 'STOP' },
    })
  })

  it('gives calls without an id one that is unique across answers', () => {
    const { parts, finish } = answer(
      chunk([functionCall('a'), functionCall('b', { id: 'own' }), functionCall('c')], { finish: 'STOP' }),
    )
    expect(parts).toMatchObject([{ id: 'call_r1x_0' }, { id: 'own' }, { id: 'call_r1x_2' }])
    expect(finish.reason).toBe('tool-calls')
  })

  it('counts tools’ tokens as input, thoughts as output, and merges what late chunks leave out', () => {
    const { usage } = answer(
      chunk([{ text: 'a' }], {
        usage: { promptTokenCount: 10, candidatesTokenCount: 5, thoughtsTokenCount: 7 },
      }),
      chunk([], {
        finish: 'STOP',
        usage: { promptTokenCount: 12, cachedContentTokenCount: 4, toolUsePromptTokenCount: 3 },
      }),
    )
    expect(usage).toEqual({ uncached: 11, cacheRead: 4, output: 12, reasoning: 7 })
  })

  it('puts arguments together that come in pieces', () => {
    const piece = (jsonPath: string, value: JsonObject) => ({
      functionCall: { partialArgs: [{ jsonPath, ...value, willContinue: true }], willContinue: true },
    })
    const { parts } = answer(
      chunk([{ functionCall: { name: 'cook', willContinue: true }, thoughtSignature: 'S' }]),
      chunk([
        piece('$.steps[0].what', { stringValue: 'bo' }),
        piece('$.steps[0].what', { stringValue: 'il' }),
      ]),
      chunk([piece('$.steps[1].minutes', { numberValue: 3 }), piece("$['for']", { stringValue: 'two' })]),
      chunk([
        piece('$.__proto__.polluted', { boolValue: true }),
        piece('$.steps[99999999]', { numberValue: 1 }),
      ]),
      chunk([{ functionCall: {} }], { finish: 'STOP' }),
    )
    expect(parts).toMatchObject([
      { kind: 'reasoning', text: '', seal: { value: 'S' } },
      { kind: 'tool-call', name: 'cook' },
    ])
    expect(JSON.parse((parts[1] as { input: string }).input)).toMatchObject({
      steps: [{ what: 'boil' }, { minutes: 3 }],
      for: 'two',
    })
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined()
  })
})

describe('a signature', () => {
  it('on a call seals the thought before it', () => {
    const { parts } = answer(
      chunk([{ text: 'hm', thought: true }]),
      chunk([{ ...functionCall('a'), thoughtSignature: 'S' }], { finish: 'STOP' }),
    )
    expect(parts).toMatchObject([
      { kind: 'reasoning', text: 'hm', seal: { value: 'S' } },
      { kind: 'tool-call' },
    ])
  })

  it('on the first words seals thinking that is not shown', () => {
    const { parts } = answer(chunk([{ text: 'ok', thoughtSignature: 'S' }]), chunk([], { finish: 'STOP' }))
    expect(parts).toMatchObject([
      { kind: 'reasoning', text: '', seal: { value: 'S' } },
      { kind: 'text', text: 'ok' },
    ])
  })

  it('after the words is thinking without any', () => {
    const { parts } = answer(
      chunk([{ text: 'ok' }]),
      chunk([{ text: '', thoughtSignature: 'S' }], { finish: 'STOP' }),
    )
    expect(parts).toEqual([
      { kind: 'text', text: 'ok' },
      { kind: 'reasoning', text: '', seal: { value: 'S' } },
    ])
  })

  it('on a thought is that thought’s own', () => {
    const { parts } = answer(
      chunk(
        [
          { text: 'hm', thought: true, thoughtSignature: 'A' },
          { text: 'ok', thoughtSignature: 'B' },
        ],
        { finish: 'STOP' },
      ),
    )
    expect(parts).toMatchObject([
      { text: 'hm', seal: { value: 'A' } },
      { text: '', seal: { value: 'B' } },
      { kind: 'text', text: 'ok' },
    ])
  })
})

describe('why an answer ended', () => {
  const finishOf = (finish: string, candidate: JsonObject = {}) =>
    answer(chunk([{ text: 'x' }], { finish, candidate })).finish

  it.each([
    ['STOP', 'stop'],
    ['MAX_TOKENS', 'length'],
    ['CONTINUATION', 'length'],
    ['LANGUAGE', 'stop'],
    ['SAFETY', 'filtered'],
    ['RECITATION', 'filtered'],
    ['IMAGE_SAFETY', 'filtered'],
    ['TOMORROWS_REASON', 'stop'],
  ])('%s is %s', (raw, reason) => expect(finishOf(raw)).toMatchObject({ reason, raw }))

  it('names what the filter found', () => {
    const safetyRatings = [
      { category: 'HARM_CATEGORY_HATE_SPEECH', blocked: true },
      { category: 'HARM_CATEGORY_HARASSMENT' },
    ]
    expect(finishOf('SAFETY', { safetyRatings, finishMessage: 'no' }).detail).toEqual({
      category: 'safety, hate_speech',
      explanation: 'no',
    })
  })

  it('may be that the prompt was refused', () => {
    const { parts, finish } = answer({
      promptFeedback: { blockReason: 'PROHIBITED_CONTENT' },
      responseId: 'r',
    })
    expect(parts).toEqual([])
    expect(finish).toMatchObject({ reason: 'filtered', detail: { category: 'prohibited_content' } })
  })

  it.each(['MALFORMED_FUNCTION_CALL', 'UNEXPECTED_TOOL_CALL', 'TOO_MANY_TOOL_CALLS', 'MALFORMED_RESPONSE'])(
    '%s is a failure to be tried again',
    (raw) => {
      const last = events(chunk([{ text: 'x' }], { finish: raw })).at(-1)
      expect(last).toMatchObject({ type: 'error', error: { code: 'upstream-broken', retry: 'same' } })
      expect(() => decodeResponse(chunk([], { finish: raw }))).toThrow(raw)
    },
  )
})

describe('a stream that fails', () => {
  it('breaks off when it ends without a reason', () => {
    expect(events(chunk([{ text: 'x' }])).at(-1)).toMatchObject({
      type: 'error',
      error: { code: 'upstream-broken' },
    })
  })

  it.each([
    [{ error: { code: 503, message: 'busy', status: 'UNAVAILABLE' } }],
    [[{ error: { code: 503, message: 'busy', status: 'UNAVAILABLE' } }]],
  ])('tells its error: %j', (failure) => {
    const all = events(chunk([{ text: 'x' }]), failure, chunk([], { finish: 'STOP' }))
    expect(all.at(-1)).toMatchObject({ type: 'error', error: { code: 'overloaded', message: 'busy' } })
  })
})

describe('a search', () => {
  const groundingMetadata = {
    webSearchQueries: ['weather'],
    groundingChunks: [
      { web: { uri: 'https://a.example', title: 'A' } },
      { web: { uri: 'https://b.example', title: 'B' } },
    ],
    groundingSupports: [
      { segment: { startIndex: 4, endIndex: 9, text: '晴 ok' }, groundingChunkIndices: [0, 1] },
      { segment: { startIndex: 999, endIndex: 1005, text: 'warm' }, groundingChunkIndices: [1, 7] },
    ],
  }

  it('is cited by places in the text, counted in UTF-16, and told as a tool run', () => {
    const { parts, usage } = answer(
      chunk([{ text: '☀ ' }], { usage: { promptTokenCount: 1, candidatesTokenCount: 1 } }),
      chunk([{ text: '晴 ok, warm' }], { finish: 'STOP', candidate: { groundingMetadata } }),
    )
    const [text, call, found] = parts
    expect(text).toMatchObject({
      citations: [
        { kind: 'web', url: 'https://a.example', title: 'A', start: 2, end: 6 },
        { url: 'https://b.example', start: 2, end: 6 },
        { url: 'https://b.example', start: 8, end: 12 },
      ],
    })
    expect(call).toMatchObject({
      kind: 'server-tool',
      phase: 'call',
      tool: 'web-search',
      input: '{"query":"weather"}',
    })
    expect(found).toMatchObject({
      phase: 'result',
      found: [{ url: 'https://a.example' }, { url: 'https://b.example' }],
    })
    expect(usage?.webSearches).toBe(1)
  })
})

describe('a whole answer', () => {
  it('is read by the same rules, further candidates as alternatives', () => {
    const {
      candidates: [first],
      ...rest
    } = chunk([{ text: 'a' }, functionCall('f')], { finish: 'STOP' }) as any
    const response = decodeResponse({
      ...rest,
      candidates: [{ ...first, index: 1, content: { parts: [{ text: 'b' }] } }, first],
    })
    expect(response.parts).toMatchObject([{ text: 'a' }, { name: 'f' }])
    expect(response.alternatives).toMatchObject([{ parts: [{ text: 'b' }], finish: { reason: 'stop' } }])
  })

  it('without a candidate is none', () => {
    expect(() => decodeResponse({ usageMetadata: {} })).toThrow(/candidate/)
  })

  it('keeps code that ran, images and novelties', () => {
    const { parts } = decodeResponse(
      chunk(
        [
          { executableCode: { language: 'PYTHON', code: '1+1' } },
          { codeExecutionResult: { outcome: 'OUTCOME_FAILED', output: 'boom' } },
          { inlineData: { mimeType: 'image/png', data: 'AAAA' } },
          { tomorrow: 1 },
        ],
        { finish: 'STOP' },
      ),
    )
    expect(parts).toMatchObject([
      { kind: 'server-tool', tool: 'code-execution', phase: 'call' },
      { kind: 'server-tool', phase: 'result', error: 'boom' },
      { kind: 'media', media: 'image' },
      { kind: 'opaque', origin: 'gemini' },
    ])
  })
})
