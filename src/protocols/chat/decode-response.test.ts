import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../../ir/json.ts'
import { decodeResponse } from './decode-response.ts'

const answer = (message: JsonObject, rest: JsonObject = {}) => ({
  id: 'x1',
  model: 'up',
  created: 5,
  choices: [{ index: 0, message: { role: 'assistant', ...message }, finish_reason: 'stop', ...rest }],
})

const call = (id: string, args: unknown) => ({
  id,
  index: 0,
  type: 'function',
  function: { name: 'f', arguments: args },
})

describe('a whole answer', () => {
  it('is read with its usage and what the IR has no field for', () => {
    const wire = {
      ...answer(
        { content: 'A', refusal: null, annotations: [] },
        { logprobs: { content: [{ token: 'A' }] } },
      ),
      system_fingerprint: 'fp',
      service_tier: 'default',
      usage: { prompt_tokens: 3, completion_tokens: 1, prompt_cache_hit_tokens: 2 },
    }
    expect(decodeResponse(wire)).toEqual({
      id: 'x1',
      model: 'up',
      created: 5,
      parts: [{ kind: 'text', text: 'A' }],
      finish: { reason: 'stop', raw: 'stop' },
      usage: { uncached: 1, cacheRead: 2, output: 1, serviceTier: 'default' },
      ext: {
        chat: {
          system_fingerprint: 'fp',
          service_tier: 'default',
          choice: { logprobs: { content: [{ token: 'A' }] } },
        },
      },
    })
  })

  it('has all its calls, whatever their indices', () => {
    const { parts, finish } = decodeResponse(
      answer({ content: '', tool_calls: [call('a', '{}'), call('b', { x: 1 })] }),
    )
    expect(parts).toMatchObject([
      { id: 'a', input: '{}' },
      { id: 'b', input: '{"x":1}' },
    ])
    expect(finish.reason).toBe('tool-calls')
  })

  it('has alternatives when several were asked for', () => {
    const first = answer({ content: 'A' })
    const second = { index: 1, message: { role: 'assistant', content: 'B' }, finish_reason: 'length' }
    expect(decodeResponse({ ...first, choices: [second, ...first.choices] })).toMatchObject({
      parts: [{ text: 'A' }],
      alternatives: [{ parts: [{ text: 'B' }], finish: { reason: 'length' } }],
    })
  })

  it('names the stop string that vLLM matched', () => {
    expect(decodeResponse(answer({ content: 'A' }, { stop_reason: 'END' })).finish).toMatchObject({
      reason: 'stop-sequence',
      stop: 'END',
    })
    expect(decodeResponse(answer({ content: 'A' }, { stop_reason: 'eos' })).finish.reason).toBe('stop')
  })

  it('may be empty when it says why it ended', () => {
    expect(decodeResponse(answer({ content: null }, { finish_reason: 'content_filter' }))).toMatchObject({
      parts: [],
      finish: { reason: 'filtered' },
    })
  })

  it('that is none, or an error, throws', () => {
    expect(() => decodeResponse({ object: 'list', data: [] })).toThrow(/without a choice/)
    expect(() => decodeResponse({ error: 'model not loaded' })).toThrow(/model not loaded/)
  })
})
