import { describe, expect, it } from 'vitest'
import type { ModelEvent } from '../../ir/event.ts'
import { fold } from '../../ir/fold.ts'
import type { JsonObject } from '../../ir/json.ts'
import { run } from '../../stream/sink.ts'
import { decodeStream } from './decode-stream.ts'

const DONE = '[DONE]'

/** Reads chunks that differ in one choice; strings stand for themselves. */
function read(...payloads: (JsonObject | string)[]): ModelEvent[] {
  const events = payloads.map((payload) => ({
    data:
      typeof payload === 'string'
        ? payload
        : JSON.stringify({ id: 'x1', model: 'up', created: 5, ...payload }),
  }))
  return run(decodeStream, events)
}
const says = (delta: JsonObject, rest: JsonObject = {}) => ({ choices: [{ index: 0, delta, ...rest }] })
const calls = (...tool_calls: JsonObject[]) => says({ tool_calls })
const ends = (finish_reason: string) => says({}, { finish_reason })
const last = (events: ModelEvent[]) => events.at(-1)

const detail = (fields: JsonObject) => ({
  reasoning_details: [{ type: 'reasoning.text', index: 0, format: 'f', ...fields }],
})
const start = (index: number | undefined, id: string | undefined, name: string, args: unknown = '') => ({
  ...(index !== undefined && { index }),
  ...(id !== undefined && { id }),
  type: 'function',
  function: { name, arguments: args },
})
const piece = (index: number | undefined, args: unknown) => ({
  ...(index !== undefined && { index }),
  function: { arguments: args },
})
const heard = (...deltas: JsonObject[]) =>
  fold(read(...deltas.map((delta) => calls(delta)), ends('stop'), DONE)).parts.map((part) =>
    part.kind === 'tool-call' ? [part.id, part.name, part.input] : [],
  )
const custom = (input: string, name?: string) => ({
  index: 0,
  ...(name && { id: 'a', type: 'custom' }),
  custom: { input, ...(name && { name }) },
})

describe('a stream', () => {
  it('of text is read as it comes', () => {
    expect(
      read(
        says({ role: 'assistant', content: '' }),
        says({ content: 'Hel' }),
        says({ content: 'lo' }),
        ends('stop'),
        DONE,
      ),
    ).toEqual([
      { type: 'response-start', id: 'x1', model: 'up', created: 5 },
      { type: 'text-start', at: 0 },
      { type: 'text-delta', at: 0, text: 'Hel' },
      { type: 'text-delta', at: 0, text: 'lo' },
      { type: 'part-end', at: 0 },
      { type: 'response-end', finish: { reason: 'stop', raw: 'stop' } },
    ])
  })

  it('ends after its usage, and hears nothing more', () => {
    const usage = {
      choices: [],
      usage: {
        prompt_tokens: 10,
        completion_tokens: 4,
        prompt_tokens_details: { cached_tokens: 6 },
        completion_tokens_details: { reasoning_tokens: 1 },
      },
    }
    const events = read(says({ content: 'A' }), ends('stop'), usage, says({ content: 'late' }), DONE)
    expect(events.slice(-3)).toEqual([
      { type: 'usage', usage: { uncached: 4, cacheRead: 6, output: 4, reasoning: 1 } },
      { type: 'part-end', at: 0 },
      { type: 'response-end', finish: { reason: 'stop', raw: 'stop' } },
    ])
  })

  it('is whole without [DONE] once it said why it ended', () => {
    expect(last(read(says({ content: 'A' }), ends('length')))).toMatchObject({ finish: { reason: 'length' } })
  })

  it('is whole with [DONE] from servers that never say why', () => {
    expect(last(read(says({ content: 'A' }, { finish_reason: '' }), DONE))).toEqual({
      type: 'response-end',
      finish: { reason: 'stop' },
    })
  })

  it.each([
    ['without a finish', [says({ content: 'A' })]],
    ['before it began', [DONE]],
    ['with an event that is no JSON', [says({ content: 'A' }), '<html>']],
    ['with a reason that is a failure', [says({ content: 'A' }), ends('error'), DONE]],
  ])('that stops %s is an error', (_, payloads) => {
    const events = read(...payloads)
    expect(last(events)).toMatchObject({ type: 'error', error: { code: 'upstream-broken' } })
    expect(events.filter((event) => event.type === 'error' || event.type === 'response-end')).toHaveLength(1)
  })

  it('that is nothing but an error begins nothing', () => {
    expect(read({ error: { message: 'slow down', code: 429 } })).toMatchObject([
      { type: 'error', error: { code: 'rate-limited', message: 'slow down' } },
    ])
  })

  it('skips what Azure sends before, beside and after the answer', () => {
    const prelude = {
      id: '',
      model: '',
      created: 0,
      choices: [],
      prompt_filter_results: [{ prompt_index: 0 }],
    }
    const verdict = {
      choices: [{ index: 0, finish_reason: null, content_filter_results: { hate: { filtered: false } } }],
    }
    const events = read(prelude, verdict, says({ content: 'A' }), verdict, ends('stop'), DONE)
    expect(events[0]).toEqual({
      type: 'response-start',
      id: 'x1',
      model: 'up',
      created: 5,
      ext: { chat: { prompt_filter_results: [{ prompt_index: 0 }] } },
    })
    expect(last(events)).toMatchObject({
      ext: { chat: { choice: verdict.choices[0] && { content_filter_results: {} } } },
    })
    expect(fold(events).parts).toEqual([{ kind: 'text', text: 'A' }])
  })

  it('names what a content filter found', () => {
    const cut = says(
      {},
      { finish_reason: 'content_filter', content_filter_results: { violence: { filtered: true } } },
    )
    expect(last(read(says({ content: 'A' }), cut, DONE))).toMatchObject({
      finish: { reason: 'filtered', detail: { category: 'violence' } },
    })
  })

  it('keeps refusals and citations, also those that come at the end', () => {
    const annotation = {
      type: 'url_citation',
      url_citation: { url: 'https://example.com', title: 'E', start_index: 0, end_index: 1 },
    }
    const events = read(
      says({ content: 'A' }),
      says({ refusal: 'No' }),
      says({ annotations: [annotation] }, { finish_reason: 'stop' }),
      DONE,
    )
    expect(fold(events)).toMatchObject({
      parts: [
        {
          kind: 'text',
          text: 'A',
          citations: [{ kind: 'web', url: 'https://example.com', start: 0, end: 1 }],
        },
        { kind: 'refusal', text: 'No' },
      ],
      finish: { reason: 'refusal' },
    })
  })

  it('passes the chunks of other choices on, and waits for all of them', () => {
    const other = { index: 1, delta: { content: 'B' } }
    const usage = { choices: [], usage: { prompt_tokens: 1, completion_tokens: 1 } }
    const events = read(
      says({ content: 'A' }),
      ends('stop'),
      { choices: [other] },
      usage,
      { choices: [other] },
      DONE,
    )
    expect(events.filter((event) => event.type === 'opaque')).toHaveLength(2)
    expect(last(events)).toMatchObject({ type: 'response-end' })
  })

  it('brings images and sound as media', () => {
    const image = { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } }
    const events = read(
      says({ images: [image] }),
      says({ audio: { id: 'au', data: 'QU' } }),
      says({ audio: { data: 'JD', transcript: 'abc' } }),
      ends('stop'),
      DONE,
    )
    expect(fold(events).parts).toMatchObject([
      { kind: 'media', media: 'image', source: { mimeType: 'image/png', data: 'AAAA' } },
      {
        kind: 'media',
        media: 'audio',
        source: { data: 'QUJD' },
        ext: { chat: { audio: { id: 'au', transcript: 'abc' } } },
      },
    ])
  })
})

describe('reasoning', () => {
  it('is read from either field, and ends where the answer begins', () => {
    for (const field of ['reasoning_content', 'reasoning'])
      expect(
        fold(read(says({ [field]: 'H' }), says({ [field]: 'm' }), says({ content: 'A' }), ends('stop'), DONE))
          .parts,
      ).toEqual([
        { kind: 'reasoning', text: 'Hm' },
        { kind: 'text', text: 'A' },
      ])
  })

  it('is not doubled by the details that repeat it, and is sealed by them', () => {
    const events = read(
      says({ reasoning: 'H', ...detail({ text: 'H' }) }),
      says({ reasoning: 'm', ...detail({ text: 'm' }) }),
      says(detail({ signature: 'sig' })),
      says({ content: 'A' }),
      ends('stop'),
      DONE,
    )
    const [part] = fold(events).parts
    expect(part).toMatchObject({ kind: 'reasoning', text: 'Hm' })
    const seal = part?.kind === 'reasoning' ? JSON.parse(part.seal?.value ?? '') : undefined
    expect(seal).toEqual([{ type: 'reasoning.text', index: 0, format: 'f', text: '', signature: 'sig' }])
  })

  it('that nobody can read is a redacted part', () => {
    const detail = { type: 'reasoning.encrypted', data: 'blob', index: 0 }
    expect(
      fold(read(says({ reasoning_details: [detail] }), says({ content: 'A' }), ends('stop'), DONE)).parts,
    ).toMatchObject([
      { kind: 'reasoning', text: '', redacted: true, seal: { value: JSON.stringify([detail]) } },
      { kind: 'text', text: 'A' },
    ])
  })

  it('is told from text in a list of parts', () => {
    const content = [
      { type: 'thinking', thinking: [{ type: 'text', text: 'Hm' }] },
      { type: 'text', text: 'A' },
    ]
    expect(fold(read(says({ content }), ends('stop'), DONE)).parts).toEqual([
      { kind: 'reasoning', text: 'Hm' },
      { kind: 'text', text: 'A' },
    ])
  })
})

describe('tool calls', () => {
  it('stream side by side by their index', () => {
    expect(
      heard(
        start(0, 'a', 'f'),
        start(1, 'b', 'g'),
        piece(0, '{"x"'),
        piece(1, '{"y"'),
        piece(0, ':1}'),
        piece(1, ':2}'),
      ),
    ).toEqual([
      ['a', 'f', '{"x":1}'],
      ['b', 'g', '{"y":2}'],
    ])
  })

  it('are the reason why the answer ended, whatever the upstream says', () => {
    expect(last(read(calls(start(0, 'a', 'f', '{}')), ends('stop'), DONE))).toMatchObject({
      finish: { reason: 'tool-calls' },
    })
    expect(last(read(calls(start(0, 'a', 'f', '{"x')), ends('length'), DONE))).toMatchObject({
      finish: { reason: 'length' },
    })
    expect(last(read(calls(start(0, '', '')), ends('tool_calls'), DONE))).toMatchObject({
      finish: { reason: 'stop' },
    })
  })

  it('begin anew under an index in use when their id is another', () => {
    expect(heard(start(0, 'a', 'f', '{"x":1}'), start(0, 'b', 'f', '{"x":2}'))).toEqual([
      ['a', 'f', '{"x":1}'],
      ['b', 'f', '{"x":2}'],
    ])
  })

  it('go on in fragments without index or id', () => {
    expect(heard(start(undefined, 'a', 'f'), piece(undefined, '{"x":'), piece(undefined, '1}'))).toEqual([
      ['a', 'f', '{"x":1}'],
    ])
  })

  it('get an id from the answer when they have none', () => {
    expect(heard(start(0, undefined, 'f', '{"x":1}'), start(0, undefined, 'f', '{"x":2}'))).toEqual([
      ['call_x1_0', 'f', '{"x":1}'],
      ['call_x1_1', 'f', '{"x":2}'],
    ])
  })

  it.each([
    ['cumulative', [piece(0, '{"x"'), piece(0, '{"x":1'), piece(0, '{"x":1}')]],
    ['repeated whole', [piece(0, '{"x":'), piece(0, '1}'), piece(0, '{"x":1}')]],
    ['preceded by an empty object', [piece(0, '{}'), piece(0, '{"x":'), piece(0, '1}')]],
    ['an object', [piece(0, { x: 1 })]],
  ])('take arguments that are %s once', (_, pieces) => {
    expect(heard(start(0, 'a', 'f'), ...pieces)).toEqual([['a', 'f', '{"x":1}']])
  })

  it('without arguments keep the empty object that was sent', () => {
    expect(heard(start(0, 'a', 'f', '{}'))).toEqual([['a', 'f', '{}']])
  })

  it('hold their arguments until the name is known', () => {
    expect(heard({ index: 0, id: 'a', function: { arguments: '{"x":' } }, start(0, 'a', 'f', '1}'))).toEqual([
      ['a', 'f', '{"x":1}'],
    ])
  })

  it('may be free text', () => {
    expect(
      fold(
        read(calls(custom('', 'patch')), calls(custom('{}')), calls(custom('{}x')), ends('tool_calls'), DONE),
      ).parts,
    ).toEqual([{ kind: 'tool-call', id: 'a', name: 'patch', input: '{}{}x', custom: true }])
  })

  it('may come in the old form', () => {
    const events = read(
      says({ function_call: { name: 'f', arguments: '{"x"' } }),
      says({ function_call: { arguments: ':1}' } }),
      ends('function_call'),
      DONE,
    )
    expect(fold(events)).toMatchObject({
      parts: [{ id: 'call_x1_0', name: 'f', input: '{"x":1}' }],
      finish: { reason: 'tool-calls' },
    })
  })

  it('carry Gemini’s signature', () => {
    const call = { ...start(0, 'a', 'f', '{}'), extra_content: { google: { thought_signature: 'sig' } } }
    expect(fold(read(calls(call), ends('tool_calls'), DONE)).parts).toMatchObject([
      { seal: { value: 'sig' } },
    ])
  })

  it('beside which there is empty content have no text part', () => {
    expect(
      fold(read(says({ content: '', tool_calls: [start(0, 'a', 'f', '{}')] }), ends('tool_calls'), DONE))
        .parts,
    ).toHaveLength(1)
  })
})
