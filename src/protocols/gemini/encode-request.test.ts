import { describe, expect, it } from 'vitest'
import type { Part } from '../../ir/part.ts'
import type { FunctionTool, ModelRequest, Turn } from '../../ir/request.ts'
import { geminiDialect } from './dialect.ts'
import type { GeminiDialect } from './dialect.ts'
import { encodeRequest } from './encode-request.ts'

const words = (text: string): Part => ({ kind: 'text', text })
const user = (...parts: Part[]): Turn => ({ role: 'user', parts })
const model = (...parts: Part[]): Turn => ({ role: 'assistant', parts })
const call = (id: string, name = 'look', seal?: string): Part => ({
  kind: 'tool-call',
  id,
  name,
  input: '{"at":1}',
  ...(seal !== undefined && { seal: { value: seal } }),
})
const result = (callId: string, ...content: Part[]): Part => ({ kind: 'tool-result', callId, content })
const thought = (text: string, seal?: string): Part => ({
  kind: 'reasoning',
  text,
  ...(seal !== undefined && { seal: { value: seal } }),
})
const image: Part = {
  kind: 'media',
  media: 'image',
  source: { type: 'base64', mimeType: 'image/jpeg', data: 'iVBORw0KGgo=' },
}
const look: FunctionTool = {
  kind: 'function',
  name: 'look',
  schema: { type: 'object', properties: { at: { type: 'number' } }, additionalProperties: false },
}

function encode(request: Partial<ModelRequest>, departures: Partial<GeminiDialect> = {}) {
  const whole = { model: 'gemini', stream: true, turns: [user(words('hi'))], tools: [], ...request }
  const { body, dropped } = encodeRequest(whole, { ...geminiDialect, ...departures })
  return { body: body as any, notes: dropped.map(({ path, reason }) => `${path} ${reason}`) }
}

describe('the body', () => {
  it('holds neither the model nor the wish to stream, which stand in the URL', () => {
    expect(encode({}).body).toEqual({ contents: [{ role: 'user', parts: [{ text: 'hi' }] }] })
  })

  it('has settings in generationConfig, within the model’s limits', () => {
    const { body, notes } = encode(
      { maxOutputTokens: 9999, temperature: 1.5, topK: 3, seed: 1, stop: ['a', 'b'], presencePenalty: 1 },
      { maxOutputTokens: 100, penalties: false },
    )
    expect(body.generationConfig).toEqual({
      maxOutputTokens: 100,
      temperature: 1.5,
      topK: 3,
      seed: 1,
      stopSequences: ['a', 'b'],
    })
    expect(notes).toEqual(['max_tokens approximated', 'presence_penalty unsupported'])
  })

  it('keeps safety settings and other fields of its own protocol', () => {
    const safetySettings = [{ category: 'HARM_CATEGORY_HARASSMENT', threshold: 'BLOCK_NONE' }]
    const ext = { gemini: { safetySettings, generationConfig: { responseModalities: ['TEXT'] } } }
    expect(encode({ ext }).body).toMatchObject({
      safetySettings,
      generationConfig: { responseModalities: ['TEXT'] },
    })
  })

  it('refuses several answers where the model gives one', () => {
    expect(encode({ candidates: 2 }).body.generationConfig).toEqual({ candidateCount: 2 })
    expect(() => encode({ candidates: 2 }, { candidates: false })).toThrow(/^n: /)
  })
})

describe('instructions', () => {
  it('that lead go to systemInstruction, one part for each text', () => {
    const turns: Turn[] = [
      { role: 'system', parts: [words('be brief')] },
      { role: 'developer', parts: [words('be kind')] },
      user(words('hi')),
    ]
    const { body } = encode({ turns })
    expect(body.systemInstruction).toEqual({ parts: [{ text: 'be brief' }, { text: 'be kind' }] })
  })

  it('within the conversation stay in their place as tagged text of the user', () => {
    const turns: Turn[] = [
      user(words('hi')),
      { role: 'system', parts: [words('hurry')] },
      model(words('ok')),
      user(words('go')),
    ]
    const { body, notes } = encode({ turns })
    expect(body.contents[0].parts).toEqual([
      { text: 'hi' },
      { text: '<system-reminder>\nhurry\n</system-reminder>' },
    ])
    expect(notes).toEqual(['messages[1] approximated'])
  })

  it('alone get a user to speak first', () => {
    const { body, notes } = encode({ turns: [{ role: 'system', parts: [words('be brief')] }] })
    expect(body.contents).toEqual([{ role: 'user', parts: [{ text: 'Begin.' }] }])
    expect(notes).toEqual(['messages[0] approximated'])
  })
})

describe('turns', () => {
  it('of one role that follow each other are one', () => {
    const { body } = encode({
      turns: [user(words('a')), user(words('b')), model(words('c')), user(words('d'))],
    })
    expect(body.contents.map(({ role, parts }: any) => [role, parts.length])).toEqual([
      ['user', 2],
      ['model', 1],
      ['user', 1],
    ])
  })

  it('of the model at the end are asked to go on where it continues none', () => {
    const turns = [user(words('a')), model(words('b'))]
    expect(encode({ turns }).body.contents).toHaveLength(2)
    expect(encode({ turns }, { prefill: false }).body.contents.at(-1)).toEqual({
      role: 'user',
      parts: [{ text: 'Continue.' }],
    })
  })
})

describe('calls and results', () => {
  it('stand in two neighbouring turns, results in the order of the calls and named after them', () => {
    const turns = [
      user(words('hi')),
      model(call('a', 'one'), call('b', 'two')),
      user(result('b', words('B')), words('and?')),
      user({ ...result('a', words('A')), isError: true } as Part),
    ]
    const { body } = encode({ turns }, { thoughtSignatures: 'optional' })
    expect(body.contents[1].parts.map((part: any) => part.functionCall)).toEqual([
      { id: 'a', name: 'one', args: { at: 1 } },
      { id: 'b', name: 'two', args: { at: 1 } },
    ])
    expect(body.contents[2].parts).toEqual([
      { functionResponse: { id: 'a', name: 'one', response: { error: 'A' } } },
      { functionResponse: { id: 'b', name: 'two', response: { output: 'B' } } },
      { text: 'and?' },
    ])
  })

  it('go without ids where the host knows none', () => {
    const turns = [user(words('hi')), model(call('a')), user(result('a', words('A')))]
    const { body } = encode({ turns }, { callIds: false })
    expect(body.contents[1].parts[0].functionCall).toEqual({ name: 'look', args: { at: 1 } })
    expect(body.contents[2].parts[0].functionResponse).toEqual({ name: 'look', response: { output: 'A' } })
  })

  it('carry images inside the response, or after all responses', () => {
    const turns = [
      user(words('hi')),
      model(call('a'), call('b')),
      user(result('a', words('see'), image), result('b', words('B'))),
    ]
    const inline = { inlineData: { mimeType: 'image/png', data: 'iVBORw0KGgo=' } }
    const inside = encode({ turns }).body.contents[2].parts
    expect(inside[0].functionResponse).toMatchObject({ response: { output: 'see' }, parts: [inline] })
    const { body, notes } = encode({ turns }, { multimodalResults: false })
    expect(body.contents[2].parts).toEqual([
      {
        functionResponse: {
          id: 'a',
          name: 'look',
          response: { output: expect.stringMatching(/^see\n\[image 1 .* follows\]$/) },
        },
      },
      { functionResponse: { id: 'b', name: 'look', response: { output: 'B' } } },
      { text: '[image 1 of the tool result a]' },
      inline,
    ])
    expect(notes).toContain('messages[2].content[0].content[1] approximated')
  })
})

describe('thought signatures', () => {
  const parts = (turn: Turn, departures: Partial<GeminiDialect> = {}) =>
    encode({ turns: [user(words('hi')), turn, user(result('a', words('A')))] }, departures)

  it('return to the call that followed the thinking', () => {
    const { body } = parts(model(thought('hm', 'S'), call('a')))
    expect(body.contents[1].parts).toMatchObject([
      { text: 'hm', thought: true },
      { functionCall: { id: 'a' }, thoughtSignature: 'S' },
    ])
  })

  it('return to the text that followed the thinking', () => {
    const { body } = encode({
      turns: [user(words('hi')), model(thought('', 'S'), words('ok')), user(words('go'))],
    })
    expect(body.contents[1].parts).toEqual([{ text: 'ok', thoughtSignature: 'S' }])
  })

  it('stay with the thought when nothing follows', () => {
    const { body } = encode({
      turns: [user(words('hi')), model(words('ok'), thought('hm', 'S')), user(words('go'))],
    })
    expect(body.contents[1].parts).toEqual([
      { text: 'ok' },
      { text: 'hm', thought: true, thoughtSignature: 'S' },
    ])
  })

  it('move with their thought to the call, for clients that sort by kind', () => {
    const { body, notes } = parts(model(thought('hm', 'S'), words('ok'), call('a')))
    expect(body.contents[1].parts).toMatchObject([
      { text: 'ok' },
      { text: 'hm', thought: true },
      { functionCall: { id: 'a' }, thoughtSignature: 'S' },
    ])
    expect(notes).toEqual(['messages[1] approximated'])
  })

  it('move past a search that another provider ran, which is told in words', () => {
    const ran = { kind: 'server-tool', tool: 'web-search', id: 's', name: 'web_search', origin: 'messages' }
    const search = { ...ran, phase: 'call', input: '{}', value: { type: 'server_tool_use' } } as Part
    const { body } = parts(model(thought('', 'S'), search, call('a')))
    expect(body.contents[1].parts).toMatchObject([
      { text: '[web-search {}]' },
      { functionCall: { id: 'a' }, thoughtSignature: 'S' },
    ])
  })

  it('that are lost give way to the documented placeholder, on the first call only', () => {
    const signatures = ({ body }: ReturnType<typeof parts>) =>
      body.contents[1].parts.map((part: any) => part.thoughtSignature)
    expect(signatures(parts(model(call('a'), call('b'))))).toEqual([
      'skip_thought_signature_validator',
      undefined,
    ])
    expect(signatures(parts(model(call('a', 'look', 'S'))))).toEqual(['S'])
    expect(signatures(parts(model(call('a')), { thoughtSignatures: 'optional' }))).toEqual([undefined])
  })

  it('are what thoughts need to go back', () => {
    const { body, notes } = parts(model(thought('hm'), call('a', 'look', 'S')))
    expect(body.contents[1].parts).toHaveLength(1)
    expect(notes).toEqual(['messages[1].content[0] foreign-seal'])
  })
})

describe('media', () => {
  const media = (source: object, kind = 'image'): Turn => user({ kind: 'media', media: kind, source } as Part)
  const sent = (turn: Turn) => encode({ turns: [turn] }).body.contents[0].parts

  it('go inline under the type that their bytes tell', () => {
    expect(sent(user(image))).toEqual([{ inlineData: { mimeType: 'image/png', data: 'iVBORw0KGgo=' } }])
    expect(sent(media({ type: 'url', url: 'data:audio/wav;base64,AAAA' }, 'audio'))).toEqual([
      { inlineData: { mimeType: 'audio/wav', data: 'AAAA' } },
    ])
  })

  it.each([
    'gs://bucket/clip.mp4',
    'https://www.youtube.com/watch?v=1',
    'https://generativelanguage.googleapis.com/v1beta/files/abc',
  ])('go by reference when Google reads %s itself', (url) => {
    expect(sent(media({ type: 'url', url }, 'video'))).toEqual([{ fileData: { fileUri: url } }])
  })

  it('from elsewhere, and file ids of other vendors, are refused by the part’s name', () => {
    expect(() => sent(media({ type: 'url', url: 'https://example.com/a.png' }))).toThrow(
      /messages\[0\]\.content\[0\]/,
    )
    expect(() => sent(media({ type: 'file', id: 'file_1' }))).toThrow(/file id/)
  })
})

describe('tools', () => {
  const tools = (
    list: ModelRequest['tools'],
    departures?: Partial<GeminiDialect>,
    rest?: Partial<ModelRequest>,
  ) => encode({ tools: list, ...rest }, departures)

  it('keep their schema as JSON Schema, or in Google’s subset', () => {
    expect(tools([look]).body.tools).toEqual([
      { functionDeclarations: [{ name: 'look', parametersJsonSchema: look.schema }] },
    ])
    const { body, notes } = tools([look], { jsonSchema: false })
    expect(body.tools[0].functionDeclarations[0].parameters).toEqual({
      type: 'object',
      properties: { at: { type: 'number' } },
    })
    expect(notes).toEqual(['tools[0].schema approximated'])
  })

  it('without arguments have no schema in Google’s subset', () => {
    const bare: FunctionTool = { kind: 'function', name: 'now', schema: { type: 'object', properties: {} } }
    expect(tools([bare], { jsonSchema: false }).body.tools[0].functionDeclarations).toEqual([{ name: 'now' }])
  })

  it.each([
    [{ mode: 'auto' }, { mode: 'AUTO' }],
    [{ mode: 'required' }, { mode: 'ANY' }],
    [{ mode: 'none' }, { mode: 'NONE' }],
    [
      { mode: 'tool', name: 'look' },
      { mode: 'ANY', allowedFunctionNames: ['look'] },
    ],
    [
      { mode: 'allowed', tools: ['look'], required: true },
      { mode: 'ANY', allowedFunctionNames: ['look'] },
    ],
  ] as const)('choice %j', (toolChoice, functionCallingConfig) => {
    expect(tools([look], {}, { toolChoice }).body.toolConfig).toEqual({ functionCallingConfig })
  })

  it('that are all strict are held to their schemas', () => {
    const { body, notes } = tools([{ ...look, strict: true }])
    expect(body.toolConfig).toEqual({ functionCallingConfig: { mode: 'VALIDATED' } })
    expect(notes).toEqual(['tools.strict approximated'])
  })

  it('one at a time cannot be had', () => {
    expect(tools([look], {}, { parallelToolCalls: false }).notes).toEqual(['parallel_tool_calls unsupported'])
  })

  it('search the web beside functions where the model can', () => {
    const search = {
      kind: 'web-search',
      name: 'web_search',
      maxUses: 2,
      origin: 'messages',
      value: {},
    } as const
    const { body, notes } = tools([look, search])
    expect(body.tools[1]).toEqual({ googleSearch: {} })
    expect(body.toolConfig).toEqual({ includeServerSideToolInvocations: true })
    expect(notes).toEqual(['tools[1].max_uses unsupported'])
    expect(tools([look, search], { toolCombinations: false }).body.tools).toHaveLength(1)
    expect(tools([search], { toolCombinations: false }).body.tools).toEqual([{ googleSearch: {} }])
  })

  it('and JSON together are asked for in words where the model has either', () => {
    const output = { type: 'schema', schema: { type: 'object' } } as const
    expect(encode({ output }).body.generationConfig).toEqual({
      responseMimeType: 'application/json',
      responseJsonSchema: { type: 'object' },
    })
    const { body, notes } = tools([look], { toolCombinations: false }, { output })
    expect(body.generationConfig).toBeUndefined()
    expect(body.systemInstruction.parts[0].text).toMatch(/JSON Schema/)
    expect(notes).toEqual(['response_format approximated'])
  })
})
