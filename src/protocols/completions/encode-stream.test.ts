import { describe, expect, it } from 'vitest'
import { GatewayError } from '../../errors.ts'
import type { Dropped } from '../../ir/dropped.ts'
import type { ModelEvent } from '../../ir/event.ts'
import { fold } from '../../ir/fold.ts'
import type { ModelRequest } from '../../ir/request.ts'
import { run } from '../../stream/sink.ts'
import { encodeResponse } from './encode-response.ts'
import { encodeStream } from './encode-stream.ts'

const events: ModelEvent[] = [
  { type: 'response-start', id: 'x', model: 'upstream' },
  { type: 'reasoning-start', at: 0 },
  { type: 'reasoning-delta', at: 0, text: 'hm' },
  { type: 'part-end', at: 0 },
  { type: 'text-start', at: 1 },
  { type: 'text-delta', at: 1, text: ' a ti' },
  { type: 'text-delta', at: 1, text: 'me' },
  { type: 'part-end', at: 1 },
  { type: 'tool-call-start', at: 2, id: 'c', name: 'look' },
  { type: 'tool-call-delta', at: 2, input: '{}' },
  { type: 'part-end', at: 2 },
  { type: 'usage', usage: { uncached: 3, output: 2 } },
  { type: 'response-end', finish: { reason: 'length' } },
]

function context(request: Partial<ModelRequest> = {}) {
  const dropped: Dropped[] = []
  const whole: ModelRequest = {
    model: 'asked',
    stream: true,
    turns: [{ role: 'user', parts: [{ kind: 'text', text: 'Once upon' }] }],
    tools: [],
    ...request,
  }
  return {
    request: whole,
    id: '1',
    created: 7,
    onDropped: (loss: Dropped) => void dropped.push(loss),
    dropped,
  }
}

const stream = (reply: ReturnType<typeof context>, input = events) =>
  run(encodeStream(reply), input).map(({ data }) => (data === '[DONE]' ? data : JSON.parse(data)))

describe('a stream of text', () => {
  it('is chunks of one identity, a finish, usage and [DONE]', () => {
    const identity = { id: 'cmpl-1', object: 'text_completion', created: 7, model: 'asked' }
    const choice = { index: 0, logprobs: null, finish_reason: null }
    expect(stream(context())).toEqual([
      { ...identity, choices: [{ ...choice, text: ' a ti' }] },
      { ...identity, choices: [{ ...choice, text: 'me' }] },
      { ...identity, choices: [{ ...choice, text: '', finish_reason: 'length' }] },
      { ...identity, choices: [], usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 } },
      '[DONE]',
    ])
  })

  it('leaves usage out where nobody asked for it', () => {
    expect(stream(context({ streamUsage: false })).some((one) => one.usage)).toBe(false)
  })

  it('tells of thinking and calls, which it cannot show', () => {
    const reply = context()
    stream(reply)
    expect(reply.dropped.map(({ path, content }) => [path, content])).toEqual([
      ['choices[0].content[0]', undefined],
      ['choices[0].content[2]', true],
    ])
  })

  it('gives the prompt back first where the client wants it', () => {
    const texts = stream(context({ echo: true })).flatMap((one) => one.choices?.[0]?.text ?? [])
    expect(texts.join('')).toBe('Once upon a time')
    const { body } = encodeResponse(fold(events), context({ echo: true }))
    expect(body['choices']).toMatchObject([{ text: 'Once upon a time', finish_reason: 'length' }])
  })

  it('ends with an error and without [DONE] when the upstream broke off', () => {
    const error = new GatewayError('overloaded', 'busy')
    expect(stream(context(), [...events.slice(0, 6), { type: 'error', error }]).at(-1)).toEqual({
      error: { message: 'busy', type: 'server_error', param: null, code: 'server_is_overloaded' },
    })
    expect(stream(context(), events.slice(0, 6)).at(-1)).toMatchObject({ error: { code: 'upstream_broken' } })
  })
})
