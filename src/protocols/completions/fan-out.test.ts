import { describe, expect, it } from 'vitest'
import { collect, run } from '../../stream/sink.ts'
import type { SseEvent } from '../../stream/sse.ts'
import { joinResponses, joinStreams, renumber, splitPrompts } from './fan-out.ts'

const chunk = (text: string, index = 0): SseEvent => ({
  data: JSON.stringify({ id: 'c', choices: [{ text, index }] }),
})
const usage = (count: number): SseEvent => ({
  data: JSON.stringify({
    id: 'c',
    choices: [],
    usage: { prompt_tokens: count, completion_tokens_details: { reasoning_tokens: 1 } },
  }),
})
const DONE: SseEvent = { data: '[DONE]' }

describe('a request for several completions', () => {
  it('is one request each, in OpenAI’s order, with seeds that differ', () => {
    expect(splitPrompts({ model: 'm', prompt: ['a', 'b'], n: 2, best_of: 2, seed: 7 })).toEqual([
      { model: 'm', prompt: 'a', seed: 7 },
      { model: 'm', prompt: 'a', seed: 8 },
      { model: 'm', prompt: 'b', seed: 7 },
      { model: 'm', prompt: 'b', seed: 8 },
    ])
  })

  it.each([
    { prompt: 'a' },
    { prompt: ['a'], n: 1 },
    { prompt: [1, 2] },
    { prompt: 'a', n: 2, best_of: 5 },
    { prompt: [] },
  ])('stays as it is when there is nothing to split: %j', (wire) => {
    expect(splitPrompts(wire)).toEqual([wire])
  })

  it('is refused beyond OpenAI’s own limit', () => {
    expect(() => splitPrompts({ prompt: ['a', 'b'], n: 65 })).toThrow(/128/)
  })
})

describe('the answers to several completions', () => {
  it('are one, numbered through, their usage summed', () => {
    const answer = (text: string) => ({
      id: text,
      choices: [{ text, index: 0 }],
      usage: { prompt_tokens: 2, total_tokens: 5, prompt_tokens_details: { cached_tokens: 1 } },
    })
    expect(joinResponses([answer('a'), answer('b')])).toEqual({
      id: 'a',
      choices: [
        { text: 'a', index: 0 },
        { text: 'b', index: 1 },
      ],
      usage: { prompt_tokens: 4, total_tokens: 10, prompt_tokens_details: { cached_tokens: 2 } },
    })
  })

  it('stream under their own index', () => {
    expect(run(renumber(3), [chunk('a'), usage(1), DONE])).toEqual([chunk('a', 3), usage(1), DONE])
  })

  it('stream side by side, with usage and [DONE] once at the end', () => {
    const out = collect<SseEvent>()
    const [first, second] = joinStreams(out, 2)
    second!.write(chunk('b'))
    first!.write(chunk('a'))
    for (const sink of [second!, first!]) {
      sink.write(usage(2))
      sink.write(DONE)
      sink.end()
    }
    expect(out.values.slice(0, 2)).toEqual([chunk('b', 1), chunk('a', 0)])
    expect(JSON.parse(out.values[2]!.data).usage).toEqual({
      prompt_tokens: 4,
      completion_tokens_details: { reasoning_tokens: 2 },
    })
    expect(out.values.slice(3)).toEqual([DONE])
    expect(out.ended).toBe(true)
  })

  it('end with the first error', () => {
    const out = collect<SseEvent>()
    const [first, second] = joinStreams(out, 2)
    const error = { data: JSON.stringify({ error: { message: 'busy' } }) }
    first!.write(error)
    second!.write(chunk('b'))
    first!.end()
    second!.end()
    expect(out.values).toEqual([error])
    expect(out.ended).toBe(true)
  })
})
